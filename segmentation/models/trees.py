"""Trees of indicators: goal, dimensions, criteria, indicators, to any depth."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField
from customers.vocabulary import Dimension
from segmentation.models.indicators import Indicator
from segmentation.numerics.judgement import LARGEST


def local(obj, name):
    """A pair of fields such as name and name_zh in the reader's language; the other where one is empty."""
    here, there = getattr(obj, name), getattr(obj, f"{name}_zh")
    return (there or here) if (get_language() or "").startswith("zh") else (here or there)


class IndicatorTree(models.Model):
    """One hierarchy of criteria; weight sets say how much each of its branches counts."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80, blank=True)
    note = models.TextField(_("note"), blank=True)
    note_zh = models.TextField(_("note (Chinese)"), blank=True)
    builtin = models.BooleanField(_("came with the product"), default=False, editable=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("indicator tree"), _("indicator trees")
        ordering = ["id"]

    def __str__(self):
        return self.label

    @property
    def label(self):
        return local(self, "name")

    @property
    def local_note(self):
        return local(self, "note")


class TreeNode(models.Model):
    """A branch or a leaf. The root is the goal, its children are the two dimensions, leaves carry an indicator."""

    tree = models.ForeignKey(IndicatorTree, verbose_name=_("tree"), on_delete=models.CASCADE, related_name="nodes")
    parent = models.ForeignKey(
        "self", verbose_name=_("under"), null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    name = models.CharField(_("name"), max_length=80, blank=True, help_text=_("Empty: the name of the indicator."))
    name_zh = models.CharField(_("name (Chinese)"), max_length=80, blank=True)
    dimension = CodeField(_("dimension"), enum=Dimension, blank=True)
    indicator = models.ForeignKey(
        Indicator, verbose_name=_("indicator"), null=True, blank=True, on_delete=models.PROTECT, related_name="nodes"
    )
    position = models.PositiveSmallIntegerField(pgettext_lazy("order", "position"), default=0)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("tree node"), _("tree nodes")
        ordering = ["tree", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tree", "indicator"], name="an_indicator_once_per_tree"),
            models.UniqueConstraint(fields=["tree"], condition=Q(parent=None), name="one_root_per_tree"),
            models.UniqueConstraint(
                fields=["tree", "dimension"], condition=~Q(dimension=""), name="a_dimension_once_per_tree"
            ),
        ]

    def __str__(self):
        return self.label

    @property
    def label(self):
        """Its own name, else the indicator's."""
        return local(self, "name") or (self.indicator.label if self.indicator else "")

    def clean(self):
        """Whatever would make the tree unusable is refused with words."""
        if not (self.name or self.name_zh or self.indicator_id):
            raise ValidationError({"name": _("Give it a name or an indicator.")})
        if self.parent is None:
            return
        if self.tree_id and self.parent.tree_id != self.tree_id:
            raise ValidationError({"parent": _("The node above belongs to another tree.")})
        if self.parent.indicator_id:
            raise ValidationError({"parent": _("An indicator is a leaf: nothing hangs under it.")})
        above = self._above()
        siblings = self.parent.children.exclude(pk=self.pk).count()
        if siblings >= LARGEST:
            text = _("At most %(n)s can be compared under one node: group them under criteria.")
            raise ValidationError({"parent": text % {"n": LARGEST}})
        if self.parent.parent_id is None and not self.dimension:
            raise ValidationError({"dimension": _("Under the goal stand the two dimensions.")})
        if self.parent.parent_id is not None and self.dimension:
            raise ValidationError({"dimension": _("Only a node right under the goal is a dimension.")})
        self._clean_indicator(above)

    def _above(self):
        """The nodes above, nearest first; a circle is refused."""
        found, node = [], self.parent
        while node is not None:
            if node in found or (self.pk and node.pk == self.pk):
                raise ValidationError({"parent": _("A node can't hang under itself.")})
            found.append(node)
            node = node.parent
        return found

    def _clean_indicator(self, above):
        if not self.indicator_id:
            return
        if self.pk and self.children.exists():
            raise ValidationError({"indicator": _("An indicator is a leaf: nothing hangs under it.")})
        dimension = next((node.dimension for node in [self, *above] if node.dimension), "")
        if dimension != self.indicator.dimension:
            raise ValidationError({"indicator": _("This indicator belongs to the other dimension.")})
