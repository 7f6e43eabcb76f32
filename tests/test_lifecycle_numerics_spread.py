"""Intervals of lifetime values, contracts, the minimum-data gate, and fits that fail: simulation and slow formulas."""

import numpy as np
import pytest

from customers.vocabulary import ClvGap, ClvMethod
from lifecycle.numerics import clv, contracts, gamma_gamma, ladder, mbgnbd, rate, spread, trust
from lifecycle.numerics.betageo import Params, default_prior, pooled_gap
from lifecycle.numerics.bgnbd import BgNbd
from lifecycle.numerics.mbgnbd import MbgNbd
from lifecycle.numerics.moments import moments
from lifecycle.numerics.optimise import ascend, covariance
from lifecycle.numerics.purchases import Alive
from lifecycle.numerics.rungs import Settings
from tests.oracles import lifecycle_future as future
from tests.oracles import lifecycle_simulation as simulation

DELTA, WEEKS = np.log(1.1) / (12 * clv.WEEKS_PER_MONTH), 36 * clv.WEEKS_PER_MONTH


def crowd(size, seed=1, **truth):
    rng = np.random.default_rng(seed)
    frame = simulation.purchases(size, rng, modified=True, **truth)
    frame["monetary"] = simulation.values(frame["frequency"], rng)
    frame["sales"] = (frame["frequency"] + 1) * frame["monetary"].where(frame["frequency"] > 0, 30.0)
    return frame.assign(profit=0.25 * frame["sales"], segment="all", churn_weeks=20.0)


@pytest.mark.parametrize(("x", "age", "shift"), [(0, 40.0, 1), (6, 60.0, 1), (12, 30.0, 0)])
def test_moments_of_a_living_customer_as_simulated(x, age, shift):
    family = Alive(0.6, 5.0, 0.8, 2.4, shift)
    told = moments(family, np.array([float(x)]), np.array([age]), DELTA, WEEKS)
    rng = np.random.default_rng(x)
    slow = future.moments(
        200_000, rng, shape=0.6 + x, scale=5.0 + age, a=0.8, b=2.4 + x + shift, delta=DELTA, weeks=WEEKS
    )
    found = told.mean[0], told.second[0], told.squares[0], told.life[0]
    assert found == pytest.approx(slow, rel=0.03)
    assert told.life_discounted[0] < told.life[0]


def test_the_mean_is_that_of_the_value_itself_and_an_endless_horizon_that_of_the_stream():
    model = MbgNbd(Params(0.6, 5.0, 0.8, 2.4))
    x, age = np.array([0.0, 3.0, 9.0]), np.array([10.0, 40.0, 60.0])
    some = {"frequency": x, "recency": age * 0.9, "age": age}
    alive = model.p_alive(some)
    within = moments(model.living(), x, age, 1e-6, 52.0).mean * alive
    assert within == pytest.approx(model.expected_purchases(some, 52.0), rel=2e-3)
    forever = moments(model.living(), x, age, DELTA, np.inf).mean * alive
    assert forever == pytest.approx(model.discounted_transactions(some, DELTA), rel=2e-2)


@pytest.mark.parametrize(("size", "above"), [(60, 0.06), (4000, 0.02)])
def test_four_in_five_really_end_inside(size, above):
    summary, later = future.lives(size, np.random.default_rng(size), weeks=WEEKS, delta=DELTA)
    some = {name: summary[name].to_numpy() for name in summary}
    model = mbgnbd.fit(some, default_prior(pooled_gap(some)))
    worth = gamma_gamma.fit(some, gamma_gamma.default_prior(35.0))
    monthly = clv.monthly_rate(0.10)
    value = clv.discounted(model, some, value=worth.expected_value(some), months=36, discount=monthly)
    found = spread.with_values(spread.of_purchases(model, some, DELTA, WEEKS), worth, some)
    low, high, deviation = spread.interval(value, found)
    assert ((low >= 0) & (low <= value) & (value <= high)).all()
    assert np.mean(later > high) == pytest.approx(0.10, abs=above)
    assert np.mean(later < low - 1e-9) < 0.10
    sure = np.sqrt(np.square(deviation).sum() + spread.shared_error(value, found))
    assert abs(later.sum() - value.sum()) < 3 * sure


