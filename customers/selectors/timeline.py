"""Everything that happened with a customer, in one order: purchases, contacts, cases, answers, contracts, verdicts."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers import models as m
from customers.vocabulary import NightStatus

KINDS = {  # in the order of the filter: code, words
    "order": pgettext_lazy("tab", "Orders"),
    "interaction": _("Contacts made"),
    "case": _("Complaints and requests"),
    "suggestion": _("Suggestions"),
    "survey": _("Survey answers"),
    "contract": _("Contracts"),
    "receivable": _("Receivables"),
    "referral": _("Referrals"),
    "tier": _("Tier changes"),
    "stage": _("Stage changes"),
    "merge": _("Merges"),
}
DEEPEST = 50  # pages


@dataclass(frozen=True)
class Entry:
    """One event. day: when; at: to order by; what: the row behind it (a model instance or a mapping)."""

    kind: str
    at: datetime
    what: Any
    event: str = ""

    @property
    def day(self):
        return timezone.localtime(self.at).date()

    @property
    def template(self):
        return f"customers/parts/entry_{self.kind}.html"


def midnight(day):
    """The first moment of a day; a moment stays what it is."""
    return timezone.make_aware(datetime.combine(day, time())) if isinstance(day, date) else day


def _orders(customer, until, limit):
    rows = m.Transaction.objects.filter(customer=customer, date__lte=until).order_by().values("order_no", "date")
    rows = rows.annotate(lines=Count("pk"), total=Sum("amount")).order_by("-date", "-order_no")[:limit]
    return [Entry("order", midnight(row["date"]), row, "refund" if row["total"] < 0 else "order") for row in rows]


def _interactions(customer, until, limit):
    rows = m.Interaction.objects.filter(customer=customer).select_related("by", "contact")[:limit]
    return [Entry("interaction", row.at, row) for row in rows]


def _cases(customer, until, limit):
    rows = m.Case.objects.filter(customer=customer)
    opened = [Entry("case", row.opened_at, row, "opened") for row in rows.order_by("-opened_at")[:limit]]
    answered = rows.filter(answered_at__isnull=False).order_by("-answered_at")[:limit]
    return opened + [Entry("case", row.answered_at, row, "answered") for row in answered]


def _suggestions(customer, until, limit):
    rows = m.Suggestion.objects.filter(customer=customer)
    made = [Entry("suggestion", midnight(row.made_on), row, "made") for row in rows.order_by("-made_on")[:limit]]
    given = rows.filter(feedback_on__isnull=False).order_by("-feedback_on")[:limit]
    return made + [Entry("suggestion", midnight(row.feedback_on), row, "given") for row in given]


def _surveys(customer, until, limit):
    rows = m.SurveyResponse.objects.filter(customer=customer).select_related("contact").order_by("-date", "-id")
    return [Entry("survey", midnight(row.date), row) for row in rows[:limit]]


def _contracts(customer, until, limit):
    rows = m.Contract.objects.filter(customer=customer)
    started = rows.filter(start__lte=until).order_by("-start")[:limit]
    ended = rows.filter(end__lte=until).order_by("-end")[:limit]
    return [Entry("contract", midnight(row.start), row, "started") for row in started] + [
        Entry("contract", midnight(row.end), row, "ended") for row in ended
    ]


def _receivables(customer, until, limit):
    rows = m.Receivable.objects.filter(customer=customer)
    due = rows.filter(paid_on=None, due__lt=until).order_by("-due")[:limit]
    paid = rows.filter(paid_on__isnull=False).order_by("-paid_on")[:limit]
    return [Entry("receivable", midnight(row.due), row, "due") for row in due] + [
        Entry("receivable", midnight(row.paid_on), row, "late" if row.paid_on > row.due else "paid") for row in paid
    ]


def _referrals(customer, until, limit):
    rows = m.Referral.objects.filter(customer=customer).select_related("referred")[:limit]
    return [Entry("referral", midnight(row.date), row) for row in rows]


def _tiers(customer, until, limit):
    rows = m.TierChange.objects.filter(customer=customer).select_related("by")[:limit]
    return [Entry("tier", row.at, row, "accepted" if row.accepted else "rejected") for row in rows]


def _stages(customer, until, limit):
    """Stages as the kept nights saw them: one entry where a stage began, told by the first night that saw it."""
    seen = [NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value]
    rows = m.Standing.objects.filter(customer=customer, night__status__in=seen, night__as_of__lte=until)
    rows = rows.order_by("night__as_of").values("stage", "sub_state", "stage_since", "stage_rule", "night__as_of")
    found = {}
    for row in rows:
        found.setdefault((row["stage"], row["stage_since"]), row)  # prospects have no day: one entry, not one a night
    entries = [Entry("stage", midnight(since or row["night__as_of"]), row) for (_stage, since), row in found.items()]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def _merges(customer, until, limit):
    rows = m.CustomerMerge.objects.filter(survivor=customer).select_related("by", "former")[:limit]
    return [Entry("merge", row.at, row) for row in rows]


SOURCES = {
    "order": _orders,
    "interaction": _interactions,
    "case": _cases,
    "suggestion": _suggestions,
    "survey": _surveys,
    "contract": _contracts,
    "receivable": _receivables,
    "referral": _referrals,
    "tier": _tiers,
    "stage": _stages,
    "merge": _merges,
}


def offer(kind, words, source):
    """Makes the events of a wing known. source(customer, until, limit) gives entries of this kind, the newest first;
    customers/parts/entry_KIND.html shows them."""
    KINDS[kind], SOURCES[kind] = words, source


def timeline(customer, *, until, kinds=(), page=1, size=30):
    """One page of events, newest first, and whether older ones exist. Unknown kinds are ignored; none means all."""
    page = min(max(1, page), DEEPEST)
    wanted = [kind for kind in SOURCES if kind in kinds] or list(SOURCES)
    last = page * size
    entries = [entry for kind in wanted for entry in SOURCES[kind](customer, until, last + 1)]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries[last - size : last], len(entries) > last and page < DEEPEST
