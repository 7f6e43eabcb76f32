"""What losing and winning back add to pages of the ground floor: events of the timeline, and a gate kept shut."""

from django.db.models import Prefetch

from customers.selectors.gates import Gate
from customers.selectors.timeline import Entry, midnight
from retention.losses.selectors import open_loss_of
from retention.models import Loss, WinBack

ATTEMPTS = Prefetch("win_backs", WinBack.objects.select_related("started_by", "ended_by"))


def entries(customer, until, limit):
    """When the customer was lost, when that turned out wrong, and when attempts to win it back began and ended."""
    found = []
    for loss in Loss.objects.filter(customer=customer).select_related("recorded_by").prefetch_related(ATTEMPTS):
        for row in loss.win_backs.all():
            found += [("ended", row.ended_on, row), ("begun", row.started_on, row)]
        found += [("none", None if loss.won_back else loss.ended_on, loss), ("lost", loss.lost_on, loss)]
    # Of one day, what came later stands first, as in the whole timeline.
    told = [Entry("loss", midnight(day), row, event) for event, day, row in found if day and day <= until]
    return sorted(told, key=lambda entry: entry.at, reverse=True)[:limit]


def gate(customer):
    """A recorded loss keeps every gate shut until it ends; nothing for all others."""
    return Gate("lost", False, True, False) if open_loss_of(customer) else None
