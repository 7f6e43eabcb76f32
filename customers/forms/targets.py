"""The target share of customers of one tier for a firm of one size."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import TierTarget


class TargetForm(forms.ModelForm):
    """One cell of the matrix: at least, at most, and the strategy in both languages."""

    class Meta:
        model = TierTarget
        fields = ("low", "high", "strategy", "strategy_zh")
        widgets = {"strategy": forms.Textarea(attrs={"rows": 2}), "strategy_zh": forms.Textarea(attrs={"rows": 2})}

    def clean(self):
        data = super().clean()
        low, high = data.get("low"), data.get("high")
        if low is not None and high is not None and low > high:
            self.add_error("high", _("The upper bound lies below the lower one."))
        return data