def test_fewer_customers_make_wider_intervals():
    def width(size):
        some = {name: column.to_numpy() for name, column in crowd(size)[["frequency", "recency", "age"]].items()}
        model = mbgnbd.fit(some, default_prior(4.0))
        one = {"frequency": np.array([5.0]), "recency": np.array([40.0]), "age": np.array([45.0])}
        return spread.of_purchases(model, one, DELTA, WEEKS).parameter[0]

    assert width(40) > 4 * width(1000) > 0


def test_slopes_are_the_derivatives_of_the_value():
    some = {"frequency": np.array([4.0]), "recency": np.array([30.0]), "age": np.array([40.0])}
    model = BgNbd(Params(0.5, 6.0, 0.9, 1.6), covariance=np.eye(4) * 0.01)
    found = spread.of_purchases(model, some, DELTA, WEEKS)

    def log_value(values):
        return np.log(clv.discounted(BgNbd(Params(*values)), some, months=36, discount=clv.monthly_rate(0.10))[0])

    base, step = np.array(model.params.values()), 1e-3
    for k in range(4):
        unit = np.where(np.arange(4) == k, step, 0.0)
        slope = (log_value(base * np.exp(unit)) - log_value(base * np.exp(-unit))) / (2 * step)
        assert found.slopes[k, 0] == pytest.approx(slope, abs=0.01)
    assert found.parameter[0] == pytest.approx(0.01 * np.square(found.slopes[:, 0]).sum())


def test_a_model_without_curvature_says_that_it_knows_nothing_of_its_parameters():
    some = {"frequency": np.array([4.0]), "recency": np.array([30.0]), "age": np.array([40.0])}
    found = spread.of_purchases(MbgNbd(Params(0.5, 6.0, 0.9, 1.6)), some, DELTA, WEEKS)
    assert found.parameter.tolist() == [spread.UNKNOWN]
    flat = ascend(lambda theta: (0.0, np.zeros(2), np.zeros((2, 2))), np.zeros(2), scale=1.0)
    assert np.isnan(covariance(flat)).all()


def test_the_rate_has_an_interval_too():
    some = {name: column.to_numpy() for name, column in crowd(20)[["frequency", "recency", "age"]].items()}
    model = rate.fit(some)
    for weeks in (WEEKS, np.inf):
        found = spread.of_purchases(model, some, DELTA, weeks)
        low, high, _ = spread.interval(np.ones(20), spread.with_values(found, None, some))
        assert np.isfinite(high).all() and (low <= 1).all() and (high >= 0).all() and (high > low).any()
    endless, usual = (
        model.discounted_transactions(some, DELTA),
        clv.discounted(model, some, months=36, discount=clv.monthly_rate(0.1)),
    )
    assert (endless > 3 * usual).all()  # without dropout only the discount ends it


def test_losses_turn_the_interval_round():
    found = ladder.predict(crowd(200).assign(profit=lambda f: -0.2 * f["sales"])).frame
    assert (found["clv_low"] <= found["clv_high"]).all() and (found["clv_high"] <= 1e-9).all()


def test_the_cost_of_keeping_is_taken_off_for_the_time_as_customer():
    summary = crowd(300)
    free, dear = ladder.predict(summary).frame, ladder.predict(summary.assign(cost_a_month=2.0)).frame
    assert (free["keeping"] == 0).all() and (dear["keeping"] > 0).all()
    assert dear["clv"].to_numpy() == pytest.approx((free["clv"] - dear["keeping"]).to_numpy())
    assert (dear["keeping"] <= 2.0 * dear["life_months"] + 1e-9).all() and dear["life_months"].between(0, 36).all()


def test_an_endless_horizon_is_worth_more_and_equals_the_stream():
    summary = crowd(300)
    usual, endless = ladder.predict(summary), ladder.predict(summary, Settings(infinite=True))
    assert (endless.frame["clv"] > usual.frame["clv"]).all()
    stream = endless.models[0].discounted_transactions(summary, DELTA)
    expected = stream * endless.frame["expected_value"] * endless.frame["margin_rate"]
    assert endless.frame["clv"].to_numpy() == pytest.approx(expected.to_numpy())
    assert ((endless.frame["clv_low"] <= endless.frame["clv"]) & np.isfinite(endless.frame["clv_high"])).all()


