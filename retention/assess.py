"""The retention wing's step of the night: which templates fire for whom; the tasks follow in the publication."""

from functools import partial

import numpy as np
import pandas as pd

from customers.book import Verdict
from retention import frames
from retention.models import TaskTemplate
from retention.numerics import facts, planning, triggers
from retention.publish import sync_tasks


def assess(book):
    """No columns of its own: the answer is the work to be raised when the night is published."""
    rules, warnings = load_rules()
    candidates = candidates_of(rules, book)
    fired = np.bincount(candidates.rule, minlength=len(rules)) if rules else []
    return Verdict(
        columns=pd.DataFrame(index=book.customers.index),
        on_publish=(partial(sync_tasks, candidates=candidates),),
        warnings=tuple(warnings),
        summary={"fired": {rule.code: int(count) for rule, count in zip(rules, fired, strict=True)}},
    )


def candidates_of(rules, book):
    """Everything that fires on this book, best first."""
    known = book.customers
    if "care_post_days" not in known.columns:
        known = known.assign(care_post_days=frames.care_days(book.as_of, known["customer_id"].to_numpy()))
    return planning.propose(rules, facts.derive(known, book.as_of.toordinal(), book.firm.get("size", "")))


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
    return planning.Rule(**{name: getattr(template, name) for name in names})
