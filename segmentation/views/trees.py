"""The trees of indicators: what is measured, from what, and a draft of weights from any of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.guards import needs
from customers.vocabulary import Right
from segmentation.models import IndicatorTree
from segmentation.selectors import trees, weights
from segmentation.services import trees as service


@login_required
@require_safe
def tree_list(request):
    """Every tree, from the goal down to its indicators; the one that counts shows its weights."""
    published = weights.published()
    found = trees.all_trees()
    chosen = request.GET.get("tree", "")
    shown = next((tree for tree in found if tree.code == chosen), None)
    shown = shown or next((tree for tree in found if published and tree.pk == published.tree_id), None)
    shown = shown or next(iter(found), None)
    counts = published if published and shown and published.tree_id == shown.pk else None
    context = {
        "trees": found,
        "shown": shown,
        "published": published,
        "counts": counts,
        "rows": trees.tree_rows(shown, counts, request.night or None) if shown else [],
    }
    return render(request, "segmentation/trees.html", context)


@needs(Right.EDIT_WEIGHTS)
@require_POST
def draft(request, pk):
    """A draft of weights from a tree: preset weights, or every branch split evenly."""
    tree = get_object_or_404(IndicatorTree, pk=pk)
    made = service.draft_from_tree(tree=tree, by=request.user)
    messages.success(request, _("%(draft)s is ready to be changed.") % {"draft": made})
    return redirect("segmentation:version", made.pk)
