"""Editing a tree of indicators: copy, name, add, move, order, window, remove; closed once its weights counted."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from customers.vocabulary import Dimension
from segmentation.models import Indicator, IndicatorTree, TreeNode, WeightSet
from segmentation.models.measures import LABELS, WINDOWS, windows_of
from segmentation.services.trees import follow_tree

OPEN_STATUSES = ("DRAFT",)
LONGEST_CODE, LONGEST_NAME = 40, 80
LANGUAGES = {"name": "en", "name_zh": "zh-hans"}


def is_closed(tree):
    """Whether a tree may only be copied: it came with the product, or a version beyond a draft has its weights."""
    return tree.builtin or tree.versions.exclude(status__in=OPEN_STATUSES).exists()


def in_use(tree):
    """Whether a version of weights or a study hangs on it: then it can't be deleted."""
    return tree.versions.exists() or tree.studies.exists()


@transaction.atomic
def copy_tree(*, tree, by):
    """The same tree once more, free to be changed; returns it."""
    names = _in_both(lambda: _("Copy of %(name)s") % {"name": tree.label})
    made = IndicatorTree(code=_free(IndicatorTree, tree.code), note=tree.note, note_zh=tree.note_zh, **names)
    _keep(made, by)
    twins = {}
    rows = list(tree.nodes.order_by("position", "id"))
    while rows:
        ready = [row for row in rows if row.parent_id is None or row.parent_id in twins]
        for row in ready:
            twin = TreeNode(
                tree=made, parent=twins.get(row.parent_id), name=row.name, name_zh=row.name_zh,
                dimension=row.dimension, indicator_id=row.indicator_id, position=row.position,
            )  # fmt: skip
            twins[row.pk] = _keep(twin, by)
        rows = [row for row in rows if row.pk not in twins]
    return made


@transaction.atomic
def new_tree(*, by):
    """An empty tree: the goal and its two dimensions; returns it."""
    tree = IndicatorTree(code=_free(IndicatorTree, "own"), **_in_both(lambda: _("New tree")))
    goal = TreeNode(tree=_keep(tree, by), **_in_both(lambda: _("Customer value")))
    _keep(goal, by)
    names = [(Dimension.CURRENT, lambda: _("Current value")), (Dimension.POTENTIAL, lambda: _("Potential value"))]
    for position, (dimension, words) in enumerate(names):
        _keep(TreeNode(tree=tree, parent=goal, dimension=dimension, position=position, **_in_both(words)), by)
    return tree


@transaction.atomic
def name_tree(*, tree, name, name_zh, by):
    """Other names for a tree, in both languages."""
    _opened(tree)
    tree.name, tree.name_zh = name, name_zh
    return _keep(tree, by)


@transaction.atomic
def delete_tree(*, tree, by):
    """Remove a tree that no version and no study needs."""
    _opened(tree)
    if in_use(tree):
        raise ValidationError(_("Weights or a study hang on this tree: it stays."))
    tree._history_user = by
    tree.delete()


@transaction.atomic
def add_branch(*, tree, parent, name, name_zh, by):
    """A criterion under a node, at the end; returns the node."""
    return _added(TreeNode(tree=tree, parent=parent, name=name, name_zh=name_zh), by)


@transaction.atomic
def add_leaf(*, tree, parent, by, indicator=None, measure="", direction=1):
    """An indicator under a node, at the end: a known one, or the one of a measure (made where there is none)."""
    if indicator is None:
        _opened(tree)
        indicator = _of_measure(measure, direction, _dimension(parent), by)
    return _added(TreeNode(tree=tree, parent=parent, indicator=indicator), by)


@transaction.atomic
def rename(*, node, name, name_zh, by):
    """Other names for a node; an indicator without one goes by its own."""
    node = _fresh(node)
    node.name, node.name_zh = name, name_zh
    return _checked(node, by)


@transaction.atomic
def move(*, node, parent, by):
    """Hang a node with all below it under another one of the same dimension, at the end."""
    node = _fresh(node)
    if node.parent_id is None or node.dimension:
        raise ValidationError(_("The goal and its two dimensions stay where they are."))
    if _dimension(parent) != _dimension(node.parent):
        raise ValidationError(_("What is below belongs to the other dimension."))
    if parent.pk != node.parent_id:
        node.parent, node.position = parent, _next(parent)
    return _checked(node, by)


@transaction.atomic
def shift(*, node, steps, by):
    """Move a node up (-1) or down (+1) among its siblings; nothing beyond the ends."""
    node = _fresh(node)
    row = list(TreeNode.objects.filter(tree=node.tree_id, parent=node.parent_id).order_by("position", "id"))
    at = next(at for at, one in enumerate(row) if one.pk == node.pk)
    to = min(max(at + steps, 0), len(row) - 1)
    row.insert(to, row.pop(at))
    for position, one in enumerate(row):
        if one.position != position:
            one.position = position
            _keep(one, by)


