"""The form for a customer: what a role may enter, and the customers that look like the one being entered."""

import re
from decimal import Decimal

from django import forms
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from customers.addresses import CONTROL
from customers.forms.inputs import Suggesting, entered
from customers.forms.ownership import possible_owners
from customers.forms.reasons import ReasonsMixin
from customers.models import Customer, User
from customers.naming import HAN, fold_code, fold_name
from customers.vocabulary import UserRole

EVERYBODY = (
    "code", "name", "kind", "industry", "region", "scale", "relationship", "spending_capacity", "category_demand",
    "influence", "reach", "buying_step", "expected_level", "outside_opinion", "first_contact", "note",
)  # fmt: skip
SENIOR = ("owner", "restricted", "restriction_reason", "exited_on")  # for leads and administrators
SHOWN_SIMILAR = 5


class CustomerForm(ReasonsMixin, forms.ModelForm):
    """Fields by role. `version` is the version the person saw; `despite` says: I know there is a similar one.

    On an existing customer only an administrator may change the code: files refer to it.
    """

    buys_through = forms.CharField(
        label=_("Buys through"), required=False, help_text=_("Code of the customer through which this one buys.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    despite = forms.BooleanField(label=_("This is another customer: save it"), required=False)

    class Meta:
        model = Customer
        fields = EVERYBODY + SENIOR
        formfield_callback = entered
        help_texts = {
            "influence": _("From 0 (none) to 1 (others follow it)."),
            "buying_step": _("While nothing was bought yet: how far the customer has come."),
            "expected_level": _("While nothing was bought yet: the pyramid level you expect."),
        }

    field_order = (
        "code", "name", "kind", "industry", "region", "scale", "owner", "relationship", "buys_through", "first_contact",
        "spending_capacity", "category_demand", "influence", "reach", "buying_step", "expected_level",
        "outside_opinion", "restricted", "restriction_reason", "exited_on", "note",
    )  # fmt: skip

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.similar, self.hidden_similar = user, [], 0
        self._leave_what_the_role_allows()
        for name in ("industry", "region"):
            column = self._meta.model._meta.get_field(name)
            self.fields[name].widget = Suggesting(_values(name), maxlength=column.max_length)
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version
            self.fields["buys_through"].initial = self.instance.parent.code if self.instance.parent_id else ""
        if not self._is_asked_again():
            del self.fields["despite"]

    def _leave_what_the_role_allows(self):
        user = self.user
        if not (user.is_admin or user.role == UserRole.LEAD):
            for name in SENIOR:
                del self.fields[name]
        else:
            owners = possible_owners(user)
            if self.instance.owner_id:
                owners = owners | User.objects.filter(pk=self.instance.owner_id)
            self.fields["owner"].queryset = owners.distinct()
            self.fields["owner"].empty_label = _("Nobody (queue of unassigned customers)")
        if self.instance.pk and not user.is_admin:
            self.fields["code"].disabled = True

    def _is_asked_again(self):
        """The question about similar customers is only put when there are some."""
        if not self.is_bound or self.instance.pk:
            return False
        self.similar, self.hidden_similar = similar_customers(
            self.user, self.data.get(self.add_prefix("code"), ""), self.data.get(self.add_prefix("name"), "")
        )
        return bool(self.similar or self.hidden_similar)

    def clean_code(self):
        code = self.cleaned_data["code"]
        if CONTROL.search(code):
            raise forms.ValidationError(_("A code can't contain control characters."))
        return code

    def clean_buys_through(self):
        code = self.cleaned_data["buys_through"].strip()
        if not code:
            return None
        now = self.instance.parent if self.instance.pk else None
        if now is not None and now.code == code:  # may be somebody else's customer
            return now
        parent = Customer.objects.visible_to(self.user).filter(code=code).first()
        if parent is None:
            raise forms.ValidationError(_("There is no customer with the code %(code)s."), params={"code": code})
        if parent.pk == self.instance.pk:
            raise forms.ValidationError(_("A customer can't buy through itself."))
        return parent

    def clean(self):
        cleaned = super().clean()
        if "despite" in self.fields and not cleaned.get("despite"):
            self.add_error("despite", _("Look at the similar customers first."))
        if cleaned.get("restricted") and not cleaned.get("restriction_reason"):
            self.add_error("restriction_reason", _("Say why the customer is restricted."))
        return cleaned

    def _post_clean(self):
        if "buys_through" in self.cleaned_data:
            self.instance.parent = self.cleaned_data["buys_through"]
        super()._post_clean()

    def differences(self, stored):
        """Fields whose entry differs from a stored customer: (label, stored, entered) as people read them."""
        found = []
        for name, field in self.fields.items():
            if name in ("version", "despite"):
                continue
            before = stored.parent if name == "buys_through" else getattr(stored, name)
            if before != self.cleaned_data.get(name):
                found.append((field.label, _shown(field, before), _shown(field, self.cleaned_data.get(name))))
        return found


def _shown(field, value):
    """A value in the reader's words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | float | int):
        return localize(value)
    words = {code: text for code, text in getattr(field, "choices", ()) if isinstance(code, str)}
    return words.get(value, value) if isinstance(value, str) else "" if value is None else str(value)


def _values(name):
    """The values of a column that are in use, for suggestions."""

    def read():
        used = Customer.objects.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()
        return [(value, "") for value in used[:60]]

    return read


def similar_customers(user, code, name):
    """Customers whose code or name looks like these: those the user may see, and the number of the others."""
    name = CONTROL.sub("", name)
    code, core = fold_code(CONTROL.sub("", code)), fold_name(name)
    found = Customer.objects.none()
    if code:
        found = found | Customer.objects.filter(code__iexact=code)
    if len(core) > 1:
        found = found | Customer.objects.filter(name__icontains=_stem(name, core))
    similar = [
        customer
        for customer in found.filter(merged_into=None).order_by("sort_key", "pk")[:200]
        if fold_code(customer.code) == code or fold_name(customer.name) == core
    ]
    seen = set(Customer.objects.visible_to(user).filter(pk__in=[c.pk for c in similar]).values_list("pk", flat=True))
    visible = [customer for customer in similar if customer.pk in seen]
    return visible[:SHOWN_SIMILAR], len(similar) - len(visible)


def _stem(name, core):
    """What a look-alike must contain: the whole core of a Chinese name, else the longest word."""
    if HAN.search(core):
        return core
    return max(re.split(r"[^\w]+", name.strip()), key=len) or core
