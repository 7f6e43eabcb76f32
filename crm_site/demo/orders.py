"""From order days to order lines: what was bought, how much, at which price and cost; and what came back."""

import numpy as np
import pandas as pd

from crm_site.demo.catalogue import DEMAND, LINES, MARGINS, PER_LINE, PRICES, SERVICE
from crm_site.demo.lifecycles import DAYS

MEDIAN_ORDER = {"MICRO": 2_400, "SMALL": 5_600, "MEDIUM": 14_000, "LARGE": 36_000, "GROUP": 90_000}
DISCOUNT = {"MICRO": 0.0, "SMALL": 0.02, "MEDIUM": 0.05, "LARGE": 0.09, "GROUP": 0.13}
BREADTH = {"MICRO": 0.8, "SMALL": 1.3, "MEDIUM": 2.0, "LARGE": 2.8, "GROUP": 3.6}  # further business lines, mean
REFUND_SHARE = 0.012
UNPROFITABLE_SHARE = 0.06


def draw(rng, companies, days, as_of):
    """Order lines: customer, day, order_no, line_no, product (index), category, quantity, amount, cost, service_cost.

    Refunds are negative lines of the same order on a later day.
    """
    orders = days.assign(order_no=_numbers(days, as_of))
    target = _order_values(rng, companies, orders)
    per_order = np.clip(1 + rng.poisson(0.45, len(orders)), 1, 5)
    of = np.repeat(np.arange(len(orders)), per_order)
    lines = orders.loc[of, ["customer", "day", "order_no"]].reset_index(drop=True)
    lines["line_no"] = (np.arange(len(of)) - np.repeat(np.cumsum(per_order) - per_order, per_order) + 1).astype(str)
    category = _categories(rng, companies, lines.customer.to_numpy())
    lines["product"] = category * PER_LINE + rng.integers(PER_LINE, size=len(lines))
    lines["category"] = category
    _price(rng, companies, lines, target[of] / per_order[of] * np.exp(rng.normal(0, 0.35, len(of))))
    return pd.concat([lines, _refunds(rng, lines)], ignore_index=True)


def _numbers(days, as_of):
    """Order numbers as a firm writes them: date and a running number of the day."""
    dates = np.datetime64(as_of, "D") - (DAYS - days.day.to_numpy()).astype("timedelta64[D]")
    text = np.char.replace(np.datetime_as_string(dates, unit="D"), "-", "").astype(object)
    running = days.groupby("day").cumcount().to_numpy() + 1
    return "SO" + text + "-" + pd.Series(running.astype(str)).str.zfill(3).to_numpy(dtype=object)


def _order_values(rng, companies, orders):
    base = np.log(companies.scale.map(MEDIAN_ORDER).to_numpy(float)) + 0.22 * companies.quality.to_numpy()
    own = base + rng.normal(0, 0.45, len(companies))
    who = orders.customer.to_numpy()
    growing = companies.archetype.isin(["growing", "midway", "formation"]).to_numpy()[who]
    falling = (companies.archetype == "declining").to_numpy()[who]
    trend = np.where(growing, 0.7 + 0.6 * orders.age, np.where(falling, 1.2 - 0.6 * orders.age, 1.0))
    return np.exp(own[who] + rng.normal(0, 0.55, len(orders))) * trend


def _categories(rng, companies, who):
    """The business line of every order line: each customer buys from its own few, by its sector's demand."""
    demand = np.array([DEMAND[sector] for sector in companies.industry], dtype=float)
    appeal = np.log(demand) + rng.gumbel(size=demand.shape)
    breadth = companies.scale.map(BREADTH).to_numpy() + 0.5 * np.maximum(companies.quality.to_numpy(), -1)
    chosen = np.clip(1 + rng.poisson(np.maximum(breadth, 0.2)), 1, len(LINES))
    rank = (-appeal).argsort(axis=1).argsort(axis=1)
    weight = np.where(rank < chosen[:, None], demand * rng.gamma(2.0, size=demand.shape) + 0.05, 0)
    cumulated = np.cumsum(weight, axis=1)
    cumulated /= cumulated[:, -1:]
    return (rng.random(len(who))[:, None] > cumulated[who]).sum(axis=1)


def _price(rng, companies, lines, target):
    """Fills quantity, amount, cost and service_cost, money in cents."""
    who, category = lines.customer.to_numpy(), lines.category.to_numpy()
    price = PRICES[lines["product"].to_numpy()]
    quantity = np.clip(np.rint(target / price), 1, None)
    discount = companies.scale.map(DISCOUNT).to_numpy()[who] + np.abs(rng.normal(0, 0.02, len(lines)))
    amount = np.round(quantity * price * (1 - discount), 2)
    effect = 0.02 * companies.quality.to_numpy() + rng.normal(0, 0.03, len(companies))
    effect = np.where(rng.random(len(companies)) < UNPROFITABLE_SHARE, effect - 0.28, effect)
    margin = np.clip(MARGINS[category] + effect[who] + rng.normal(0, 0.03, len(lines)), -0.4, 0.8)
    serving = np.where(category == SERVICE, 0.08, np.where(rng.random(len(lines)) < 0.15, 0.025, 0))
    lines["quantity"] = quantity
    lines["amount"] = amount
    lines["cost"] = np.round(amount * (1 - margin), 2)
    lines["service_cost"] = np.round(amount * serving, 2)


def _refunds(rng, lines):
    """Part of a few lines comes back some days later."""
    back = lines[(rng.random(len(lines)) < REFUND_SHARE) & (lines.category != SERVICE)].copy()
    day = back.day.to_numpy() + rng.integers(4, 40, len(back))
    share = np.where(back.quantity > 1, rng.choice([0.25, 0.5, 1.0], len(back)), 1.0)
    taken = np.maximum(1, np.floor(back.quantity * share))
    part = taken / back.quantity
    back = back.assign(
        day=day, line_no="R" + back.line_no, quantity=-taken, service_cost=0.0,
        amount=-np.round(back.amount * part, 2), cost=-np.round(back.cost * part, 2),
    )  # fmt: skip
    return back[day <= DAYS]
