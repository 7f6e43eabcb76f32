"""The lifecycle board."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.selectors.nights import night_before
from lifecycle import charts, selectors
from lifecycle.course import displays, economics
from lifecycle.value.inputs import policy_now


@require_safe
@login_required
def board(request):
    """Where relationships stand, who moved, and how those that ended went."""
    night = request.night or None
    offered = displays.models()
    model = displays.chosen(request.user, offered)
    context = {"curve": charts.lifecycle_curve(), "models": offered, "model": model, "here": "board"}
    if night:
        policy = policy_now()
        found = selectors.board(request.user, night, night_before(night))
        context |= {
            "board": found,
            "columns": {column.stage: column for column in found.columns},
            "declined": sum(count for _was, now, count in found.moves if now == "DECLINE"),
            "policy": policy,
            "economics": economics.economics(request.user, night),
            "places": displays.places(model, request.user, night) if model and model.code != displays.DEFAULT else None,
            "lines": displays.lines(request.user, night, policy) if model and model.axis == "phase" else None,
            "cards": [card for card in night.models_used if card.get("usable")],
        }
    return render(request, "lifecycle/board.html", context)
