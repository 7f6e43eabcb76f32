"""What became of each rule's tasks: how far people act on them, which rule is asked to go, and which is kept."""

from datetime import timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from customers.vocabulary import TaskState
from retention import selectors
from retention.models import RuleKept
from retention.models.proof import proof_policy
from retention.models.tasks import LIVE

HANDLED = [TaskState.DONE.value, TaskState.DISMISSED.value]
PASTS = [
    ("raised", _("Raised in %(days)s days")),
    ("done", _("Done in %(days)s days")),
    ("handled", _("Done or dismissed in %(days)s days")),
    ("ended", _("Ended in %(days)s days")),
]


def past_q(past, today, days):
    """The condition of one part of the recent past of tasks."""
    since = today - timedelta(days=days)
    ended = Q(closed_on__gt=since) & ~Q(state__in=LIVE)
    return {
        "raised": Q(raised_on__gt=since),
        "done": ended & Q(state=TaskState.DONE.value),
        "handled": ended & Q(state__in=HANDLED),
        "ended": ended,
    }[past]


def by_rule(user, today, policy=None):
    """For each template that has visible tasks: what became of them in the policy's days, by template id.

    Each is a dict with days, live, overdue, raised, done, handled (done or dismissed), ended, acted (handled of ended;
    None where none ended), idle (nobody acts on it), kept (RuleKept that silences this, or None) and retire (idle and
    not kept).
    """
    policy = policy or proof_policy()
    parts = {name: Count("id", filter=past_q(name, today, policy.acted_days)) for name, _words in PASTS}
    rows = (
        selectors.visible(user)
        .order_by()
        .values("template")
        .annotate(
            live=Count("id", filter=Q(state__in=LIVE)),
            overdue=Count("id", filter=selectors.when_q("overdue", today)),
            **parts,
        )
    )
    kept = kept_rules(today)
    return {row["template"]: _judged(row, policy, kept.get(row["template"])) for row in rows}


def _judged(row, policy, kept):
    seen = row["ended"] + row["overdue"]
    row["acted"] = row["handled"] / row["ended"] if row["ended"] else None
    row["idle"] = seen >= policy.acted_tasks and 100 * row["handled"] < policy.acted_below * seen
    row["days"], row["kept"] = policy.acted_days, kept
    row["retire"] = row["idle"] and kept is None
    return row


def kept_rules(today):
    """The newest word on each rule that is kept beyond today, by template id."""
    rows = RuleKept.objects.filter(until__gte=today).select_related("by").order_by("at", "id")
    return {row.template_id: row for row in rows}
