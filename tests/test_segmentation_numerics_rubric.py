"""Rubrics: every border of the proposed five levels, holes, and thresholds as data."""

import numpy as np
import pandas as pd
import pytest

from segmentation.numerics import rubric

NAN = float("nan")


@pytest.mark.parametrize(
    ("code", "values", "levels"),
    [
        ("cross_buying", [0, 1, 2, 3, 4, 5, 40], [1, 1, 2, 3, 4, 5, 5]),
        ("contract_length", [0, 0.99, 1, 1.99, 2, 2.99, 3, 4.99, 5, 12], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        ("referral", [0, 1, 2, 3, 4, 9], [1, 2, 3, 4, 5, 5]),
    ],
)
def test_counts_and_years(code, values, levels):
    assert rubric.by_thresholds(values, rubric.THRESHOLDS[code]).tolist() == levels


def test_missing_stays_missing_and_the_index_stays():
    got = rubric.by_thresholds(pd.Series([NAN, 3], index=["x", "y"]), (1, 2, 3, 4))
    assert np.isnan(got["x"]) and got["y"] == 4.0
    nullable = rubric.by_thresholds(pd.Series([None, 3], dtype="Int64"), (1, 2, 3, 4))
    assert np.isnan(nullable[0]) and nullable[1] == 4.0


def test_scale_codes():
    codes = pd.Series(["MICRO", "SMALL", "MEDIUM", "LARGE", "GROUP", "", None, "?"])
    got = rubric.by_codes(codes, rubric.SCALES["business_scale"])
    assert got.tolist()[:5] == [1, 2, 3, 4, 5] and got[5:].isna().all()
    assert rubric.by_codes(np.array(["AA", "NONE"]), rubric.SCALES["bank_credit"]).tolist() == [5, 1]
    assert rubric.by_codes(pd.Series([], dtype=object), {"A": 3}).tolist() == []


def test_overdue():
    days, times = [0, 1, 30, 31, 60, 61, 90, 91, 5, NAN, 20], [0, 1, 1, 2, 1, 1, 2, 1, 3, 9, NAN]
    got = rubric.overdue(days, times)
    np.testing.assert_array_equal(got, [5, 4, 4, 3, 3, 2, 2, 1, 1, NAN, 4])
    assert rubric.overdue(pd.Series([15.0]), pd.Series([1]), (10, 20, 30, 40), 5).tolist() == [4]


def test_the_expert_overrides_the_database():
    got = rubric.preferred(pd.Series([NAN, 2.5, NAN]), pd.Series([4.0, 4.0, NAN], index=list("abc")))
    assert got.index.tolist() == list("abc")
    np.testing.assert_array_equal(got, [4.0, 2.5, NAN])


@pytest.mark.parametrize("bad", [(1, 2, 3), (1, 2, 2, 3), (4, 3, 2, 1), (1, 2, 3, NAN)])
def test_bad_rubrics(bad):
    for call in (lambda: rubric.by_thresholds([1.0], bad), lambda: rubric.overdue([1.0], [0], bad)):
        with pytest.raises(rubric.RubricError) as raised:
            call()
        assert raised.value.code == "bad_rubric" and isinstance(raised.value, ValueError)
    with pytest.raises(rubric.RubricError):
        rubric.by_codes(["A"], {"A": 6})
