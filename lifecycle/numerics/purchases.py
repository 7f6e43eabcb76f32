"""Purchases still to come from a customer who is alive: the integrals the two beta-geometric models share.

Given alive, the dropout probability is p ~ Beta(a, c) with c = b + x (+ 1 in the modified model) and the rate is
lambda ~ Gamma(r + x, A) with A = alpha + T. Hence E[Y(t)] = E_p[(1 - (1 + p t / A)^-(r + x)) / p] and the discounted
stream E[lambda / (delta + p lambda)] (analytics 1.1). The first is summed as the Euler-transformed hypergeometric
series, divided through by a - 1 and by its lower parameter so that neither a = 1 nor a + b = 1 is a pole; where that
series is slow or would cancel, and for the second, Gauss quadrature with nodes per distinct x.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg.lapack import dstevd

from customers.numerics.blocks import in_threads

NODES, NODES_FAR = 64, 160  # 1-D, below and above FAR; relative error below 1e-9 up to 300 (alpha + T)
FAR = 30.0  # horizon over (alpha + T)
NODES_SQUARE = 48  # 2-D; 40 are within 2e-5 of a 6,000-week sum (analytics 1.1)
STEEP = 0.9  # series argument from which quadrature is cheaper
BLOCK = 8_192  # pairs per pass: the working arrays stay in the processor's cache
CELLS = 2_000_000  # numbers held at once by a two-dimensional quadrature
CACHED = 32_768  # the same of a one-dimensional one: what is written stays in the cache until it is read


@dataclass(frozen=True)
class Alive:
    """Posterior family of living customers: model parameters and `shift` (0 BG/NBD, 1 MBG/NBD)."""

    r: float
    alpha: float
    a: float
    b: float
    shift: int

    def purchases(self, frequency: np.ndarray, age: np.ndarray, weeks: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """sum_k weights[k] * E[purchases within weeks[k] | alive], one number per (frequency, age) pair."""
        out = np.zeros(frequency.size)
        beyond = self.a + self.b + self.shift - 1.0 - self.r  # upper parameter of the transformed series
        regular = -3.0 <= beyond <= 50.0 and self.a < 50.0
        scale = self.alpha + age
        for horizon, weight in zip(weeks, weights, strict=True):
            z = horizon / (scale + horizon)
            easy = (z <= STEEP) & regular
            if easy.any():
                rows = np.flatnonzero(easy)
                out[rows] += weight * self._series(frequency[rows], z[rows], beyond)
        slow = np.flatnonzero((not regular) | (np.max(weeks, initial=0.0) > STEEP / (1 - STEEP) * scale))
        if slow.size:
            out[slow] += self._quadrature(frequency[slow], scale[slow], weeks, weights, regular)
        return out

    def discounted(self, frequency: np.ndarray, age: np.ndarray, delta: float) -> np.ndarray:
        """E[lambda / (delta + p lambda)] per (frequency, age) pair by two-dimensional Gauss quadrature."""
        out = np.empty(frequency.size)
        for x, rows in by_value(frequency):
            p, p_weight = beta_nodes(self.a, self.b + x + self.shift, NODES_SQUARE)
            u, u_weight = gamma_nodes(self.r + x, NODES_SQUARE)
            step = max(1, CELLS // p.size**2)
            for first in range(0, rows.size, step):
                some = rows[first : first + step]
                rate = delta * (self.alpha + age[some])[:, None, None]
                stream = u[:, None] / (rate + u[:, None] * p)
                out[some] = np.einsum("nij,i,j->n", stream, u_weight, p_weight)
        return out

    def _series(self, frequency: np.ndarray, z: np.ndarray, beyond: float) -> np.ndarray:
        out = np.empty(z.size)
        order = np.argsort(z, kind="stable")  # equal speed of convergence within a block
        for first in range(0, z.size, BLOCK):
            rows = order[first : first + BLOCK]
            out[rows] = _alive_series(self.a, self.b + self.shift, frequency[rows], z[rows], beyond)
        return out

    def _quadrature(
        self, frequency: np.ndarray, scale: np.ndarray, weeks: np.ndarray, weights: np.ndarray, regular: bool
    ) -> np.ndarray:
        """The horizons that the series left out, for these pairs."""
        out = np.zeros(frequency.size)

        def integrate(group: tuple[float, np.ndarray]) -> None:
            x, rows = group
            own, later = scale[rows], np.asarray(weeks)[:, None]
            late = later / (own + later) > STEEP if regular else np.ones((later.size, own.size), dtype=bool)
            far, reach, found = later > FAR * own, later / own, np.zeros(late.shape)
            for size, some in ((NODES, late & ~far), (NODES_FAR, late & far)):
                if some.any():
                    nodes = _nodes(self.a, self.b + x + self.shift, size)
                    found[some] = _integral(self.r + x, reach[some], *nodes)
            for weight, purchases in zip(weights, found, strict=True):
                out[rows] += weight * purchases

        in_threads(integrate, by_value(frequency))
        return out


def _integral(shape: float, reach: np.ndarray, p: np.ndarray, share: np.ndarray) -> np.ndarray:
    """sum_j share_j (1 - (1 + p_j reach)^-shape) / p_j, a bounded number of cells at a time."""
    out, step, weight = np.empty(reach.size), max(1, CACHED // p.size), -share / p
    for first in range(0, reach.size, step):
        inside = p * reach[first : first + step, None]
        np.log1p(inside, out=inside)
        inside *= -shape
        np.expm1(inside, out=inside)
        out[first : first + step] = np.einsum("nj,j->n", inside, weight)
    return out


def _alive_series(a: float, b: float, frequency: np.ndarray, z: np.ndarray, beyond: float) -> np.ndarray:
    """E[Y(t) | alive] with z = t / (alpha + T + t): -C expm1(e L)/e - (1-z)^e sum_k (beyond)_k (a)_{k-1} z^k / ..."""
    excess, log_rest = a - 1.0, np.log1p(-z)
    lower = a + b + frequency  # the series' lower parameter plus one
    power = np.exp(excess * log_rest)
    ratio = log_rest if excess == 0 else np.expm1(excess * log_rest) / excess
    term, noise, rising = beyond * z, 1e-17 * z, lower.copy()
    total, factor = term.copy(), np.empty_like(z)
    for k in range(1, 2_000):
        np.divide(z, rising, out=factor)
        rising += 1.0
        factor *= (beyond + k) * (a + k - 1.0) / (k + 1.0)
        term *= factor
        total += term
        if k % 8 == 0 and (np.abs(term) <= 1e-16 * np.abs(total) + noise).all():
            break
    return -(lower - 1.0) * ratio - power * total


def beta_nodes(a: float, b: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes in (0, 1) and weights (summing to 1) for the Beta(a, b) distribution (Golub and Welsch)."""
    n = np.arange(1, size, dtype=float)
    both = 2.0 * n + a + b - 2.0
    diagonal = np.empty(size)
    diagonal[0] = a / (a + b)
    diagonal[1:] = 0.5 + 0.5 * (a - b) * (a + b - 2.0) / (both * (both + 2.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        square = n * (n + b - 1.0) * (n + a - 1.0) * (n + a + b - 2.0) / (both**2 * (both + 1.0) * (both - 1.0))
    square[0] = a * b / ((a + b) ** 2 * (a + b + 1.0))  # the general form is 0/0 at a + b = 1
    values, weights = _gauss(diagonal, np.sqrt(square))
    return np.clip(values, 1e-300, 1.0), weights


@lru_cache(maxsize=1_024)
def _nodes(a: float, b: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """`beta_nodes` kept: purchases of a year and of the horizon of value are asked with the same ones."""
    return beta_nodes(a, b, size)


def gamma_nodes(shape: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes and weights (summing to 1) for the Gamma(shape, 1) distribution (generalised Laguerre)."""
    n = np.arange(size, dtype=float)
    values, weights = _gauss(2.0 * n + shape, np.sqrt(n[1:] * (n[1:] + shape - 1.0)))
    return np.clip(values, 1e-300, None), weights


def _gauss(diagonal: np.ndarray, beside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of a Jacobi matrix: what scipy.linalg.eigh_tridiagonal calls, without its checks, which take
    several times as long as a small matrix itself."""
    values, vectors, info = dstevd(diagonal, beside)
    if info or not np.isfinite(values).all():
        raise np.linalg.LinAlgError("the nodes of a quadrature could not be found")
    return values, vectors[0] ** 2


def by_value(column: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Every distinct value with the rows that have it."""
    order = np.argsort(column, kind="stable")
    values, starts = np.unique(column[order], return_index=True)
    return list(zip(values.tolist(), np.split(order, starts[1:]), strict=True))
