"""Mean, spread and lifetime of what a living customer still buys: the moments behind the interval of a lifetime value.

Given rate lambda and dropout probability p a living customer buys at rate lambda while it lives and leaves at rate
lambda p. With discount delta per week, c = delta + lambda p, horizon H and A(k) = (1 - e^(-k H)) / k, the discounted
number of purchases D has
mean lambda A(c), second moment E[sum of squared discounts] + 2 lambda^2 (1 - p) (A(c + delta) - e^(-c H) A(delta)) / c,
squares lambda A(c + delta), and the discounted time alive is A(c). Averaged over the posterior of (lambda, p) by Gauss
quadrature; without a horizon the exponentials vanish.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from lifecycle.numerics.purchases import Alive, beta_nodes, by_value, gamma_nodes

NODES, NODES_ENDLESS = 8, 24  # a side: within 1e-4 of 64 nodes over three years, 2e-3 without a horizon
NODES_SLOPE = 6
CELLS = 200_000
SLOWEST = 1e-6  # a discount rate of zero is treated as this a week
Cells = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class Moments:
    """Per (frequency, age) pair, given alive: E[D], E[D^2], E[sum of squared discounts], weeks alive, plain and
    discounted."""

    mean: np.ndarray
    second: np.ndarray
    squares: np.ndarray
    life: np.ndarray
    life_discounted: np.ndarray


def moments(family: Alive, frequency: np.ndarray, age: np.ndarray, delta: float, weeks: float) -> Moments:
    """All five at once; `weeks` may be infinite, then `life` is the time within a thousand years."""
    delta = max(delta, SLOWEST)

    def cells(rate: np.ndarray, leave: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, ...]:
        both = delta + leave
        gone = np.exp(-both * weeks)
        within, twice = (1.0 - gone) / both, _annuity(both + delta, weeks)
        squares = rate * twice
        second = squares + 2.0 * rate**2 * (1.0 - p) * (twice - gone * _annuity(delta, weeks)) / both
        return rate * within, second, squares, _annuity(leave, min(weeks, 52_000.0)), within

    size = NODES_ENDLESS if np.isinf(weeks) else NODES
    return Moments(*_average([family], frequency, age, size, cells, 5)[0])


def mean_only(
    families: Sequence[Alive], frequency: np.ndarray, age: np.ndarray, delta: float, weeks: float
) -> np.ndarray:
    """E[D] given alive, a row per family, with fewer nodes: good enough for the difference of two."""
    delta = max(delta, SLOWEST)

    def cells(rate: np.ndarray, leave: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, ...]:
        return (rate * _annuity(delta + leave, weeks),)

    return _average(families, frequency, age, NODES_SLOPE, cells, 1)[:, 0]


def _annuity(rate, weeks):
    """(1 - e^(-rate weeks)) / rate, also for a rate of next to nothing."""
    rate = np.maximum(rate, 1e-12)
    return -np.expm1(-rate * weeks) / rate


def _average(
    families: Sequence[Alive], frequency: np.ndarray, age: np.ndarray, size: int, cells: Cells, outputs: int
) -> np.ndarray:
    """Posterior means of what `cells(rate, leaving rate, p)` answers: families x outputs x pairs.

    Families that differ in one parameter share the nodes of the others.
    """
    out = np.empty((len(families), outputs, frequency.size))
    for x, rows in by_value(frequency):
        beta, gamma = cache(partial(beta_nodes, size=size)), cache(partial(gamma_nodes, size=size))
        for answers, family in zip(out, families, strict=True):
            p, p_weight = beta(family.a, family.b + x + family.shift)
            u, u_weight = gamma(family.r + x)
            weight = np.outer(u_weight, p_weight).ravel()
            dropout = np.tile(p, size)
            draws = np.repeat(u, size)
            step = max(1, CELLS // weight.size)
            for first in range(0, rows.size, step):
                some = rows[first : first + step]
                rate = draws / (family.alpha + age[some])[:, None]
                for k, answer in enumerate(cells(rate, rate * dropout, dropout)):
                    answers[k, some] = answer @ weight
    return out
