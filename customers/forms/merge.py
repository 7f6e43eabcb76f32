"""The form that merges two customers: whose value stands in every field in which they differ, and why."""

from decimal import Decimal

from django import forms
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.services.merge import BOTH, FORMER, SURVIVOR, differences


class MergeForm(forms.Form):
    """One choice for each difference; `versions` are those of the two records that the person sees."""

    versions = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("It is kept with the merge and in the history of both.")
    )
    sure = forms.BooleanField(label=_("I know that this can't be undone"))

    def __init__(self, *args, survivor, former, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.survivor, self.former = survivor, former
        self.fields["versions"].initial = f"{survivor.version}.{former.version}"
        self.names = []
        for one in differences(survivor, former):
            theirs = one.theirs
            if one.name == "parent" and not Customer.objects.visible_to(user).filter(pk=theirs.pk).exists():
                continue  # whose name this user may not read
            choices = [(SURVIVOR, shown(one.name, one.mine)), (FORMER, shown(one.name, theirs))]
            if one.name == "note" and one.mine:
                choices.append((BOTH, _("Both, one after the other")))
            self.names.append(one.name)
            self.fields[one.name] = forms.ChoiceField(
                label=capfirst(Customer._meta.get_field(one.name).verbose_name),
                choices=choices,
                initial=one.default,
                widget=forms.RadioSelect,
            )

    @property
    def differing(self):
        """The bound fields of the differences."""
        return [self[name] for name in self.names]

    @property
    def chosen(self):
        """field -> whose value."""
        return {name: self.cleaned_data[name] for name in self.names}

    @property
    def seen(self):
        """The versions the person saw; a pair that never fits where they cannot be read."""
        found = self.cleaned_data["versions"].split(".")
        return tuple(int(part) for part in found) if all(part.isascii() and part.isdigit() for part in found) else ()


def shown(name, value):
    """A value of a customer's field in the reader's words."""
    field = Customer._meta.get_field(name)
    if value in (None, ""):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.choices:
        return dict(field.flatchoices).get(value, value)
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return f"{value.quantize(Decimal(1)) if whole else value.normalize():,f}"
    return localize(value) if isinstance(value, float | int) else str(value)
