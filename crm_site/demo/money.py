"""Facts of money: service costs, contracts with commitments, receivables with late payers."""

import numpy as np
import pandas as pd

from crm_site.demo.lifecycles import DAYS
from crm_site.demo.summary import some

PROMISES = [
    (True, "四小时内到场抢修"), (True, "每季度巡检一次并出具报告"), (True, "备件库存保证三年"),
    (True, "指定专属项目经理"), (False, "年度采购不低于约定金额"), (False, "新建项目优先邀请投标"),
]  # fmt: skip
TITLES = ["年度运维框架合同", "设备质保合同", "系统集成框架协议", "平台软件订阅合同"]
LATE_SHARE, BAD_SHARE = 0.12, 0.02


def service_costs(rng, summary):
    """Service cost apart from order lines: customer, day, amount, note; a few visits a year for most buyers."""
    buyers = some(rng, (summary.orders >= 2).to_numpy(), 0.75)
    visits = 1 + rng.poisson(summary.orders.to_numpy()[buyers] / 8)
    who = np.repeat(buyers, visits)
    first, last = summary["first"].to_numpy()[who], summary["last"].to_numpy()[who]
    year = np.maximum(summary.amount.to_numpy()[who], 0)
    size = np.exp(rng.normal(5.8, 0.7, len(who)) + 0.3 * np.log1p(year / 50_000))
    return pd.DataFrame(
        {
            "customer": who,
            "day": np.minimum(first + rng.random(len(who)) * (last - first + 20), DAYS).astype(int),
            "amount": np.round(size, 2),
            "note": rng.choice(["现场巡检", "远程支持", "抢修出勤", "驻场补贴", "培训"], len(who)).astype(object),
        }
    )


def contracts(rng, summary):
    """Frame contracts: customer, number, title, start, end (days, may lie after DAYS), amount, is_subscription."""
    steady = ((summary.orders >= 5) & ~summary.left).to_numpy()
    gone = ((summary.orders >= 5) & summary.left).to_numpy()
    who = np.concatenate([some(rng, steady, 0.4), some(rng, gone, 0.25)])
    start = summary["first"].to_numpy()[who] + rng.integers(10, 120, len(who))
    years = rng.choice([1, 2, 3, 5], len(who), p=[0.4, 0.3, 0.22, 0.08])
    kind = rng.integers(len(TITLES), size=len(who))
    return pd.DataFrame(
        {
            "customer": who,
            "number": [f"HT{number:05d}" for number in range(1, len(who) + 1)],
            "title": np.asarray(TITLES, dtype=object)[kind],
            "start": np.minimum(start, DAYS - 1).astype(int),
            "end": (np.minimum(start, DAYS - 1) + 365 * years - 1).astype(int),
            "amount": np.round(
                np.maximum(summary.amount.to_numpy()[who], 20_000) * years * rng.uniform(0.3, 0.9, len(who)), -2
            ),
            "is_subscription": (kind == len(TITLES) - 1) & ~summary.left.to_numpy()[who],
        }
    )


def commitments(rng, contracts):
    """Promises in contracts: customer, contract (position), ours, text, due, fulfilled (day or NaN)."""
    each = rng.integers(1, 4, len(contracts))
    of = np.repeat(np.arange(len(contracts)), each)
    which = (np.arange(len(of)) + rng.integers(len(PROMISES), size=len(contracts))[of]) % len(PROMISES)
    start, end = contracts.start.to_numpy()[of], contracts.end.to_numpy()[of]
    due = (start + rng.uniform(0.2, 1.0, len(of)) * (end - start)).astype(int)
    kept = (due < DAYS) & (rng.random(len(of)) < 0.88)
    return pd.DataFrame(
        {
            "customer": contracts.customer.to_numpy()[of],
            "contract": of,
            "ours": [PROMISES[index][0] for index in which],
            "text": [PROMISES[index][1] for index in which],
            "due": due,
            "fulfilled": np.where(kept, due - rng.integers(0, 12, len(of)), np.nan),
        }
    )


def payers(rng, summary):
    """How each customer pays: 0 in time, 1 late, 2 badly; poor quality pays later."""
    odds = np.clip(1 - 0.5 * summary.quality.to_numpy(), 0.2, 2.5)
    draw = rng.random(len(summary))
    return np.where(draw < BAD_SHARE * odds, 2, np.where(draw < (LATE_SHARE + BAD_SHARE) * odds, 1, 0))


def receivables(rng, summary, lines, payer):
    """Invoices of the larger orders of two years: customer, number, issued, due, amount, paid (day or NaN)."""
    orders = lines[lines.quantity > 0].groupby("order_no", sort=True, as_index=False)
    orders = orders.agg(customer=("customer", "first"), day=("day", "first"), amount=("amount", "sum"))
    invoiced = orders[(orders.day > DAYS - 730) & (orders.amount >= 3_000) & (rng.random(len(orders)) < 0.5)]
    who = invoiced.customer.to_numpy()
    due = invoiced.day.to_numpy() + rng.choice([30, 45, 60], len(invoiced))
    habit = payer[who]
    late = np.select([habit == 2, habit == 1], [rng.uniform(40, 260, len(due)), rng.uniform(-5, 55, len(due))], 0)
    late = np.where(habit == 0, rng.uniform(-25, 1, len(due)), late)
    paid = np.maximum(due + late, invoiced.day.to_numpy()).astype(int)
    return pd.DataFrame(
        {
            "customer": who,
            "number": "FP" + invoiced.order_no.str[2:].to_numpy(dtype=object),
            "issued": invoiced.day.to_numpy(),
            "due": due,
            "amount": np.round(invoiced.amount.to_numpy(), 2),
            "paid": np.where(paid > DAYS, np.nan, paid),
        }
    )
