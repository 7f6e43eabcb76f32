"""The night's step of cross-selling: switching costs for everybody, and the offers once a night is published."""

from functools import cached_property

import numpy as np
import pandas as pd

from customers.copying import NO_DAY
from customers.vocabulary import NightOrigin, Tier
from retention import frames
from retention.models.losses import care_policy
from retention.numerics import facts, selling
from retention.publish_selling import write_offers

YEAR = 365
WARM = [Tier.FRIEND.value, Tier.PARTNER.value]  # to whom other categories are offered (K24)
TOLD = 40  # of the strongest pairs, for the page


def of(book):
    """Columns of Standing (products, switching_cost), and the offers for the publication."""
    ids = book.customers["customer_id"].to_numpy()
    held = frames.read_holdings(book.as_of, ids, book.categories)
    products = np.bincount(held.product_rows, minlength=len(ids))
    lines = np.bincount(held.category_rows, minlength=len(ids))
    count = np.where(products > 0, products, lines)  # a firm without product codes still has categories
    left = facts.numbers(book.customers, "contract_days_left")
    policy = care_policy()
    bonds = frames.structural_bonds(book.as_of, ids)
    cost = selling.switching_cost(count, bonds, left, enough=policy.enough_products)
    columns = pd.DataFrame(
        {"products": np.where(count > 0, count, NO_DAY), "switching_cost": cost}, index=book.customers.index
    )
    return columns, Offers(book, held, policy)


class Offers:
    """The offers of a night: reckoned when asked for, written when it is published."""

    def __init__(self, book, held, policy):
        self.book, self.held, self.policy = book, held, policy

    @cached_property
    def reckoned(self):
        """See `offers_of`."""
        return offers_of(self.book, self.held, self.policy)

    def prepare(self, night):
        """Reckon ahead of the publication."""
        if night.origin != NightOrigin.REPLAY.value:
            self.reckoned  # noqa: B018 - worked out once, kept

    def publish(self, night):
        """Write them; a replay leaves today's alone."""
        if night.origin == NightOrigin.REPLAY.value:
            return {}
        return write_offers(night, *self.reckoned)


def offers_of(book, held, policy):
    """Columns of the offers by customer position, and the report of the page; thresholds by the care policy."""
    known = book.customers
    n = len(known)
    product, category = (
        selling.holdings(held.product_rows, held.product_columns, n, len(held.products)),
        selling.holdings(held.category_rows, held.category_columns, n, len(held.categories)),
    )
    tier = np.asarray(facts.texts(known, "tier"), dtype=object)
    warm = np.isin(tier, WARM)
    by_product, by_category = (selling.pairs(matrix, policy.pair_support) for matrix in (product, category))
    alike = held.category_of[by_product.a] == held.category_of[by_product.b]
    similar = selling.best(product, _only(by_product, alike), ~warm, policy.pair_lift)
    other = selling.best(category, by_category, warm, policy.pair_lift)
    space, share, size = selling.white_space(category, _groups(known), policy.look_alikes)
    products, categories = np.append(held.products, 0), np.append(held.categories, 0)  # -1 names the 0 at the end
    pick = lambda a, b: np.where(warm, a, b)  # noqa: E731 - the one rule of all columns
    columns = {
        "customer_id": ("id", known["customer_id"].to_numpy()),
        "same_category": ("bool", ~warm),
        "product": ("id", np.where(warm, 0, products[similar.item])),
        "category": ("id", np.where(warm, categories[other.item], 0)),
        "because": ("id", pick(categories[other.because], products[similar.because])),
        "lift": ("float", pick(other.lift, similar.lift)),
        "confidence": ("float", pick(other.confidence, similar.confidence)),
        "together": ("int", np.nan_to_num(pick(other.both, similar.both), nan=NO_DAY).astype("i8")),
        "space": ("id", categories[space]),
        "space_share": ("float", share),
        "look_alikes": ("int", np.where(space >= 0, size, NO_DAY)),
        "held_back": ("text", _held_back(known, product.getnnz(axis=1))),
    }
    found = (pick(other.item, similar.item) >= 0) | (space >= 0)
    columns = {name: (kind, values[found]) for name, (kind, values) in columns.items()}
    return columns, _report(book, held, by_product, by_category)


def _only(found, keep):
    return selling.Pairs(found.a[keep], found.b[keep], found.both[keep], found.confidence[keep], found.lift[keep])


def _groups(known):
    """Look-alikes: same industry and same scale; -1 where either is unknown."""
    industry, scale = facts.texts(known, "industry"), facts.texts(known, "scale")
    width = len(scale.categories) + 1
    return np.where((industry.codes < 0) | (scale.codes < 0), -1, industry.codes.astype("i8") * width + scale.codes)


def _held_back(known, products):
    """Why nothing should be offered now: restricted, a complaint waits, or buying across lines at a loss (K25)."""
    profit = facts.numbers(known, "profit_12m")
    restricted = known["restricted"].to_numpy(dtype=bool) | known["exited"].to_numpy(dtype=bool)
    waiting = np.nan_to_num(facts.numbers(known, "cases_overdue")) > 0
    return np.select(
        [restricted, waiting, (profit < 0) & (products >= 2)], ["RESTRICTED", "COMPLAINT", "UNPROFITABLE"], default=""
    ).astype(object)


def _report(book, held, by_product, by_category):
    then = book.as_of.toordinal() - YEAR
    first, last = (facts.ordinals(book.customers, name) for name in ("first_day", "last_day"))
    base = (first <= then) & (last > then - YEAR)
    before = np.bincount(held.product_rows[held.product_first <= then], minlength=len(base))
    if not len(held.products):
        before = np.bincount(held.category_rows[held.category_first <= then], minlength=len(base))
    churn = selling.churn_by_count(before[base], (last <= then)[base])
    return {
        "churn": churn,
        "products": _strongest(by_product, held.products),
        "categories": _strongest(by_category, held.categories),
    }


def _strongest(found, items):
    order = np.lexsort((-found.both, -found.lift))[:TOLD]
    columns = (items[found.a], items[found.b], found.both, found.confidence, found.lift)
    kinds = (int, int, int, float, float)
    rows = zip(*(values[order] for values in columns), strict=True)
    return [[kind(value) for kind, value in zip(kinds, row, strict=True)] for row in rows]
