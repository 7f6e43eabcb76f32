"""Cross-selling: who is offered what next and why, churn by number of products, white space, referrals."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from retention import selectors as tasks
from retention.care.views.cases import address
from retention.selling import selectors

PARTS = [
    ("", gettext_lazy("All offers")),
    ("similar", gettext_lazy("Similar products, for acquaintances")),
    ("other", gettext_lazy("Other categories, for friends and partners")),
    ("space", gettext_lazy("White space")),
    ("held", gettext_lazy("Held back")),
]


@login_required
@require_safe
def cross_selling(request):
    """The offers of the night within the scope, and what stands behind them."""
    night = request.night or None
    part = request.GET.get("part", "")
    part = part if part in dict(PARTS) else ""
    counts = selectors.counts(request.user)
    rows = selectors.offers(request.user, night).filter(selectors.part_q(part))
    page = Paginator(rows, request.user.page_size or 25).get_page(request.GET.get("page"))
    context = {
        "section": "selling",
        "page": page,
        "rows": tasks.with_standings(selectors.named(page.object_list), night),
        "parts": [(code, words, address(request, part=code), counts[code]) for code, words in PARTS],
        "part": part,
        "counts": counts,
        "lessons": selectors.lessons(),
        "ladder": selectors.ladder(request.user, night),
        "referrals": selectors.referrals(request.user, night),
    }
    return render(request, "retention/selling/list.html", context)