def test_contracts_are_certain_for_their_term_and_kept_after_it():
    margin, left = np.array([100.0, 100.0, -50.0]), np.array([0.0, 12.0, 99.0])
    found = contracts.worth(margin, left, 0.98, 0.01, 36)
    slow = [
        sum(m * 0.98 ** max(t - c, 0) / 1.01**t for t in range(1, 37)) for m, c in zip(margin, (0, 12, 36), strict=True)
    ]
    assert found.value == pytest.approx(slow)
    assert found.months.tolist() == pytest.approx(
        [sum(0.98 ** max(t - c, 0) for t in range(1, 37)) for c in (0, 12, 36)]
    )
    assert (found.low <= found.value + 1e-9).all() and (found.value <= found.high + 1e-9).all()
    assert found.low[2] == pytest.approx(slow[2]) == found.high[2] and found.deviation[2] == pytest.approx(0, abs=1e-3)
    endless = contracts.worth(margin[:1], left[:1], 0.8, 0.1, None)
    assert endless.value[0] == pytest.approx(clv.retention_formula(100, 0.8, 0.1))


def test_the_interval_of_a_contract_is_that_of_the_month_of_leaving():
    rng = np.random.default_rng(5)
    stays = np.minimum(rng.geometric(0.03, 200_000) - 1, 36)
    paid = np.cumsum(1.01 ** -np.arange(1.0, 37.0))
    worth = np.where(stays > 0, paid[np.maximum(stays, 1) - 1], 0.0)
    found = contracts.worth(np.array([1.0]), np.array([0.0]), 0.97, 0.01, 36)
    assert found.value[0] == pytest.approx(worth.mean(), rel=0.01)
    assert found.deviation[0] == pytest.approx(worth.std(), rel=0.01)
    assert (found.low[0], found.high[0]) == pytest.approx((np.quantile(worth, 0.1), np.quantile(worth, 0.9)))


def test_yearly_retention_is_shrunk_to_eight_of_ten():
    assert contracts.yearly_retention(0, 0) == 0.8
    assert contracts.yearly_retention(1000, 500) == pytest.approx(0.503, abs=5e-4)


def test_customers_with_a_contract_use_the_retention_formula():
    months = np.where(np.arange(300) < 5, 12.0, np.nan)
    summary = crowd(300).assign(contract_months=months, contract_amount=1000.0)
    found = ladder.predict(summary, Settings(contract_retention=0.7)).frame
    assert (found["method"].iloc[:5] == ClvMethod.CONTRACT.value).all() and (
        found["method"].iloc[5:] == "SEGMENT"
    ).all()
    slow = contracts.worth(np.array([1000.0]), np.array([12.0]), 0.7 ** (1 / 12), clv.monthly_rate(0.1), 36).value[0]
    assert found["clv"].iloc[:5].to_numpy() == pytest.approx(slow * found["margin_rate"].iloc[:5].to_numpy())


@pytest.mark.parametrize(
    ("summary", "gap"),
    [
        (crowd(300), ClvGap.NONE),
        (crowd(29), ClvGap.NONE),  # a shrunken rate of enough customers
        (crowd(9), ClvGap.FEW_CUSTOMERS),
        (crowd(1), ClvGap.FEW_CUSTOMERS),
        (crowd(200).assign(frequency=0.0, recency=0.0, monetary=0.0), ClvGap.NO_REPEATERS),
        (crowd(200).assign(frequency=0.0, recency=0.0, age=0.0, monetary=0.0), ClvGap.NO_TIME),
        (crowd(200).assign(sales=-5.0), ClvGap.REFUNDED),
        (crowd(50).assign(frequency=np.nan), ClvGap.NO_PURCHASE),
    ],
)
def test_the_gate_refuses_with_its_reason(summary, gap):
    found = ladder.predict(summary).frame
    assert found["gap"].unique().tolist() == [gap.value] and np.isfinite(found[ladder.OUTPUT].to_numpy()).all()


