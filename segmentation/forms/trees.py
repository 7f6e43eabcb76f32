"""Forms of a tree of indicators: its name, a node's name and place, a new criterion, a new indicator."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.vocabulary import Dimension
from segmentation.models import Indicator, IndicatorTree, TreeNode
from segmentation.models.indicators import directions
from segmentation.models.measures import LABELS

NOWHERE = gettext_lazy("Choose where it hangs.")


class NameForm(forms.ModelForm):
    """The names of a tree in both languages."""

    class Meta:
        model = IndicatorTree
        fields = ["name", "name_zh"]


class NodeNameForm(forms.Form):
    """The names of a node; an indicator may go by its own."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, required=False)
    name_zh = forms.CharField(label=gettext_lazy("Name (Chinese)"), max_length=80, required=False)


class PlaceForm(forms.Form):
    """Under which node something hangs: any branch below the two dimensions, and they themselves."""

    parent = forms.ModelChoiceField(
        label=gettext_lazy("Under"), queryset=TreeNode.objects.none(), error_messages={"required": NOWHERE}
    )

    def __init__(self, *args, tree, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.tree = tree
        self.fields["parent"].queryset = TreeNode.objects.filter(
            tree=tree, indicator=None, parent__isnull=False
        ).select_related("parent", "indicator")
        self.fields["parent"].choices = [("", "—"), *branches]


class BranchForm(NodeNameForm, PlaceForm):
    """A new criterion."""

    field_order = ["name", "name_zh", "parent"]

    def clean(self):
        told = super().clean()
        if not (told.get("name") or told.get("name_zh")):
            raise ValidationError(_("Give it a name."))
        return told


class LeafForm(PlaceForm):
    """A new indicator: one that is there already, or a measure of the records."""

    indicator = forms.ModelChoiceField(
        label=gettext_lazy("or an indicator that is there"), queryset=Indicator.objects.none(), required=False
    )
    measure = forms.ChoiceField(label=gettext_lazy("A measure of the records"), required=False)
    direction = forms.TypedChoiceField(
        label=gettext_lazy("Direction"), choices=directions, coerce=int, initial=1, required=False, empty_value=1
    )
    field_order = ["measure", "direction", "indicator", "parent"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        there = self.tree.nodes.exclude(indicator=None).values("indicator")
        free = Indicator.objects.exclude(pk__in=there).order_by("dimension", "position", "id")
        self.fields["indicator"].queryset = free
        sides = [(side, [(row.pk, row.label) for row in free if row.dimension == side.value]) for side in Dimension]
        named = {Dimension.CURRENT: _("Current value"), Dimension.POTENTIAL: _("Potential value")}
        self.fields["indicator"].choices = [("", "—"), *((named[side], rows) for side, rows in sides if rows)]
        self.fields["measure"].choices = [("", "—"), *((key, row[0]) for key, row in LABELS.items())]

    def clean(self):
        told = super().clean()
        if bool(told.get("indicator")) == bool(told.get("measure")) and not self.errors:
            raise ValidationError(_("Choose either an indicator that is there or a measure."))
        return told
