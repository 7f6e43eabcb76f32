"""The whole demo as plain frames, before any database: the same numbers give the same world."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_site.demo import companies, facts, lifecycles, money, orders, summary

MANAGER_SHARES = (0.1, 0.19, 0.18, 0.18, 0.17, 0.16, 0.02)  # the last: nobody's


@dataclass(frozen=True)
class World:
    """Frames that refer to customers by position; days count from 0 (three years before as_of) to lifecycles.DAYS.

    companies also carries owner (index of the manager, -1: nobody), tier, payer (0 in time, 1 late, 2 badly), exited.
    """

    as_of: object
    companies: pd.DataFrame
    lines: pd.DataFrame
    service_costs: pd.DataFrame
    contracts: pd.DataFrame
    commitments: pd.DataFrame
    receivables: pd.DataFrame
    contacts: pd.DataFrame
    interactions: pd.DataFrame
    cases: pd.DataFrame
    suggestions: pd.DataFrame
    referrals: pd.DataFrame
    surveys: pd.DataFrame
    tier_changes: pd.DataFrame
    expert_scores: pd.DataFrame

    def counts(self):
        """Rows per frame."""
        return {name: len(frame) for name, frame in vars(self).items() if isinstance(frame, pd.DataFrame)}


def generate(customers, seed, as_of):
    """The world of `customers` customers on the evening of `as_of`: pure, deterministic in its three arguments."""
    rng = np.random.default_rng([seed, customers])
    firms = companies.draw(rng, customers)
    lines = orders.draw(rng, firms, lifecycles.draw(rng, firms, as_of), as_of)
    about = summary.of(firms, lines)
    answers = facts.surveys(rng, about)
    tier, changes = facts.tiers(rng, about, answers)
    payer = money.payers(rng, about)
    contracts = money.contracts(rng, about)
    firms = firms.assign(tier=tier, payer=payer, **_attributes(rng, about, payer))
    cases = _one_open_complaint(facts.cases(rng, about), firms)
    return World(
        as_of, firms, lines, money.service_costs(rng, about), contracts, money.commitments(rng, contracts),
        money.receivables(rng, about, lines, payer), facts.contacts(rng, about), facts.interactions(rng, about), cases,
        facts.suggestions(rng, about), facts.referrals(rng, about), answers, changes, facts.expert_scores(rng, about),
    )  # fmt: skip


def _attributes(rng, about, payer):
    size = np.maximum(about.amount.to_numpy(), 5_000)
    known = rng.random(len(about)) < 0.6
    demand = np.where(known, np.round(size * rng.uniform(1.05, 3.5, len(about)), -3), np.nan)
    gone = np.flatnonzero((about.left & (about.silence > 300)).to_numpy())
    first = about["first"].fillna(lifecycles.DAYS - 60).to_numpy()
    return {
        "owner": _owners(about.archetype),
        "first_contact": (first - rng.integers(5, 90, len(about))).astype(int),
        "category_demand": demand,
        "spending_capacity": np.round(demand * rng.uniform(1.5, 6, len(about)), -3),
        "influence": np.where(rng.random(len(about)) < 0.3, rng.beta(2, 4, len(about)).round(2), np.nan),
        "exited": np.isin(np.arange(len(about)), gone[::12]),
        "restricted": payer == 2,
    }


def _owners(archetype):
    """The manager of each customer; within an archetype in turn, so that everybody meets all of them."""
    shares = np.cumsum(MANAGER_SHARES)
    turn = archetype.groupby(archetype).cumcount().to_numpy()
    golden = turn * 0.6180339887498949 % 1  # spreads any number of turns evenly
    owner = np.searchsorted(shares, golden, side="right")
    return np.where(owner >= len(shares) - 1, -1, owner)


def _one_open_complaint(cases, firms):
    """The first manager has exactly one open complaint, answered neither in time nor since."""
    mine = firms.owner.to_numpy()[cases.customer] == 0
    cases = cases.copy()
    cases.loc[mine & (cases.state == "OPEN"), ["state", "answered"]] = ["ANSWERED", np.nan]
    cases.loc[cases.answered.isna() & (cases.state != "OPEN"), "answered"] = cases.day
    cases.loc[cases.answered.notna() & (cases.answer == ""), "answer"] = "已电话答复。"
    steady = np.flatnonzero((firms.owner == 0) & firms.archetype.isin(["stable", "growing", "declining"]))
    if not len(steady):
        return cases
    day = lifecycles.DAYS - 6
    complaint = {
        "customer": steady[0], "kind": "COMPLAINT", "subject": "抢修响应太慢", "day": day, "due": day + 5,
        "text": "报修后超过八小时才到场，影响值班。", "answered": np.nan, "answer": "", "state": "OPEN",
        "cause": "", "sub_cause": "",
    }  # fmt: skip
    return pd.concat([cases, pd.DataFrame([complaint])], ignore_index=True)