@transaction.atomic
def remove(*, node, by):
    """Take a node away with everything below it; drafts of the tree forget its weights."""
    node = _fresh(node)
    if node.parent_id is None or node.dimension:
        raise ValidationError(_("The goal and its two dimensions stay where they are."))
    node._history_user = by
    node.delete()
    _followed(node.tree)


@transaction.atomic
def set_window(*, node, window, by):
    """Let a leaf look over other days. Its indicator is not changed, versions may count by it: another takes its place.

    The twin is the indicator that differs in nothing but the measure; it is made where there is none.
    """
    node = _fresh(node)
    old = node.indicator
    measure = dict(windows_of(old.measure)).get(window) if old else None
    if measure is None:
        raise ValidationError(_("The records do not offer this window."))
    if measure == old.measure:
        return node
    node.indicator = _twin(old, measure) or _copied(old, measure, by)
    found = _checked(node, by)
    _followed(node.tree)
    return found


def _opened(tree):
    """The tree, locked; ValidationError where it may only be copied."""
    tree = IndicatorTree.objects.select_for_update().get(pk=tree.pk)
    if is_closed(tree):
        raise ValidationError(
            _("This tree is closed, because it came with the product or its weights counted: copy it.")
        )
    return tree


def _fresh(node):
    """The node as it stands in its tree, which is locked from now on."""
    _opened(node.tree)
    return TreeNode.objects.select_related("tree", "parent", "indicator").get(pk=node.pk)


def _added(node, by):
    _opened(node.tree)
    node.position = _next(node.parent)
    made = _checked(node, by)
    _followed(node.tree)
    return made


def _checked(node, by):
    twins = TreeNode.objects.filter(tree=node.tree, indicator=node.indicator_id).exclude(pk=node.pk)
    if node.indicator_id and twins.exists():
        raise ValidationError(_("“%(name)s” is in this tree already.") % {"name": node.indicator.label})
    node.full_clean()
    return _keep(node, by)


def _keep(row, by):
    row._history_user = by
    row.save()
    return row


def _followed(tree):
    for draft in WeightSet.objects.filter(tree=tree, status="DRAFT"):
        follow_tree(draft=draft)


def _next(parent):
    last = parent.children.order_by("position").last()
    return last.position + 1 if last else 0


def _dimension(node):
    while node is not None and not node.dimension:
        node = node.parent
    return node.dimension if node else ""


def _of_measure(measure, direction, dimension, by):
    """The plain indicator of a measure in a dimension, made and named after the measure where there is none."""
    if measure not in LABELS:
        raise ValidationError(_("Choose what it is computed from."))
    plain = {"source": "COMPUTED", "measure": measure, "direction": direction, "dimension": dimension}
    known = Indicator.objects.filter(**plain, thresholds=[], expert=False, missing="EXCLUDE").first()
    if known:
        return known
    made = Indicator(code=_free(Indicator, measure), position=_last_position() + 1, **plain)
    for field, words in _in_both(lambda: LABELS[measure][0]).items():
        setattr(made, field, words)
    made.full_clean()
    return _keep(made, by)


def _twin(old, measure):
    same = {field: getattr(old, field) for field in ("dimension", "source", "direction", "missing", "expert")}
    rows = Indicator.objects.filter(measure=measure, **same)
    return next((row for row in rows if (row.thresholds, row.rubric) == (old.thresholds, old.rubric)), None)


def _copied(old, measure, by):
    window = LABELS[measure][2]
    made = Indicator.objects.get(pk=old.pk)
    made.pk, made.active, made.measure = None, True, measure
    made.code, made.position = _free(Indicator, f"{old.code}-{window}"), _last_position() + 1
    told = lambda: {"name": old.label[: LONGEST_NAME - 20], "window": WINDOWS[window][0]}  # noqa: E731
    for field, words in _in_both(lambda: _("%(name)s (%(window)s)") % told()).items():
        setattr(made, field, words)
    made._state.adding = True
    made.full_clean()
    return _keep(made, by)


def _last_position():
    last = Indicator.objects.order_by("position").last()
    return last.position if last else 0


def _in_both(words):
    """The names of a row in both languages, from a function that says them in the active one."""
    found = {}
    for field, language in LANGUAGES.items():
        with translation.override(language):
            found[field] = str(words())[:LONGEST_NAME]
    return found


def _free(model, wanted):
    """A code that nothing has: the wanted one, else with a number behind it."""
    wanted, number = slugify(wanted)[: LONGEST_CODE - 4] or "own", 1
    code = wanted
    while model.objects.filter(code=code).exists():
        number += 1
        code = f"{wanted}-{number}"
    return code