def test_contracts_pass_the_gate():
    columns = {"frequency": np.zeros(2), "age": np.zeros(2), "sales": np.array([0.0, 5.0])}
    method = np.array([ClvMethod.CONTRACT.value, ClvMethod.RATE.value], dtype=object)
    found = trust.gaps(columns, method, customers=10, repeaters=3, weeks=4.0)
    assert found.tolist() == [ClvGap.NONE.value, ClvGap.NO_TIME.value]


def test_one_refunded_customer_does_not_silence_the_others():
    summary = crowd(200)
    summary.loc[3, ["sales", "monetary"]] = -10.0
    found = ladder.predict(summary).frame["gap"]
    assert found[3] == ClvGap.REFUNDED.value and (found.drop(3) == ClvGap.NONE.value).all()


def test_a_warm_start_leaves_no_trace():
    summary = crowd(400)
    cold = ladder.predict(summary)
    starts = {(fit.kind, fit.segment): tuple(fit.params.values()) for fit in cold.fits}
    far = {key: tuple(1.3 * value for value in values) for key, values in starts.items()}
    for begin in (starts, far):
        warm = ladder.predict(summary, starts=begin)
        assert [fit.params for fit in warm.fits] == [fit.params for fit in cold.fits]
        assert warm.frame.equals(cold.frame)


@pytest.mark.parametrize("failure", [ValueError("no"), np.linalg.LinAlgError("no"), FloatingPointError("no")])
def test_a_fit_that_breaks_keeps_the_last_good_one_or_steps_down(monkeypatch, failure):
    summary = crowd(400)
    good = ladder.predict(summary)
    starts = {(fit.kind, fit.segment): tuple(fit.params.values()) for fit in good.fits}

    def broken(*args, **kwargs):
        raise failure

    monkeypatch.setattr(MbgNbd, "fit", broken)
    kept, lost = ladder.predict(summary, starts=starts), ladder.predict(summary)
    card = kept.fits[1]
    assert (card.kind, card.reason, card.usable, card.method) == ("MBG/NBD", "KEPT", True, "SEGMENT")
    assert kept.frame["clv"].to_numpy() == pytest.approx(good.frame["clv"].to_numpy())
    assert lost.fits[1].reason == "FAILED" and not lost.fits[1].usable and (lost.frame["method"] == "RATE").all()


def test_a_fit_that_diverges_keeps_the_last_good_one():
    summary, bounds = crowd(400), Settings(largest_parameter=1e-3)
    starts = {("MBG/NBD", "all"): (0.6, 5.0, 0.8, 2.4)}
    found = ladder.predict(summary, bounds, starts)
    assert found.fits[1].reason == "KEPT" and found.fits[1].params == {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.4}


def test_the_model_card_compares_expected_with_actual_counts():
    summary = crowd(2000)
    card = next(fit for fit in ladder.predict(summary).fits if fit.kind == "MBG/NBD")
    assert sum(card.actual) == 2000 and sum(card.expected) == pytest.approx(2000)
    assert card.actual[0] == (summary["frequency"] == 0).sum() and card.actual[7] == (summary["frequency"] >= 7).sum()
    excess = (np.array(card.actual) - card.expected) ** 2 / card.expected
    assert excess.sum() < 20  # 7 degrees of freedom
    assert card.standard_errors.keys() == {"r", "alpha", "a", "b"} and card.gradient < 1e-6


def test_heavy_tails_stay_finite_and_in_order():
    rng = np.random.default_rng(2)
    summary = crowd(400, 3, r=0.15, alpha=0.5)
    summary["monetary"] = np.where(summary["frequency"] > 0, rng.pareto(1.1, 400) * 1000, 0.0)
    summary["sales"] = (summary["frequency"] + 1) * summary["monetary"].clip(lower=10)
    found = ladder.predict(summary.assign(profit=0.3 * summary["sales"])).frame
    assert np.isfinite(found[ladder.OUTPUT].to_numpy()).all()
    assert ((found["clv_low"] <= found["clv"] * (1 + 1e-9)) & (found["clv_low"] <= found["clv_high"])).all()
