"""The lifecycle board."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.selectors.nights import night_before
from lifecycle import charts, selectors
from lifecycle.models import LifecyclePolicy


@require_safe
@login_required
def board(request):
    """Where relationships stand, who moved, and how those that ended went."""
    night = request.night or None
    context = {"curve": charts.lifecycle_curve()}
    if night:
        found = selectors.board(request.user, night, night_before(night))
        context |= {
            "board": found,
            "columns": {column.stage: column for column in found.columns},
            "declined": sum(count for _was, now, count in found.moves if now == "DECLINE"),
            "policy": LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1),
            "cards": [card for card in night.models_used if card.get("usable")],
        }
    return render(request, "lifecycle/board.html", context)
