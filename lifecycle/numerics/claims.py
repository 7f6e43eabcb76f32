"""The headline claims of the texts, measured on a firm's own customers, and the revenue identity with its levers.

Pure functions; shares are of one. What the data cannot tell is NaN. None of these enters a score: claims are quoted,
measured beside, and never computed with (K02, R06).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lifecycle.numerics.clv import retention_formula, revenue_identity

NAN = float("nan")
LOYAL_DAYS = 730  # customers for two years and still buying count as loyal


@dataclass(frozen=True)
class Inputs:
    """The five inputs of sales = (new + existing x retention) x usage x price (text 001, L33), of one year.

    new: customers who bought this year and not the year before; existing: those of the year before; retention: the
    share of them who bought again; usage: purchase days per buying customer; price: amount per purchase day.
    """

    new: float
    existing: float
    retention: float
    usage: float
    price: float

    @property
    def sales(self) -> float:
        """What the identity gives."""
        return float(revenue_identity(self.new, self.existing, self.retention, self.usage, self.price))

    @property
    def users(self) -> float:
        """Customers who buy."""
        return self.new + self.existing * self.retention


def inputs(years: pd.DataFrame) -> Inputs:
    """The five inputs from purchases of two years; the identity then gives the year's amount exactly.

    years: one row per customer: bought, bought_prev (purchase days of the last year and of the one before), amount.
    """
    now, then = (years[name].to_numpy("f8") > 0 for name in ("bought", "bought_prev"))
    existing, kept, days = float(then.sum()), float((now & then).sum()), float(years["bought"].sum())
    amount = float(years["amount"].sum())
    users = float(now.sum())
    return Inputs(
        new=users - kept,
        existing=existing,
        retention=kept / existing if existing else 0.0,
        usage=days / users if users else 0.0,
        price=amount / days if days else 0.0,
    )


def levers(start: Inputs, step: float = 0.05) -> dict[str, float]:
    """Change of sales when one input rises alone: by `step` of itself, retention by `step` points (at most to 1)."""
    better = {
        "retention": replace(start, retention=min(start.retention + step, 1.0)),
        "new": replace(start, new=start.new * (1.0 + step)),
        "existing": replace(start, existing=start.existing * (1.0 + step)),
        "usage": replace(start, usage=start.usage * (1.0 + step)),
        "price": replace(start, price=start.price * (1.0 + step)),
    }
    return {name: changed.sales - start.sales for name, changed in better.items()}


def split(before: tuple[float, float, float], after: tuple[float, float, float]) -> tuple[float, float, float]:
    """How much of a change of users x usage x price each factor made: logarithmic mean weights, exact in sum.

    NaN where a factor is zero on one side.
    """
    whole = [float(np.prod(side)) for side in (before, after)]
    if min(*before, *after) <= 0.0:
        return NAN, NAN, NAN
    weight = whole[0] if np.isclose(*whole, rtol=1e-12) else (whole[1] - whole[0]) / np.log(whole[1] / whole[0])
    return tuple(float(weight * np.log(b / a)) for a, b in zip(before, after, strict=True))


def retention_effect(retention: float, points: float, discount: float) -> float:
    """Relative rise of the profit expected from a customer when yearly retention rises by `points` (of one).

    Present value of a constant yearly margin by the retention formula, the first payment now, without end; above a
    retention of one there is nothing to gain. For example .80 -> .85 at 10 %: 300 / 250 of m (1+d)/(1+d-r) = +20 %.
    """
    higher = min(retention + points, 1.0 if discount > 0 else 1.0 - 1e-9)
    before, after = (retention_formula(1.0, rate, discount, first_now=True) for rate in (retention, higher))
    return float(after / before - 1.0)


def projection(churn: float, years: int = 5) -> list[float]:
    """Share of today's customers left after 0..years without new ones: (1 - churn)^t; a third a year leaves .1317."""
    return [(1.0 - churn) ** t for t in range(years + 1)]


def top_share(profit: np.ndarray, share: float = 0.2) -> float:
    """Share of the total that the best `share` of the customers bring (at least one); NaN without a positive total."""
    total = profit.sum()
    if total <= 0 or not profit.size:
        return NAN
    best = max(1, int(np.ceil(share * profit.size - 1e-9)))
    return float(np.sort(profit)[::-1][:best].sum() / total)


def concentration(profit: np.ndarray, points: int = 40) -> list[tuple[float, float]]:
    """The curve behind it: (share of customers, share of profit), best customers first."""
    total = profit.sum()
    if total <= 0 or not profit.size:
        return []
    gained = np.concatenate([[0.0], np.cumsum(np.sort(profit)[::-1]) / total])
    at = np.unique(np.linspace(0, profit.size, points + 1).astype(int))
    return [(float(k / profit.size), float(gained[k])) for k in at]


def returning_share(years: pd.DataFrame) -> float:
    """Share of the year's profit that customers bring who had bought before the year began."""
    profit = years["profit"].to_numpy("f8")
    total = profit.sum()
    return float(profit[years["returning"].to_numpy(bool)].sum() / total) if total > 0 else NAN


def loyal_ratio(years: pd.DataFrame) -> float:
    """Mean amount a year of buying customers of two years and more, over that of the other buying customers."""
    amount, buys = years["amount"].to_numpy("f8"), years["bought"].to_numpy("f8") > 0
    loyal = buys & (years["tenure"].to_numpy("f8") >= LOYAL_DAYS)
    rest = buys & ~loyal
    if not loyal.any() or not rest.any() or amount[rest].mean() <= 0:
        return NAN
    return float(amount[loyal].mean() / amount[rest].mean())


def loss_equivalent(years: pd.DataFrame) -> float:
    """New customers needed to make up for one lost: mean profit of a lost one's last year over that of a new one."""
    now, then = (years[name].to_numpy("f8") > 0 for name in ("bought", "bought_prev"))
    lost, new = then & ~now, now & ~then
    if not lost.any() or not new.any():
        return NAN
    worth = years["profit"].to_numpy("f8")[new].mean()
    return float(years["profit_prev"].to_numpy("f8")[lost].mean() / worth) if worth > 0 else NAN


def churn_by_products(years: pd.DataFrame) -> list[tuple[int, int, float]]:
    """(number of categories by the year's beginning, customers, share lost) for 1, 2, 3 and 4 or more."""
    then, now = years["bought_prev"].to_numpy("f8") > 0, years["bought"].to_numpy("f8") > 0
    number = np.minimum(years["categories"].to_numpy("f8"), 4)
    found = []
    for count in range(1, 5):
        rows = then & (number == count)
        if rows.any():
            found.append((count, int(rows.sum()), float((~now[rows]).mean())))
    return found
