"""The retention wing's step of the night: which templates fire for whom; the tasks follow in the publication."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from customers.book import Verdict
from customers.models import TierTarget
from customers.vocabulary import TaskCategory
from retention import frames
from retention.losses import verdicts as losing
from retention.models import TaskTemplate, VisitCadence, WorkPolicy
from retention.numerics import facts, holdout, planning, triggers
from retention.publish import sync_tasks
from retention.selectors import budget_of
from retention.selling import verdicts as selling


def assess(book):
    """Losing, parting, and the work to be raised when the night is published."""
    book = replace(book, customers=facts.coded(book.customers))
    leaving, suggest_exits = losing.of(book)
    held, offers = selling.of(book)
    columns = pd.concat([leaving, held], axis=1)
    rules, warnings = load_rules()
    work = Work(rules, book)
    return Verdict(
        columns=columns,
        meanwhile=(work.prepare, offers.prepare),
        on_publish=(work.sync, suggest_exits, offers.publish),
        warnings=tuple(warnings),
        summary=work.summary,
    )


class Work:
    """The work of a night: what fires is found when asked for, the tasks follow in the publication."""

    def __init__(self, rules, book):
        self.rules, self.book, self.summary = rules, book, {}

    @cached_property
    def candidates(self):
        """See `candidates_of`; how often each rule fires goes into the summary."""
        found = candidates_of(self.rules, self.book)
        fired = np.bincount(found.rule, minlength=len(self.rules)) if self.rules else []
        self.summary["fired"] = {rule.code: int(count) for rule, count in zip(self.rules, fired, strict=True)}
        return found

    def prepare(self, _night):
        """Find what fires ahead of the publication."""
        self.candidates  # noqa: B018 - worked out once, kept

    def sync(self, night):
        """Bring the tasks in line."""
        return sync_tasks(night, self.candidates)


def candidates_of(rules, book, limits=None):
    """Everything that fires on this book, best first."""
    return planning.propose(rules, facts_of(rules, book), limits or load_limits(book.as_of))


def facts_of(rules, book):
    """The book's customers with what the rules ask beyond it: read only where a rule asks for it."""
    known, day = book.customers, book.as_of
    ids = known["customer_id"].to_numpy()
    asked = {condition.field for rule in rules for condition in triggers.validate(rule.trigger)}
    readers = {
        "care_post_days": frames.care_days, "last_visit_days": frames.visit_days, "contacts": frames.contacts,
        "loss_cause": frames.loss_causes,
    }  # fmt: skip
    needs = {"care_post_days": {"care_post_days", "uncared_order"}}
    more = {
        name: read(day, ids)
        for name, read in readers.items()
        if name not in known.columns and asked & needs.get(name, {name})
    }
    if "newest_category_days" in asked:
        newest = book.categories.newest(len(book))
        more["newest_category_days"] = np.where(newest > 0, day.toordinal() - newest, np.nan)
    if "done_before" in asked:
        more |= frames.work_done(day, ids, sorted(triggers.works_named(rule.trigger for rule in rules)))
    if more:
        known = known.assign(**more)
    size = book.firm.get("size", "")
    return facts.derive(known, day.toordinal(), size, load_cadences(), load_targets(size))


def load_cadences():
    """Days between contacts by (tier, level)."""
    return {(row.tier, row.level): row.days for row in VisitCadence.objects.exclude(days=None)}


def load_targets(size):
    """The target band of each tier for a firm of this size, as shares of one."""
    return {row.tier: (row.low / 100, row.high / 100) for row in TierTarget.objects.filter(firm_size=size or "SMALL")}


def load_limits(as_of):
    """How much the night may put on people's desks, by the work policy."""
    policy = WorkPolicy.objects.filter(pk=1).first() or WorkPolicy(pk=1)
    bound = budget_of(policy, as_of) if policy.budget_holds else None
    return planning.Limits(
        desk=(
            policy.desk_develop, policy.desk_care, policy.desk_prevent, policy.desk_win_back, policy.desk_exit,
        ),
        customer=policy.per_customer,
        unassigned=policy.unassigned,
        urgent=policy.urgent,
        budget=None if bound is None else float(bound),
    )  # fmt: skip


def load_rules():
    """Active templates that the night can raise, and a warning for each whose trigger cannot be read."""
    rules, warnings = [], []
    for template in TaskTemplate.objects.filter(active=True).order_by("id"):
        try:
            conditions = triggers.validate(template.trigger)
        except triggers.TriggerError as error:
            warnings.append({"code": "trigger_unreadable", "template": template.code, "error": str(error)})
            continue
        if conditions:
            rules.append(as_rule(template))
    return rules, warnings


def as_rule(template):
    """A template as plain data."""
    names = ("id", "code", "category", "weight", "due_days", "rest_days", "top", "trigger")
    given = {name: getattr(template, name) for name in names}
    return planning.Rule(**given, cost=float(template.cost), trial=trial_of(template, template.trigger))


def trial_of(template, trigger):
    """Whom a template holds out by chance; None where nobody: parting and answers to complaints are not tried out."""
    if not template.holdout_share or template.category == TaskCategory.EXIT.value:
        return None
    if not template.holdout_complaints and holdout.about_complaints(trigger):
        return None
    return holdout.Trial(
        share=template.holdout_share,
        outcome=str(template.proof_outcome),
        days=template.proof_days,
        complaints=template.holdout_complaints,
        partners=template.holdout_partners,
        high=template.holdout_high,
    )
