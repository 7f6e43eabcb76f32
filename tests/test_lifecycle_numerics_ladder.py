"""The fallback ladder: which rung a segment lands on, and that nothing on it is ever missing, infinite or an error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.vocabulary import ClvMethod
from lifecycle.numerics import betageo, clv, gamma_gamma, ladder, mbgnbd
from lifecycle.numerics.rungs import RATE_KIND, VALUE_KIND, Settings
from tests.oracles import lifecycle_simulation as simulation


def crowd(size, seed=1, segment="all", **truth):
    """A summary as the night hands it over, drawn from the models."""
    rng = np.random.default_rng(seed)
    frame = simulation.purchases(size, rng, modified=True, **truth)
    frame["monetary"] = simulation.values(frame["frequency"], rng)
    frame["sales"] = (frame["frequency"] + 1) * frame["monetary"].where(frame["frequency"] > 0, 30.0)
    frame["profit"] = frame["sales"] * rng.normal(0.25, 0.05, size)
    return frame.assign(segment=segment, churn_weeks=20.0)


def together(*frames):
    return pd.concat(frames, ignore_index=True)


def check(prediction, size):
    """What holds whatever went in."""
    frame = prediction.frame
    numbers = frame[ladder.OUTPUT]
    assert len(frame) == size and np.isfinite(numbers.to_numpy()).all()
    assert frame["p_alive"].between(0, 1).all() and frame["p_no_purchase"].between(0, 1).all()
    assert (frame[["expected_purchases", "expected_value"]] >= 0).all(axis=None)
    none = (frame["method"] == ClvMethod.NONE.value).to_numpy()
    assert (numpy_rows := numbers[none].to_numpy()).size == 0 or not numpy_rows.any()
    assert ((prediction.model < 0) == none).all()


def methods(prediction, summary):
    return prediction.frame["method"].astype(object).groupby(summary["segment"]).unique().map(list).to_dict()


def test_each_segment_lands_on_its_rung():
    summary = together(
        crowd(400, 1, "large"),
        crowd(80, 2, "middle"),
        crowd(10, 3, "small"),
        crowd(60, 4, "once").assign(frequency=0.0, recency=0.0, monetary=0.0),
    )
    found = ladder.predict(summary)
    check(found, 550)
    assert methods(found, summary) == {
        "large": ["SEGMENT"],
        "middle": ["CENTRED"],
        "small": ["POOLED"],
        "once": ["POOLED"],
    }
    cards = {(fit.kind, fit.segment): fit for fit in found.fits}
    assert cards["MBG/NBD", ""].method == "POOLED" and cards["MBG/NBD", "large"].usable
    assert cards["MBG/NBD", "small"].reason == "THIN" and not cards["MBG/NBD", "small"].usable
    assert cards["MBG/NBD", "large"].customers == 400 and cards[VALUE_KIND, "large"].params.keys() == {"p", "q", "v"}
    assert len(found.models) == 3


def test_the_answers_are_those_of_the_models():
    summary = crowd(500)
    found, prior = ladder.predict(summary), betageo.default_prior(betageo.pooled_gap(summary))
    model = mbgnbd.fit(summary, prior=prior)
    repeaters = summary[summary["frequency"] > 0]
    worth = gamma_gamma.fit(summary, gamma_gamma.default_prior(float(repeaters["monetary"].mean())))
    rate = clv.shrunk_margin(
        summary["profit"],
        summary["sales"],
        summary["profit"].sum() / summary["sales"].sum(),
        3 * summary["sales"].mean(),
    )
    value = worth.expected_value(summary)
    total = clv.discounted(model, summary, value=value, margin=rate, months=36, discount=1.1 ** (1 / 12) - 1)
    assert found.frame["p_alive"].to_numpy() == pytest.approx(model.p_alive(summary).to_numpy())
    assert found.frame["expected_purchases"].to_numpy() == pytest.approx(
        model.expected_purchases(summary, 365.25 / 7).to_numpy()
    )
    assert found.frame["p_no_purchase"].to_numpy() == pytest.approx(model.p_no_purchase(summary, 20.0).to_numpy())
    assert found.frame["expected_value"].to_numpy() == pytest.approx(value.to_numpy())
    assert found.frame["margin_rate"].to_numpy() == pytest.approx(rate.to_numpy())
    assert found.frame["clv"].to_numpy() == pytest.approx(total.to_numpy())


def test_a_middling_segment_lies_between_its_own_fit_and_the_firm():
    slow = crowd(600, 5, "slow", alpha=20.0)
    summary = together(slow, crowd(60, 6, "quick", alpha=3.0))
    found = ladder.predict(summary)
    rates = {fit.segment: fit.params["r"] / fit.params["alpha"] for fit in found.fits if fit.kind == "MBG/NBD"}
    own = mbgnbd.fit(summary.iloc[600:], prior=betageo.default_prior(4.0)).params
    assert rates[""] < rates["quick"] < 1.2 * own.r / own.alpha


def test_the_other_model_and_the_horizons_are_settings():
    summary = crowd(300)
    plain = ladder.predict(summary, Settings(use_mbg=False, expected_months=6, clv_months=12))
    usual = ladder.predict(summary)
    once = summary["frequency"] == 0
    assert {fit.kind for fit in plain.fits} == {"BG/NBD", VALUE_KIND}
    assert (plain.frame.loc[once, "p_alive"] == 1).all() and (usual.frame.loc[once, "p_alive"] < 1).all()
    assert plain.frame["expected_purchases"].sum() < usual.frame["expected_purchases"].sum()


def test_earlier_parameters_are_where_the_optimiser_begins():
    summary = crowd(400)
    cold = ladder.predict(summary)
    starts = {(fit.kind, fit.segment): tuple(fit.params.values()) for fit in cold.fits}
    warm = ladder.predict(summary, starts=starts)
    assert sum(fit.iterations for fit in warm.fits) < sum(fit.iterations for fit in cold.fits)
    assert warm.frame["clv"].to_numpy() == pytest.approx(cold.frame["clv"].to_numpy(), rel=1e-6)


@pytest.mark.parametrize(
    "rows",
    [
        {"frequency": 0.0, "recency": 0.0, "age": 0.0},
        {"frequency": 0.0, "recency": 0.0, "age": 30.0},
        {"frequency": 4.0, "recency": 30.0, "age": 30.0, "monetary": 50.0},
        {"frequency": 1.0, "recency": 0.0, "age": 0.0, "monetary": -5.0},
    ],
)
@pytest.mark.parametrize("size", [1, 2, 29, 31, 250])
def test_identical_customers_of_any_number(rows, size):
    usual = {"monetary": 0.0, "sales": 50.0, "profit": 10.0, "segment": "s", "churn_weeks": 8.0}
    found = ladder.predict(pd.DataFrame([usual | rows] * size))
    check(found, size)
    assert found.frame["method"].ne(ClvMethod.NONE.value).all()
    assert found.frame.drop(columns="method").nunique().eq(1).all()


def test_constant_order_values_say_so_and_use_the_mean():
    found = ladder.predict(crowd(300).assign(monetary=lambda f: np.where(f["frequency"] > 0, 50.0, 0.0)))
    card = next(fit for fit in found.fits if fit.kind == VALUE_KIND)
    assert card.reason == "CONSTANT" and card.usable
    assert found.frame["expected_value"].to_numpy() == pytest.approx(np.full(300, 50.0))


def test_only_one_time_buyers_are_valued_by_their_mean_order():
    summary = crowd(200).assign(frequency=0.0, recency=0.0, monetary=0.0, sales=40.0, profit=10.0)
    found = ladder.predict(summary)
    check(found, 200)
    assert (found.frame["method"] == "RATE").all() and found.frame["expected_value"].eq(40.0).all()
    assert found.frame["margin_rate"].to_numpy() == pytest.approx(np.full(200, 0.25))
    assert any(fit.kind == RATE_KIND for fit in found.fits)


def test_customers_without_a_purchase_get_zeros():
    summary = together(crowd(100), crowd(3, 2).assign(frequency=np.nan, recency=np.nan, age=np.nan))
    found = ladder.predict(summary)
    check(found, 103)
    assert (found.frame["method"].iloc[100:] == ClvMethod.NONE.value).all()
    nobody = ladder.predict(summary.iloc[100:])
    check(nobody, 3)
    assert nobody.fits == () and ladder.predict(summary.iloc[:0]).frame.empty


def test_missing_segments_and_numbers_do_no_harm():
    summary = crowd(300)
    summary.loc[::3, "segment"] = None
    summary.loc[::7, ["monetary", "sales", "churn_weeks"]] = np.nan
    summary.loc[::5, "profit"] = np.nan
    summary.loc[1, "recency"] = 1e9
    found = ladder.predict(summary)
    check(found, 300)
    assert "" in {fit.segment for fit in found.fits}


def test_margins():
    summary = crowd(100).assign(sales=100.0, profit=30.0)
    summary.loc[0, "profit"], summary.loc[1, "profit"] = np.nan, -200.0
    firm = (98 * 30.0 - 200.0) / 9900.0
    found = ladder.predict(summary).frame["margin_rate"]
    assert found[0] == pytest.approx(firm)
    assert found[1] == pytest.approx((-200 + firm * 300) / 400)
    assert (ladder.predict(summary.assign(profit=np.nan)).frame["margin_rate"] == 1.0).all()
    costed = ladder.predict(summary.assign(costed=50.0)).frame["margin_rate"]
    assert costed[5] == pytest.approx((30 + 2 * firm * 150) / 200, rel=0.02)


def test_margins_of_next_to_no_sales_are_no_accident_of_division():
    summary = crowd(3).assign(sales=[0.0, 1e-300, 1.0], profit=[4.0, 0.0, 500.0])
    found = ladder.predict(summary)
    check(found, 3)
    assert found.frame["margin_rate"].between(-10, 1).all()


def test_losses_make_a_negative_lifetime_value_and_nothing_else():
    frame = ladder.predict(crowd(200).assign(profit=lambda f: -0.2 * f["sales"])).frame
    assert (frame["clv"] < 0).all() and (frame["expected_purchases"] > 0).all()


def test_silence_of_any_date_is_asked_of_the_customers_own_model():
    summary = together(crowd(300, 1, "a"), crowd(300, 2, "b", alpha=30.0), crowd(1, 3).assign(frequency=np.nan))
    found = ladder.predict(summary)
    position = np.array([5, 305, 600, 5])
    columns = [np.array([2.0] * 4), np.array([10.0] * 4), np.array([20.0] * 4), np.array([8.0, 8.0, 8.0, 16.0])]
    answer = found.p_no_purchase(position, *columns)
    assert answer[0] != answer[1] and answer[2] == 0.0 and answer[3] < answer[0]
    whole = summary.iloc[:600]
    same = found.p_no_purchase(
        np.arange(600), *(whole[c].to_numpy() for c in ("frequency", "recency", "age", "churn_weeks"))
    )
    assert same == pytest.approx(found.frame["p_no_purchase"].to_numpy()[:600])


def test_the_order_of_customers_does_not_matter():
    summary = together(crowd(260, 1, "a"), crowd(50, 2, "b"))
    mixed = summary.sample(frac=1, random_state=1)
    one, other = ladder.predict(summary).frame, ladder.predict(mixed).frame.loc[summary.index]
    assert other["clv"].to_numpy() == pytest.approx(one["clv"].to_numpy(), rel=1e-6)
    assert (other["method"].astype(object) == one["method"].astype(object)).all()


row = st.fixed_dictionaries(
    {
        "frequency": st.one_of(st.just(np.nan), st.integers(0, 300).map(float)),
        "recency": st.floats(0, 400),
        "age": st.one_of(st.just(0.0), st.floats(0, 400)),
        "monetary": st.floats(-1e5, 1e7),
        "sales": st.floats(-1e6, 1e9),
        "profit": st.one_of(st.just(np.nan), st.floats(-1e8, 1e8)),
        "segment": st.sampled_from(["a", "b", None]),
        "churn_weeks": st.floats(0, 60),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(row, min_size=1, max_size=60))
def test_no_rows_whatever_raise_or_leave_a_hole(rows):
    summary = pd.DataFrame(rows)
    check(ladder.predict(summary), len(summary))
