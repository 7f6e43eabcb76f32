"""Co-purchase lift, next offers, look-alikes, churn by products, switching cost: by a slow second reckoning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.numerics import selling
from tests.oracles import retention_selling as oracle

ITEMS = 5
HELD = st.lists(st.sets(st.integers(0, ITEMS - 1)), min_size=1, max_size=14)


def matrix_of(held):
    rows = [place for place, one in enumerate(held) for _item in one]
    columns = [item for one in held for item in sorted(one)]
    return selling.holdings(rows, columns, len(held), ITEMS)


@settings(max_examples=50, deadline=None)
@given(HELD, st.integers(1, 3), st.data())
def test_the_arrays_say_what_counting_by_hand_says(held, support, data):
    matrix = matrix_of(held)
    found, expected = selling.pairs(matrix, support), oracle.pairs(held, ITEMS, support)
    told = {
        (int(a), int(b)): (int(n), c, lift)
        for a, b, n, c, lift in zip(found.a, found.b, found.both, found.confidence, found.lift, strict=True)
    }
    assert told.keys() == expected.keys()
    for pair, values in expected.items():
        assert told[pair] == pytest.approx(values)
    offers = selling.best(matrix, found, np.ones(len(held), dtype=bool), 1.05)
    for place, one in enumerate(held):
        item, because = oracle.best(one, expected, 1.05)
        assert offers.item[place] == item and (item < 0 or np.isclose(offers.lift[place], expected[because, item][2]))
    group = data.draw(st.lists(st.integers(-1, 1), min_size=len(held), max_size=len(held)))
    item, share, size = selling.white_space(matrix, group, 2)
    for place in range(len(held)):
        expected_item, expected_share, others = oracle.white_space(held, group, place, ITEMS, 2)
        assert item[place] == expected_item
        if expected_item >= 0:
            assert (share[place], size[place]) == (pytest.approx(expected_share), others)


def test_bread_and_butter():
    """Ten buyers; four of five who hold A hold B, which half of all hold: confidence 0.8, lift 1.6."""
    held = [{0, 1}] * 4 + [{0}] + [{1}] + [{2}] * 4
    found = selling.pairs(matrix_of(held), 4)
    assert list(zip(found.a, found.b, found.both, strict=True)) == [(0, 1, 4), (1, 0, 4)]
    assert found.confidence[0] == 0.8 and found.lift[0] == pytest.approx(1.6)
    offers = selling.best(matrix_of(held), found, np.ones(10, dtype=bool))
    assert offers.item.tolist() == [-1] * 4 + [1, 0] + [-1] * 4


def test_what_is_not_allowed_is_not_offered():
    held = [{0, 1}] * 5 + [{0}] * 2 + [{2}] * 5
    allowed = np.ones(12, dtype=bool)
    allowed[5] = False
    offers = selling.best(matrix_of(held), selling.pairs(matrix_of(held), 5), allowed)
    assert offers.item[[5, 6]].tolist() == [-1, 1]


def test_churn_by_products_held_a_year_ago():
    found = selling.churn_by_count([1, 1, 2, 2, 5, 9, 0], [1, 0, 1, 1, 0, 0, 1], most=4)
    assert found == [(1, 2, 0.5), (2, 2, 1.0), (3, 0, None), (4, 2, 0.0)]


def test_switching_cost_runs_from_nothing_to_everything():
    index = selling.switching_cost([0, 2, 4, 9, np.nan], [0, 1, 2, 9, 0], [np.nan, 365, 365, 9999, -5])
    assert index.tolist() == [0, 65, 100, 100, 0]
