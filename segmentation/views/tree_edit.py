"""The page on which administrators build a tree of indicators; every change is one small form and saved at once."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.guards import needs
from customers.vocabulary import Right
from segmentation.forms.trees import BranchForm, LeafForm, NameForm, NodeNameForm, PlaceForm
from segmentation.models import IndicatorTree, TreeNode
from segmentation.selectors import trees
from segmentation.services import tree_edit as service


@needs(Right.EDIT_WEIGHTS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, pk):
    """A tree with a form for everything that can be done to it; a closed one shows why and offers a copy."""
    tree = get_object_or_404(IndicatorTree, pk=pk)
    forms, refused = {}, []
    if request.method == "POST":
        try:
            return _done(request, tree, forms)
        except ValidationError as error:
            refused = error.messages
    return render(
        request, "segmentation/tree_edit.html", _context(request, tree, forms, refused), status=422 if refused else 200
    )


def _context(request, tree, forms, refused):
    rows = trees.tree_rows(tree, night=request.night or None)
    branches = trees.branches(rows)
    unbound = {
        "named": NameForm(instance=IndicatorTree.objects.get(pk=tree.pk), prefix="tree"),
        "branch": BranchForm(tree=tree, branches=branches, prefix="branch"),
        "leaf": LeafForm(tree=tree, branches=branches, prefix="leaf"),
    }
    return {
        "tree": tree,
        "rows": [(row, trees.places(row, rows)) for row in rows],
        "closed": service.is_closed(tree),
        "in_use": service.in_use(tree),
        "leaves": sum(row.leaf for row in rows),
        "refused": refused,
        **unbound,
        **forms,
    }


def _done(request, tree, forms):
    """Do what a form asks for and come back to the place; ValidationError where it is refused, the form in `forms`."""
    act = request.POST.get("act", "")
    if act in TREE_ACTS:
        node = TREE_ACTS[act](request, tree, forms)
    elif act in NODE_ACTS:
        number = request.POST.get("node", "")
        node = get_object_or_404(
            TreeNode, pk=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0, tree=tree
        )
        node = NODE_ACTS[act](request, node)
    else:
        raise ValidationError(_("This can't be done to a tree."))
    place = f"#n{node.pk}" if node is not None and node.pk else ""
    return redirect(reverse("segmentation:tree_edit", args=[tree.pk]) + place)


def _sound(form):
    """What a form says; ValidationError with all of its words."""
    if not form.is_valid():
        raise ValidationError([words for errors in form.errors.values() for words in errors])
    return form.cleaned_data


def _name_tree(request, tree, forms):
    forms["named"] = NameForm(request.POST, instance=tree, prefix="tree")
    told = _sound(forms["named"])
    service.name_tree(tree=IndicatorTree.objects.get(pk=tree.pk), by=request.user, **told)
    messages.success(request, _("Saved."))


def _branch(request, tree, forms):
    branches = trees.branches(trees.tree_rows(tree))
    forms["branch"] = BranchForm(request.POST, tree=tree, branches=branches, prefix="branch")
    return service.add_branch(tree=tree, by=request.user, **_sound(forms["branch"]))


def _leaf(request, tree, forms):
    branches = trees.branches(trees.tree_rows(tree))
    forms["leaf"] = LeafForm(request.POST, tree=tree, branches=branches, prefix="leaf")
    return service.add_leaf(tree=tree, by=request.user, **_sound(forms["leaf"]))


def _rename(request, node):
    return service.rename(node=node, by=request.user, **_sound(NodeNameForm(request.POST)))


def _move(request, node):
    form = PlaceForm(request.POST, tree=node.tree, branches=trees.branches(trees.tree_rows(node.tree)))
    return service.move(node=node, parent=_sound(form)["parent"], by=request.user)


def _up(request, node):
    service.shift(node=node, steps=-1, by=request.user)
    return node


def _down(request, node):
    service.shift(node=node, steps=1, by=request.user)
    return node


def _window(request, node):
    return service.set_window(node=node, window=request.POST.get("window", ""), by=request.user)


def _remove(request, node):
    name, above = node.label, node.parent
    service.remove(node=node, by=request.user)
    messages.success(request, _("“%(name)s” is removed.") % {"name": name})
    return above


TREE_ACTS = {"name": _name_tree, "branch": _branch, "leaf": _leaf}
NODE_ACTS = {"rename": _rename, "move": _move, "up": _up, "down": _down, "window": _window, "remove": _remove}


@needs(Right.EDIT_WEIGHTS)
@require_POST
def new(request):
    """An empty tree, ready to be built."""
    return redirect("segmentation:tree_edit", service.new_tree(by=request.user).pk)


@needs(Right.EDIT_WEIGHTS)
@require_POST
def copy(request, pk):
    """A copy of a tree that may be changed."""
    made = service.copy_tree(tree=get_object_or_404(IndicatorTree, pk=pk), by=request.user)
    messages.success(
        request, _("This is a copy: change what you like, nothing counts until its weights are published.")
    )
    return redirect("segmentation:tree_edit", made.pk)


@needs(Right.EDIT_WEIGHTS)
@require_POST
def delete(request, pk):
    """Remove a tree that nothing needs; what is refused is said."""
    tree = get_object_or_404(IndicatorTree, pk=pk)
    name = tree.label
    try:
        service.delete_tree(tree=tree, by=request.user)
    except ValidationError as refused:
        messages.error(request, refused.messages[0])
        return redirect("segmentation:tree_edit", pk)
    messages.success(request, _("“%(name)s” is removed.") % {"name": name})
    return redirect("segmentation:trees")
