"""The form for values that people estimate."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customers.forms.inputs import entered
from customers.forms.reasons import ReasonsMixin
from lifecycle.models import ValueEstimate
from lifecycle.models.estimates import ESTIMATES


class EstimateForm(ReasonsMixin, forms.ModelForm):
    """Three amounts a year, each optional, with the grounds for them."""

    class Meta:
        model = ValueEstimate
        fields = (*ESTIMATES, "note")
        formfield_callback = entered

    def clean(self):
        cleaned = super().clean()
        given = any(cleaned.get(name) is not None for name in ESTIMATES)
        if given and not (cleaned.get("note") or "").strip():
            self.add_error("note", ValidationError(_("Write down the grounds, so that others can judge them.")))
        return cleaned
