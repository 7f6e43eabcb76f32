"""Trust-region Newton ascent on log parameters, with log-normal priors: the optimiser of every model here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

FARTHEST = 16.0  # a log parameter out here (8.9 million) is divergence; the ascent stops at this wall


@dataclass(frozen=True)
class Prior:
    """Independent log-normal priors: `centre` are medians on the natural scale, `tau` deviations of the logarithm."""

    centre: tuple[float, ...]
    tau: tuple[float, ...]

    @classmethod
    def around(cls, values: Sequence[float], tau: float = 0.5) -> Self:
        """A prior centred on other parameters (analytics 1.5: a thin segment leans on the whole firm, tau .5)."""
        return cls(tuple(float(value) for value in values), (float(tau),) * len(values))

    def penalty(self, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Log density without its constant, gradient and Hessian at log parameters `theta`."""
        weight = 1.0 / np.square(np.asarray(self.tau))
        away = theta - np.log(self.centre)
        return -0.5 * float(weight @ away**2), -weight * away, np.diag(-weight)


@dataclass(frozen=True)
class Optimum:
    """Where the ascent ended: `theta` in logs, `value`, `gradient` and `hessian` there (all with the prior)."""

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    iterations: int
    converged: bool


Point = tuple[float, np.ndarray, np.ndarray]  # value, gradient, Hessian
Evaluate = Callable[[np.ndarray], Point]


def penalised(evaluate: Evaluate, prior: Prior | None) -> Evaluate:
    """The log likelihood plus the log prior; the likelihood alone without a prior."""
    if prior is None:
        return evaluate

    def posterior(theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        likelihood, penalty = evaluate(theta), prior.penalty(theta)
        return likelihood[0] + penalty[0], likelihood[1] + penalty[1], likelihood[2] + penalty[2]

    return posterior


def ascend(
    evaluate: Evaluate, start: np.ndarray, *, scale: float, limit: int = 100, tolerance: float = 1e-9
) -> Optimum:
    """Maximise `evaluate(theta) -> value, gradient, hessian`.

    `scale` is the number of customers: the gradient counts as zero below `tolerance` per customer. `converged` also
    demands curvature in every direction, because a likelihood that flattens towards infinity has a zero gradient too.
    """
    theta, radius, iterations = np.asarray(start, dtype=float), 1.0, 0
    value, gradient, hessian = evaluate(theta)
    while iterations < limit and radius > 1e-10 and np.abs(gradient).max() > tolerance * scale:
        iterations += 1
        step = _inside(theta, _step(gradient, hessian, radius))
        gain = float(gradient @ step + 0.5 * step @ hessian @ step)
        if gain <= 1e-15 * abs(value):  # nothing left but rounding
            break
        trial = _try(evaluate, theta + step)
        quality, length = (trial[0] - value) / gain, float(np.linalg.norm(step))
        if quality > 1.1 and length > 0.5:  # better than quadratic: a ridge towards infinity, so stride
            step, trial = _stride(evaluate, theta, step, trial)
        if quality > 1e-4:
            theta, (value, gradient, hessian) = theta + step, trial
        if np.abs(theta).max() >= FARTHEST:
            break
        if quality < 0.25:
            radius = 0.25 * length
        elif quality > 0.75:
            radius = max(radius, 2.0 * length)
    flat = np.linalg.eigvalsh(-hessian)[0] <= 1e-8 * scale
    converged = bool(np.abs(gradient).max() <= 1e-6 * scale and not flat)
    if converged:  # the last Newton step costs nothing and squares the error, so that any start ends at the same digits
        theta = _inside_wall(theta + np.linalg.solve(-hessian, gradient))
    return Optimum(theta, value, gradient, hessian, iterations, converged)


def settle(evaluate: Evaluate, optimum: Optimum, digits: int | None) -> Optimum:
    """The optimum with its parameters rounded to so many digits, and everything else evaluated there.

    Fewer digits than the ascent gives: then any start ends at the very same numbers, curvature included.
    """
    if digits is None or not optimum.converged:
        return optimum
    rounded = np.log([float(f"{value:.{digits}g}") for value in np.exp(optimum.theta)])
    value, gradient, hessian = _try(evaluate, rounded)
    if not np.isfinite(value):
        return optimum
    return Optimum(rounded, value, gradient, hessian, optimum.iterations, optimum.converged)


def _inside_wall(theta: np.ndarray) -> np.ndarray:
    return np.clip(theta, -FARTHEST, FARTHEST)


def _inside(theta: np.ndarray, step: np.ndarray) -> np.ndarray:
    """The step, shortened so that no log parameter passes the wall."""
    room = np.where(step > 0, FARTHEST - theta, FARTHEST + theta)
    ratio = np.max(np.abs(step) / np.maximum(room, 1e-12))
    return step / ratio if ratio > 1.0 else step


def _stride(evaluate: Evaluate, theta: np.ndarray, step: np.ndarray, trial: Point) -> tuple[np.ndarray, Point]:
    """Double the step for as long as that climbs."""
    while True:
        longer = _inside(theta, 2.0 * step)
        further = _try(evaluate, theta + longer)
        if not further[0] > trial[0]:
            return step, trial
        step, trial = longer, further


def covariance(optimum: Optimum) -> np.ndarray:
    """Covariance of the log parameters (inverse curvature at the optimum); NaN where the curvature gives none."""
    size = optimum.theta.size
    try:
        found = np.linalg.inv(-optimum.hessian)
    except np.linalg.LinAlgError:
        found = np.full((size, size), np.nan)
    return found if np.all(np.diag(found) > 0) else np.full((size, size), np.nan)


def standard_errors(optimum: Optimum) -> tuple[float, ...]:
    """Standard errors on the natural scale (delta method at the optimum); NaN where the curvature gives none."""
    values = np.exp(optimum.theta)
    try:
        variance = np.diag(np.linalg.inv(-optimum.hessian))
    except np.linalg.LinAlgError:
        variance = np.full(values.size, np.nan)
    usable = np.where(variance > 0, variance, np.nan)
    return tuple(float(error) for error in values * np.sqrt(usable))


def _try(evaluate: Evaluate, theta: np.ndarray) -> Point:
    if np.abs(theta).max() <= FARTHEST + 1e-9:
        result = evaluate(theta)
        if np.isfinite(result[0]) and np.isfinite(result[1]).all() and np.isfinite(result[2]).all():
            return result
    return -np.inf, np.zeros_like(theta), np.zeros((theta.size, theta.size))


def _step(gradient: np.ndarray, hessian: np.ndarray, radius: float) -> np.ndarray:
    """The best step of the quadratic model inside the ball of `radius` (eigenvalues of a 3x3 or 4x4 matrix)."""
    curvature, vectors = np.linalg.eigh(-hessian)
    along = vectors.T @ gradient

    def at(shift: float) -> np.ndarray:
        return along / (curvature + shift)

    if curvature[0] > 0 and np.linalg.norm(at(0.0)) <= radius:
        return vectors @ at(0.0)
    low = max(0.0, -float(curvature[0])) + 1e-12 * (1.0 + float(np.abs(curvature).max()))
    high = low + float(np.linalg.norm(gradient)) / radius
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if np.linalg.norm(at(middle)) > radius else (low, middle)
    return vectors @ at(high)
