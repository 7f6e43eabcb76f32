"""Slow second implementations of the purchase and value models: scalars, textbook formulas, numeric integration."""

import math

from scipy.integrate import quad
from scipy.special import hyp2f1
from scipy.stats import gamma as gamma_distribution


def log_beta(a, b):
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def bg_likelihood(r, alpha, a, b, x, tx, age):
    """FHL 2005, equation 6, one customer."""
    stay = log_beta(a, b + x) - log_beta(a, b) + math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha)
    first = math.exp(stay - (r + x) * math.log(alpha + age))
    if x == 0:
        return math.log(first)
    left = log_beta(a + 1, b + x - 1) - log_beta(a, b) + math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha)
    return math.log(first + math.exp(left - (r + x) * math.log(alpha + tx)))


def mbg_likelihood(r, alpha, a, b, x, tx, age):
    """Batislam et al. 2007: dropout is also possible right after the first purchase."""
    rate = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha)
    stay = math.exp(log_beta(a, b + x + 1) - log_beta(a, b) + rate - (r + x) * math.log(alpha + age))
    left = math.exp(log_beta(a + 1, b + x) - log_beta(a, b) + rate - (r + x) * math.log(alpha + tx))
    return math.log(stay + left)


def p_alive(r, alpha, a, b, x, tx, age, shift):
    if x + shift == 0:
        return 1.0
    return 1.0 / (1.0 + a / (b + x + shift - 1) * ((alpha + age) / (alpha + tx)) ** (r + x))


def bg_expected_textbook(r, alpha, a, b, x, tx, age, weeks):
    """FHL 2005, equation 10, with the hypergeometric function as printed."""
    z = weeks / (alpha + age + weeks)
    ratio = ((alpha + age) / (alpha + age + weeks)) ** (r + x)
    top = (a + b + x - 1) / (a - 1) * (1 - ratio * hyp2f1(r + x, b + x, a + b + x - 1, z))
    return top * p_alive(r, alpha, a, b, x, tx, age, 0)


def expected(r, alpha, a, b, x, tx, age, weeks, shift):
    """E[Y(weeks)] by integrating the dropout probability out numerically."""

    def within(p):
        p = max(p, 1e-300)
        return -math.expm1(-(r + x) * math.log1p(p * weeks / (alpha + age))) / p

    return p_alive(r, alpha, a, b, x, tx, age, shift) * over_dropout(within, a, b + x + shift)


def over_dropout(function, a, b):
    """E[function(p)], p ~ Beta(a, b), by adaptive integration with the density's powers as weights."""
    found = quad(function, 0, 1, weight="alg", wvar=(a - 1, b - 1), limit=200, epsabs=1e-11, epsrel=1e-10)
    return found[0] / math.exp(log_beta(a, b))


def discounted_stream(r, alpha, a, b, x, tx, age, delta, shift):
    """E[lambda / (delta + p lambda)] by adaptive integration, one inside the other."""
    shape, scale = r + x, alpha + age

    power = min(shape, 1.0)  # t = lambda^shape takes the singularity of a gamma density with shape < 1 away

    def stream(t):
        rate = t ** (1 / power)
        inner = over_dropout(lambda p: rate / (delta + p * rate), a, b + x + shift)
        log_density = shape * math.log(scale) - scale * rate - math.lgamma(shape) - math.log(power)
        return math.exp(log_density + (shape - power) * math.log(rate)) * inner

    top = (60.0 + 4 * shape) / scale
    return p_alive(r, alpha, a, b, x, tx, age, shift) * quad(stream, 0, top**power, limit=200, epsrel=1e-7)[0]


def gamma_gamma_likelihood(p, q, v, x, mean):
    """Fader and Hardie 2013, equation 1a, one customer."""
    return (
        math.lgamma(p * x + q)
        - math.lgamma(p * x)
        - math.lgamma(q)
        + q * math.log(v)
        + (p * x - 1) * math.log(mean)
        + p * x * math.log(x)
        - (p * x + q) * math.log(x * mean + v)
    )


def gamma_gamma_expected(p, q, v, x, mean):
    """Posterior mean of a customer's mean value, by integrating the rate nu out numerically."""
    posterior = gamma_distribution(p * x + q, scale=1 / (v + x * mean))
    return quad(lambda nu: p / nu * posterior.pdf(nu), 0, math.inf, limit=400)[0]


def lifetime_value(expected_within, months, discount, weeks_per_month):
    """sum_k (E[Y(t_k)] - E[Y(t_k-1)]) / (1 + d)^k, month by month."""
    total, before = 0.0, 0.0
    for month in range(1, months + 1):
        now = expected_within(month * weeks_per_month)
        total += (now - before) / (1 + discount) ** month
        before = now
    return total
