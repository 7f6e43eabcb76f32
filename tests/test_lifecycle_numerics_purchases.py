"""BG/NBD and MBG/NBD: published figures, slow second implementations, recovery from simulation, thin and odd data."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.numerics import bgnbd, mbgnbd
from lifecycle.numerics.betageo import Likelihood, Params, columns, default_prior, pooled_gap
from lifecycle.numerics.bgnbd import BgNbd
from lifecycle.numerics.mbgnbd import MbgNbd
from lifecycle.numerics.optimise import Prior
from lifecycle.numerics.purchases import beta_nodes, gamma_nodes
from lifecycle.numerics.unique import histories
from tests.needs import shared
from tests.oracles import lifecycle_models as oracle
from tests.oracles import lifecycle_simulation as simulation

PUBLISHED = Params(0.243, 4.414, 0.793, 2.426)
FAMILIES = [(BgNbd, bgnbd, 0, oracle.bg_likelihood), (MbgNbd, mbgnbd, 1, oracle.mbg_likelihood)]


@pytest.fixture(scope="module")
def golden():
    return json.loads(shared("golden", "clv.json").read_text())


@pytest.fixture(scope="module")
def cdnow():
    """The golden customers with what other software computed for them."""
    frame = pd.read_csv(shared("golden", "cdnow_sample_customers.csv"))
    return frame.assign(recency=frame["recency_days"] / 7, age=frame["T_days"] / 7, monetary=frame["monetary_value"])


def customers(*rows):
    return pd.DataFrame(rows, columns=["frequency", "recency", "age"], dtype=float)


@pytest.mark.parametrize(("module", "name"), [(bgnbd, "bgnbd"), (mbgnbd, "mbgnbd")])
def test_cdnow_fit_and_every_customer_agree_with_the_published_figures(cdnow, golden, module, name):
    expected = golden["cdnow_sample"][name]
    fit = module.fit(cdnow)
    for key, value in expected["params"].items():
        assert getattr(fit.params, key) == pytest.approx(value, rel=1e-4)
    assert fit.log_likelihood == pytest.approx(expected["LL"], abs=1e-3)
    assert fit.converged and 1 <= fit.iterations <= 30 and fit.customers == 2357
    alive, coming = fit.p_alive(cdnow), fit.expected_purchases(cdnow, 39)
    assert np.abs(alive - cdnow[f"{name}_p_alive"]).max() < 1e-6
    assert np.abs(coming - cdnow[f"{name}_expected_39w"]).max() < 1e-5
    assert coming.sum() == pytest.approx(expected["sum_expected_39w"], abs=1e-3)
    assert alive.mean() == pytest.approx(expected["mean_p_alive"], abs=1e-6)


@pytest.mark.parametrize(("family", "name"), [(BgNbd, "bgnbd"), (MbgNbd, "mbgnbd")])
def test_every_customer_at_the_given_parameters_to_the_printed_digits(cdnow, golden, family, name):
    model = family(Params(**golden["cdnow_sample"][name]["params"]))
    assert np.abs(model.p_alive(cdnow) - cdnow[f"{name}_p_alive"]).max() < 1e-6
    assert np.abs(model.expected_purchases(cdnow, 39) - cdnow[f"{name}_expected_39w"]).max() < 1e-6


def test_the_calibration_histogram_of_the_model_card(cdnow, golden):
    expected, actual = bgnbd.fit(cdnow).histogram(cdnow)
    told = golden["calibration_histogram_0_to_7plus"]
    assert actual.tolist() == told["actual"] and expected == pytest.approx(told["bgnbd_model"], abs=told["tol"])
    assert ((actual - expected) ** 2 / expected).sum() == pytest.approx(4.8217, abs=1e-3)


def test_summary_rebuilt_from_the_transactions_gives_the_same_fit(golden):
    rows = pd.read_csv(shared("data", "cdnow_sample_transactions.csv"), parse_dates=["date"])
    end = pd.Timestamp("1997-09-30")
    days = (
        rows[rows["date"] <= end].groupby(["customer_id", "date"]).size().reset_index().groupby("customer_id")["date"]
    )
    first, last = days.min(), days.max()
    summary = pd.DataFrame(
        {"frequency": days.size() - 1, "recency": (last - first).dt.days / 7, "age": (end - first).dt.days / 7}
    )
    fit = bgnbd.fit(summary)
    assert summary["frequency"].sum() == golden["cdnow_sample"]["sum_x"]
    assert fit.log_likelihood == pytest.approx(golden["cdnow_sample"]["bgnbd"]["LL"], abs=1e-3)


def test_standard_errors_as_published(cdnow, golden):
    errors = golden["cdnow_sample"]["bgnbd"]["se"]
    assert bgnbd.fit(cdnow).standard_errors == pytest.approx(
        [errors[key] for key in ("r", "alpha", "a", "b")], rel=1e-3
    )


def test_published_points(golden):
    model, points = BgNbd(PUBLISHED), golden["published_points_bgnbd"]
    one = points["customer_x2"]
    who = customers((one["frequency"], one["recency_weeks"], one["age_weeks"]))
    assert model.expected_purchases(who, 39)[0] == pytest.approx(one["expected_39w"], abs=one["tol"])
    assert model.p_alive(who)[0] == pytest.approx(one["p_alive"], abs=1e-6)
    assert model.p_no_purchase(customers((0, 0, 0)), 39)[0] == pytest.approx(points["p_zero_in_39w"], abs=1e-6)
    paradox = points["increasing_frequency_paradox"]
    unrounded = BgNbd(Params(*golden["cdnow_sample"]["bgnbd"]["params"].values()))
    many = customers(*[(x, paradox["recency"], paradox["age"]) for x in paradox["x"]])
    assert unrounded.expected_purchases(many, 52).to_numpy() == pytest.approx(paradox["values"], rel=1e-4)


def test_vignette_figures_of_a_heavy_and_of_a_new_customer():
    model = BgNbd(Params(0.2425945, 4.4136019, 0.7929199, 2.4258881))
    heavy = customers((26, 30.857, 31))
    assert model.expected_purchases(heavy, 52)[0] == pytest.approx(25.75659, rel=1e-4)
    assert model.p_alive(heavy)[0] == pytest.approx(0.9688523, rel=1e-5)
    assert model.expected_purchases(customers((0, 0, 0)), 52)[0] == pytest.approx(1.444004, rel=1e-4)


def test_distribution_of_counts_as_published():
    chances = BgNbd(PUBLISHED).probabilities(39, 4)
    assert chances == pytest.approx([0.573786352, 0.199395281, 0.085429760, 0.045860354, 0.027671449], abs=1e-7)
    assert BgNbd(PUBLISHED).probabilities(39, 4000).sum() == pytest.approx(1.0, abs=1e-6)
    tame = MbgNbd(Params(2.0, 6.0, 0.9, 1.6))
    chances = tame.probabilities(39, 400)
    assert chances.sum() == pytest.approx(1.0)
    assert chances @ np.arange(401) == pytest.approx(tame.expected_purchases(customers((0, 0, 0)), 39)[0])
    assert chances[0] == pytest.approx(tame.p_no_purchase(customers((0, 0, 0)), 39)[0])


def test_calibration_histogram_and_holdout_bins(cdnow, golden):
    fit = bgnbd.fit(cdnow)
    chances = np.array([fit.probabilities(age, 6) for age in cdnow["age"].unique()])
    spread = pd.DataFrame(chances, index=cdnow["age"].unique()).loc[cdnow["age"]].sum().to_numpy()
    histogram = golden["calibration_histogram_0_to_7plus"]
    assert [*spread, 2357 - spread.sum()] == pytest.approx(histogram["bgnbd_model"], abs=histogram["tol"])
    bins = fit.expected_purchases(cdnow, 39).groupby(np.minimum(cdnow["frequency"], 7)).mean()
    assert bins.to_numpy() == pytest.approx(golden["holdout_expected_by_bin_bgnbd"], abs=1e-3)


def test_discounted_transactions_as_measured(golden):
    cases = golden["dert_bgnbd"]
    model = BgNbd(Params(0.2425929, 4.4135323, 0.7928860, 2.4257524))
    frame = customers(*[case[:3] for case in cases["cases"]])
    found = model.discounted_transactions(frame, cases["delta_per_week"]).to_numpy()
    assert found == pytest.approx([case[3] for case in cases["cases"]], rel=cases["tol_rel"])


@pytest.mark.parametrize(("family", "shift"), [(BgNbd, 0), (MbgNbd, 1)])
@pytest.mark.parametrize("who", [(0, 0, 20), (4, 12, 30)])
def test_discounted_transactions_against_adaptive_integration_and_a_long_sum(family, shift, who):
    params = Params(0.9, 6.0, 1.4, 3.0)
    model, delta = family(params), 0.05
    found = model.discounted_transactions(customers(who), delta)[0]
    assert found == pytest.approx(oracle.discounted_stream(*params.values(), *who, delta, shift), rel=1e-5)
    weeks = np.arange(1.0, 301.0)
    weights = np.exp(-delta * (weeks - 0.5)) - np.append(np.exp(-delta * (weeks[1:] - 0.5)), 0)
    assert found == pytest.approx(model.weighted_purchases(customers(who), weeks, weights)[0], rel=5e-4)


@pytest.mark.parametrize(("family", "module", "shift", "likelihood"), FAMILIES)
def test_likelihood_is_the_sum_of_the_scalar_formula(family, module, shift, likelihood):
    frame = simulation.purchases(60, np.random.default_rng(1))
    params = (0.7, 4.0, 1.1, 2.2)
    slow = sum(likelihood(*params, *row) for row in zip(*columns(frame), strict=True))
    fast = Likelihood(histories(*columns(frame)), shift)(np.log(params))[0]
    assert fast == pytest.approx(slow, rel=1e-12)


@pytest.mark.parametrize("shift", [0, 1])
def test_gradient_and_hessian_are_the_derivatives(shift):
    frame = simulation.purchases(200, np.random.default_rng(2))
    likelihood, theta, step = Likelihood(histories(*columns(frame)), shift), np.log([0.5, 5.0, 0.9, 2.0]), 1e-5
    _, gradient, hessian = likelihood(theta)
    for k, unit in enumerate(np.eye(4) * step):
        high, low = likelihood(theta + unit), likelihood(theta - unit)
        assert gradient[k] == pytest.approx((high[0] - low[0]) / (2 * step), rel=1e-6, abs=1e-5)
        assert hessian[k] == pytest.approx((high[1] - low[1]) / (2 * step), rel=1e-5, abs=1e-4)


parameters = st.tuples(
    *(st.floats(0.05, 8), st.floats(0.3, 60), st.floats(0.05, 6), st.floats(0.05, 12)),
)
histories_drawn = st.integers(0, 80).flatmap(
    lambda x: st.tuples(st.just(x), st.floats(0, 1) if x else st.just(0.0), st.floats(0.5, 200))
)


@settings(max_examples=40, deadline=None)
@given(parameters, histories_drawn, st.floats(0.5, 300), st.sampled_from([0, 1]))
def test_expected_purchases_agree_with_numeric_integration(params, who, weeks, shift):
    x, share, age = who
    model = (BgNbd, MbgNbd)[shift](Params(*params))
    found = model.expected_purchases(customers((x, share * age, age)), weeks)[0]
    slow = oracle.expected(*params, x, share * age, age, weeks, shift)
    assert found == pytest.approx(slow, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    "params", [(0.5, 5, 1.0, 1.5), (0.5, 5, 1.0 + 1e-12, 1.5), (0.4, 5, 0.3, 0.7), (0.4, 5, 0.2, 0.3)]
)
@pytest.mark.parametrize("weeks", [0.0, 1.0, 39.0, 157.0, 5000.0])
def test_expected_purchases_have_no_pole_where_the_textbook_has_one(params, weeks):
    """a = 1, a + b = 1 and a + b < 1 break the printed formula."""
    found = BgNbd(Params(*params)).expected_purchases(customers((0, 0, 10), (3, 8, 10)), weeks)
    slow = [oracle.expected(*params, 0, 0, 10, weeks, 0), oracle.expected(*params, 3, 8, 10, weeks, 0)]
    assert found.to_numpy() == pytest.approx(slow, rel=1e-9 if weeks < 1000 else 1e-4, abs=1e-12)


def test_expected_purchases_agree_with_the_printed_formula():
    rows = [(0, 0, 12), (1, 3, 30), (7, 30, 39), (26, 30.9, 31)]
    slow = [oracle.bg_expected_textbook(*PUBLISHED.values(), *row, 52) for row in rows]
    assert BgNbd(PUBLISHED).expected_purchases(customers(*rows), 52).to_numpy() == pytest.approx(slow, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(parameters, histories_drawn, st.floats(0, 400), st.sampled_from([0, 1]))
def test_probabilities_are_probabilities(params, who, weeks, shift):
    x, share, age = who
    model, frame = (BgNbd, MbgNbd)[shift](Params(*params)), customers((x, share * age, age))
    alive, silent = model.p_alive(frame)[0], model.p_no_purchase(frame, weeks)[0]
    assert 0 <= alive <= 1 and 1 - alive - 1e-12 <= silent <= 1
    assert alive == pytest.approx(oracle.p_alive(*params, x, share * age, age, shift), rel=1e-9, abs=1e-12)
    assert model.p_no_purchase(frame, weeks + 10)[0] <= silent + 1e-12
    assert model.expected_purchases(frame, weeks)[0] >= (1 - silent) * (1 - 1e-9) - 1e-12  # at least one, if any


def test_silence_takes_one_horizon_per_customer():
    model, frame = MbgNbd(Params(0.5, 6, 0.9, 1.6)), customers((0, 0, 10), (3, 8, 10), (3, 8, 10))
    each = model.p_no_purchase(frame, np.array([4.0, 8.0, 26.0]))
    assert each.tolist() == [model.p_no_purchase(frame, weeks)[k] for k, weeks in enumerate((4, 8, 26))]


def test_silence_against_simulated_futures():
    rng = np.random.default_rng(5)
    size, weeks = 400_000, 10.0
    r, alpha, a, b = 0.9, 5.0, 1.2, 2.5
    rate, dropout = rng.gamma(r, 1 / alpha, size), rng.beta(a, b, size)
    first = rng.exponential(1 / rate)
    second = first + np.where(rng.random(size) > dropout, rng.exponential(1 / rate), np.inf)
    seen = (first > 5) & (first < 6) & (second > 12)  # one repeat purchase near week 5.5, then silence to week 12
    found = BgNbd(Params(r, alpha, a, b)).p_no_purchase(customers((1, 5.5, 12)), weeks)[0]
    assert np.mean(second[seen] > 12 + weeks) == pytest.approx(found, abs=4 / np.sqrt(seen.sum()))


@pytest.mark.parametrize(("family", "module", "shift", "likelihood"), FAMILIES)
def test_parameters_are_found_again_in_simulated_data(family, module, shift, likelihood):
    truth = (0.6, 5.0, 0.8, 2.4)
    frame = simulation.purchases(20_000, np.random.default_rng(7), modified=bool(shift))
    fit = module.fit(frame)
    for found, true, error in zip(fit.params.values(), truth, fit.standard_errors, strict=True):
        assert abs(found - true) < 4 * error
    true_forecast = family(Params(*truth)).expected_purchases(frame, 26)
    assert fit.expected_purchases(frame, 26).sum() == pytest.approx(true_forecast.sum(), rel=0.02)


def test_warm_start_ends_at_the_same_place_sooner(cdnow):
    cold = bgnbd.fit(cdnow)
    warm = bgnbd.fit(cdnow, start=Params(*(1.02 * value for value in cold.params.values())))
    assert warm.params.values() == pytest.approx(cold.params.values(), rel=1e-6)
    assert warm.iterations < cold.iterations


def test_the_weak_prior_hardly_moves_a_large_sample(cdnow):
    plain, held = bgnbd.fit(cdnow), bgnbd.fit(cdnow, prior=default_prior(pooled_gap(cdnow)))
    assert held.params.values() == pytest.approx(plain.params.values(), rel=0.02)
    assert -0.01 < held.log_likelihood - plain.log_likelihood < 0
    total = held.expected_purchases(cdnow, 39).sum()
    assert total == pytest.approx(plain.expected_purchases(cdnow, 39).sum(), rel=0.004)


def test_a_tight_prior_holds_the_parameters_where_it_wants_them(cdnow):
    centre = (1.0, 10.0, 2.0, 2.0)
    fit = mbgnbd.fit(cdnow.iloc[:40], prior=Prior.around(centre, tau=0.001))
    assert fit.params.values() == pytest.approx(centre, rel=0.01) and fit.converged


@pytest.mark.parametrize("module", [bgnbd, mbgnbd])
def test_thin_simulated_sets_never_fail_with_the_prior(module):
    rng = np.random.default_rng(9)
    for _ in range(30):
        frame = simulation.purchases(30, rng, modified=module is mbgnbd)
        fit = module.fit(frame, prior=default_prior(pooled_gap(frame)))
        assert fit.converged and max(fit.params.values()) < 1e4
        assert np.isfinite(fit.expected_purchases(frame, 157)).all()


def test_a_likelihood_without_maximum_says_so_and_still_predicts_finite_numbers():
    rng = np.random.default_rng(3)
    age = rng.integers(100, 200, 500).astype(float)
    count = rng.poisson(age / 20)  # one rate for all, nobody leaves
    frame = customers(*zip(count, np.where(count > 0, age * 0.97, 0), age, strict=True))
    plain = bgnbd.fit(frame)
    assert not plain.converged and max(plain.params.values()) > 1e4
    assert np.isfinite(plain.p_alive(frame)).all() and np.isfinite(plain.expected_purchases(frame, 52)).all()
    held = mbgnbd.fit(frame, prior=default_prior(pooled_gap(frame)))
    assert held.converged
    assert held.expected_purchases(frame, 52).sum() == pytest.approx(500 * 52 / 20, rel=0.1)


@pytest.mark.parametrize("module", [bgnbd, mbgnbd])
@pytest.mark.parametrize(
    "rows",
    [
        [(0, 0, 0)],
        [(0, 0, 10)] * 50,
        [(5, 10, 10)] * 20,
        [(0, 0, 0), (0, 0, 1), (1, 1, 1)],
        [(2_000, 300, 300), (0, 0, 300), (1, 2, 300)],
    ],
)
def test_degenerate_customers_have_finite_answers(module, rows):
    frame = customers(*rows)
    fit = module.fit(frame, prior=default_prior(pooled_gap(frame)))
    for answer in (fit.p_alive(frame), fit.expected_purchases(frame, 52), fit.p_no_purchase(frame, 8)):
        assert np.isfinite(answer).all() and (answer >= 0).all()
    assert np.isfinite(fit.discounted_transactions(frame, 0.003)).all()


def test_heavy_buyers_do_not_overflow():
    model = MbgNbd(Params(0.25, 4.4, 0.8, 2.4))
    frame = customers((5_000, 10, 500), (5_000, 499, 500), (5_000, 500, 500))
    alive = model.p_alive(frame)
    assert alive[0] == 0.0 and 0 <= alive[1] <= 1 and alive[2] > 0.999
    assert np.isfinite(model.expected_purchases(frame, 52)).all()


@pytest.mark.parametrize("row", [(-1, 0, 1), (1, 2, 1), (1, -1, 1), (1, np.nan, 1), (np.inf, 1, 1)])
def test_impossible_histories_are_refused(row):
    with pytest.raises(ValueError, match="finite"):
        bgnbd.fit(customers(row))


def test_nobody_to_fit_is_refused():
    with pytest.raises(ValueError, match="no customers"):
        mbgnbd.fit(customers())


def test_answers_keep_the_frames_index_and_arrays_stay_arrays():
    model, frame = BgNbd(PUBLISHED), customers((0, 0, 10), (2, 5, 10)).set_axis(["x", "y"])
    assert list(model.expected_purchases(frame, 10).index) == ["x", "y"]
    assert isinstance(model.p_alive({name: frame[name].to_numpy() for name in frame}), np.ndarray)


@pytest.mark.parametrize(("a", "b"), [(0.8, 2.4), (0.3, 0.7), (2.0, 900.0)])
def test_quadrature_nodes_know_the_moments(a, b):
    nodes, weights = beta_nodes(a, b, 24)
    assert weights.sum() == pytest.approx(1)
    assert weights @ nodes == pytest.approx(a / (a + b), rel=1e-10)
    assert weights @ nodes**2 == pytest.approx(a * (a + 1) / ((a + b) * (a + b + 1)), rel=1e-10)
    nodes, weights = gamma_nodes(a, 24)
    assert weights @ nodes**3 == pytest.approx(a * (a + 1) * (a + 2), rel=1e-10)
