"""The benchmark of the value models: its customers are possible ones, and its verdict says what was missed."""

import numpy as np
import pytest

from crm_site.benchmark import value
from crm_site.benchmark.parts import PARTS
from lifecycle.numerics import bgnbd


def figures(seconds, shift=0.0):
    params = {"BG/NBD": {"r": 0.5 * (1 + shift), "alpha": 6.0}}
    return {"seconds": {"BG/NBD": seconds, "CLV": seconds}, "params": params, "loaded": 1000, "peak": 2048, "sum": 10.0}


def test_simulated_customers_are_possible_and_give_the_parameters_back():
    made = value.customers(20_000, np.random.default_rng(1))
    x, recency, age = made["frequency"], made["recency"], made["age"]
    assert ((recency >= 0) & (recency <= age)).all() and ((x == 0) == (recency == 0)).all()
    assert ((made["monetary"] > 0) == (x > 0)).all() and np.allclose(age * 7, np.round(age * 7))
    fit = bgnbd.fit(made)
    assert fit.params.r == pytest.approx(0.5, abs=0.05) and fit.params.alpha == pytest.approx(6.0, rel=0.15)


def test_the_verdict_names_every_bar():
    measured = {"customers": 10, "ours": figures(0.1), "lifetimes": figures(3.0), "missing": "", "furthest": 1e-7}
    lines, verdict = PARTS["clv"].report(measured)
    assert "| BG/NBD | 3,000.00 | 100.00 | 30.00 |" in lines
    assert verdict.startswith("fit 30.0 x (bar 20): holds; CLV 30.0 x (bar 50): MISSED; same parameters")
    assert value.report(measured | {"lifetimes": figures(3.0, 1e-3)})[1].count("MISSED") == 2


def test_without_lifetimes_our_own_figures_are_kept():
    measured = {"customers": 10, "ours": figures(0.1), "lifetimes": None, "missing": "no network"}
    lines, verdict = value.report(measured)
    assert "| CLV | 100.00 |" in lines and "could not be run here (no network)" in verdict
