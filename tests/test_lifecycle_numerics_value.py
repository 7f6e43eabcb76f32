"""Order values, lifetime value and the texts' value formulas: published figures and slow second implementations."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.numerics import bgnbd, clv, gamma_gamma, rate
from lifecycle.numerics.betageo import Params
from lifecycle.numerics.bgnbd import BgNbd
from lifecycle.numerics.gamma_gamma import GammaGamma
from tests.needs import shared
from tests.oracles import lifecycle_models as oracle
from tests.oracles import lifecycle_simulation as simulation


@pytest.fixture(scope="module")
def golden():
    return json.loads(shared("golden", "clv.json").read_text())


@pytest.fixture(scope="module")
def cdnow():
    frame = pd.read_csv(shared("golden", "cdnow_sample_customers.csv"))
    return frame.assign(recency=frame["recency_days"] / 7, age=frame["T_days"] / 7, monetary=frame["monetary_value"])


def values(*rows):
    return pd.DataFrame(rows, columns=["frequency", "monetary"], dtype=float)


def test_gamma_gamma_on_cdnow(cdnow, golden):
    expected = golden["cdnow_sample"]["gamma_gamma"]
    fit = gamma_gamma.fit(cdnow)
    for key in ("p", "q", "v"):
        assert getattr(fit.params, key) == pytest.approx(expected["params"][key], rel=1e-4)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)
    assert fit.population_mean == pytest.approx(expected["population_mean"], abs=1e-3)
    assert fit.customers == expected["n"] and fit.converged and not fit.degenerate
    assert np.abs(fit.expected_value(cdnow) - cdnow["gg_expected_value"]).max() < 1e-5
    only_repeaters = gamma_gamma.fit(cdnow[cdnow["frequency"] > 0])
    assert only_repeaters.params == fit.params


def test_gamma_gamma_published_points(golden):
    points = golden["gamma_gamma_points"]
    model = GammaGamma(gamma_gamma.Params(**points["params"]))
    frame = values(*[case[:2] for case in points["cases"]])
    assert model.expected_value(frame).to_numpy() == pytest.approx([c[2] for c in points["cases"]], abs=points["tol"])
    others = model.expected_value(values((3, 35), (2, 40)))  # run in R
    assert others.to_numpy() == pytest.approx([35.02791996, 39.14041995], rel=1e-9)


def test_gamma_gamma_likelihood_and_expectation_against_the_scalar_formulas():
    rng = np.random.default_rng(4)
    frequency = rng.integers(1, 9, 80)
    frame = values(*zip(frequency, simulation.values(frequency, rng), strict=True))
    fit = gamma_gamma.fit(frame, gamma_gamma.default_prior(40.0))
    slow = sum(oracle.gamma_gamma_likelihood(*fit.params.values(), *row) for row in frame.to_numpy())
    assert fit.log_likelihood == pytest.approx(slow, rel=1e-12)
    for row, found in zip(frame.to_numpy()[:5], fit.expected_value(frame)[:5], strict=True):
        assert found == pytest.approx(oracle.gamma_gamma_expected(*fit.params.values(), *row), rel=1e-6)


def test_gamma_gamma_derivatives():
    rng = np.random.default_rng(6)
    frequency = rng.integers(1, 6, 50)
    mean = simulation.values(frequency, rng)
    likelihood = gamma_gamma._Likelihood(gamma_gamma.distinct(frequency.astype(float)), mean)
    theta, step = np.log([4.0, 3.0, 20.0]), 1e-5
    _, gradient, hessian = likelihood(theta)
    for k, unit in enumerate(np.eye(3) * step):
        high, low = likelihood(theta + unit), likelihood(theta - unit)
        assert gradient[k] == pytest.approx((high[0] - low[0]) / (2 * step), rel=1e-6, abs=1e-6)
        assert hessian[k] == pytest.approx((high[1] - low[1]) / (2 * step), rel=1e-5, abs=1e-5)


def test_gamma_gamma_parameters_are_found_again():
    rng = np.random.default_rng(8)
    frequency = rng.integers(1, 9, 20_000)
    fit = gamma_gamma.fit(values(*zip(frequency, simulation.values(frequency, rng), strict=True)))
    for found, true, error in zip(fit.params.values(), (6.25, 3.74, 15.44), fit.standard_errors, strict=True):
        assert abs(found - true) < 4 * error


@pytest.mark.parametrize(
    ("rows", "mean"),
    [
        ([], 0.0),
        ([(0, 0.0)] * 9, 0.0),
        ([(1, 10.0), (3, 30.0)], 25.0),
        ([(2, 50.0)] * 200, 50.0),
        ([(2, 50.0), (2, 50.2)] * 100, 50.1),
        ([(2, -5.0)] * 30, 0.0),
    ],
)
def test_too_little_or_too_equal_values_are_answered_with_the_mean(rows, mean):
    fit = gamma_gamma.fit(values(*rows))
    assert fit.degenerate and fit.params is None and fit.mean == pytest.approx(mean)
    assert fit.expected_value(values((0, 0.0), (4, 80.0))).tolist() == pytest.approx([mean, mean])


def test_refunds_and_free_orders_are_answered_with_the_population():
    model = GammaGamma(gamma_gamma.Params(6.25, 3.74, 15.44))
    answer = model.expected_value(values((3, -20.0), (2, 0.0), (0, 0.0)))
    assert answer.tolist() == pytest.approx([model.population_mean] * 3)


def test_a_tail_without_a_mean_falls_back_on_the_observed_mean():
    model = GammaGamma(gamma_gamma.Params(2.0, 0.8, 10.0), mean=40.0)
    assert model.population_mean == 40.0
    assert model.expected_value(values((0, 0.0), (2, 30.0))).tolist() == pytest.approx([40.0, 30.0])


def test_lifetime_value_of_cdnow_in_the_convention_of_lifetimes(cdnow, golden):
    expected = golden["cdnow_sample"]["clv"]
    worth = gamma_gamma.fit(cdnow).expected_value(cdnow)
    found = clv.discounted(
        bgnbd.fit(cdnow), cdnow, value=worth, months=12, discount=0.01, weeks_per_month=clv.WEEKS_PER_MONTH_LIFETIMES
    )
    assert found.sum() == pytest.approx(expected["sum"], rel=golden["cdnow_sample"]["tolerances"]["clv_rel"])
    assert np.abs(found - cdnow["clv_12m_1pct"]).max() < 1e-3
    assert clv.customer_equity(found) == pytest.approx(found.sum())


def test_lifetime_value_at_the_published_parameters(cdnow):
    model = BgNbd(Params(0.243, 4.414, 0.793, 2.426))
    worth = GammaGamma(gamma_gamma.Params(6.25, 3.74, 15.44)).expected_value(cdnow)
    found = clv.discounted(model, cdnow, value=worth, months=12, discount=0.01, weeks_per_month=4.345)
    assert found.sum() == pytest.approx(71_559.85648323, rel=2e-5)  # how that input was rounded is not known


@pytest.mark.parametrize(("months", "discount"), [(1, 0.0), (12, 0.01), (36, 0.007974)])
def test_lifetime_value_month_by_month(months, discount):
    model = BgNbd(Params(0.5, 6.0, 0.9, 1.6))
    frame = pd.DataFrame({"frequency": [0.0, 3.0], "recency": [0.0, 30.0], "age": [10.0, 40.0]})
    found = clv.discounted(model, frame, value=np.array([10.0, 20.0]), margin=0.3, months=months, discount=discount)
    slow = [
        oracle.lifetime_value(
            lambda weeks, k=k: model.expected_purchases(frame, weeks)[k], months, discount, clv.WEEKS_PER_MONTH
        )
        for k in range(2)
    ]
    assert found.to_numpy() == pytest.approx([slow[0] * 3, slow[1] * 6], rel=1e-10)


def test_lifetime_value_needs_a_month_and_a_sane_rate():
    frame = pd.DataFrame({"frequency": [0.0], "recency": [0.0], "age": [10.0]})
    with pytest.raises(ValueError, match="month"):
        clv.discounted(BgNbd(Params(1, 1, 1, 1)), frame, months=0)
    with pytest.raises(ValueError, match="discount"):
        clv.discounted(BgNbd(Params(1, 1, 1, 1)), frame, discount=-1.0)


def test_months_and_rates():
    assert clv.monthly_rate(0.10) == pytest.approx(0.007974, abs=5e-7)
    assert pytest.approx(52.18, abs=0.01) == 12 * clv.WEEKS_PER_MONTH


def test_retention_formula_golden(golden):
    cases = golden["closed_form"]
    assert clv.retention_formula(100, 0.8, 0.1) == pytest.approx(
        cases["retention_clv_infinite_from_next_period"]["value"], abs=1e-4
    )
    assert clv.retention_formula(100, 0.8, 0.1, periods=5) == pytest.approx(
        cases["retention_clv_5_periods"]["value"], abs=1e-4
    )
    assert clv.retention_formula(100, 0.8, 0.1, first_now=True) == pytest.approx(366.6667, abs=1e-4)


@given(st.floats(-1e4, 1e4), st.floats(0, 1), st.floats(0, 1), st.integers(0, 60))
def test_retention_formula_is_the_sum(margin, retention, discount, periods):
    terms = [margin * retention**t / (1 + discount) ** t for t in range(periods + 1)]
    later = clv.retention_formula(margin, retention, discount, periods)
    now = clv.retention_formula(margin, retention, discount, periods, first_now=True)
    assert later == pytest.approx(sum(terms[1:]), rel=1e-6, abs=1e-6)
    assert now == pytest.approx(sum(terms[:periods]), rel=1e-6, abs=1e-6)


def test_retention_formula_of_many_and_its_domain():
    many = clv.retention_formula(np.array([100.0, 50.0]), np.array([0.8, 0.0]), 0.1)
    assert many == pytest.approx([266.6667, 0.0], abs=1e-4)
    for wrong in ((100, 1.1, 0.1), (100, -0.1, 0.1), (100, 0.5, -0.1), (100, 1.0, 0.0)):
        with pytest.raises(ValueError, match="needs"):
            clv.retention_formula(*wrong)


def test_committed_periods_are_certain():
    free = clv.contract_value(100, 0.8, 0.1, periods=5)
    assert free == pytest.approx(212.4097, abs=1e-4)
    bound = clv.contract_value(100.0, 0.8, 0.1, 5, committed=np.array([0, 2, 5, 9]))
    certain = [100 / 1.1**t for t in range(1, 6)]
    two = certain[0] + certain[1] + sum(100 * 0.8 ** (t - 2) / 1.1**t for t in range(3, 6))
    assert bound == pytest.approx([free, two, sum(certain), sum(certain)])


def test_margins_shrink_to_the_segment():
    profit, sales = pd.Series([50.0, -30.0, 0.0, 5.0]), pd.Series([100.0, 100.0, 0.0, -20.0])
    found = clv.shrunk_margin(profit, sales, 0.2, 300.0)
    assert found.tolist() == pytest.approx([110 / 400, 30 / 400, 0.2, 65 / 300])
    assert clv.shrunk_margin(0.0, 0.0, 0.25, 0.0) == 0.25


def test_value_formulas_of_the_texts():
    assert clv.cpv(1_000_000, 0.40, 0.25) == pytest.approx(100_000)
    assert clv.ppv(0.125, 8, 100_000) == pytest.approx(100_000)
    assert clv.revenue_identity(200, 1000, 0.80, 12, 50) == pytest.approx(600_000)
    assert clv.revenue_identity(200, 1000, 0.85, 12, 50) == pytest.approx(630_000)


def test_delivered_value():
    found = clv.delivered_value(8, 7, 6, 7, 5, 4, 3)
    assert (found.value, found.cost, found.absolute, found.relative) == pytest.approx((7.0, 4.0, 3.0, 1.75))
    free = clv.delivered_value(8, 7, 6, 7, 0, 0, 0)
    assert free.absolute == 7.0 and np.isnan(free.relative)
    nan = np.nan
    many = clv.delivered_value(*[np.array(pair) for pair in ((8, nan), (6, nan), (nan, nan), (nan, nan))], 2, 4, nan)
    assert many.value[0] == 7.0 and np.isnan(many.value[1]) and many.cost == 3.0
    assert many.relative[0] == pytest.approx(7 / 3) and np.isnan(many.relative[1])


def test_rate_of_thin_data_is_shrunk_and_finite():
    frame = pd.DataFrame({"frequency": [0.0, 4.0], "recency": [0.0, 40.0], "age": [50.0, 50.0]})
    fit = rate.fit(frame)
    mean = 4.5 / 126.0
    assert fit.params.shape / fit.params.weeks == pytest.approx(mean)
    alive, coming = fit.p_alive(frame), fit.expected_purchases(frame, 26)
    assert alive[1] > alive[0] > 0 and coming[1] > coming[0] > 0
    assert coming[1] < 4 / 50 * 26
    assert fit.p_no_purchase(frame, 0.0).tolist() == pytest.approx([1.0, 1.0])
    total = clv.discounted(fit, frame, months=6, weeks_per_month=26 / 6)
    assert total.to_numpy() == pytest.approx(coming.to_numpy())


@pytest.mark.parametrize("rows", [[(0, 0, 0)], [(0, 0, 0)] * 5, [(0, 0, 30)] * 5, [(3, 9, 9)], [(1, 1, 1)] * 3])
def test_rate_never_fails(rows):
    frame = pd.DataFrame(rows, columns=["frequency", "recency", "age"], dtype=float)
    fit = rate.fit(frame)
    for answer in (fit.p_alive(frame), fit.expected_purchases(frame, 52), fit.p_no_purchase(frame, 9)):
        assert np.isfinite(answer).all() and (answer >= 0).all()
