"""The five inputs of the revenue identity and the points of retention, as a person may change them."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SimulatorForm(forms.Form):
    """Sales = (new + existing x retention) x usage x price; retention in per cent."""

    new = forms.FloatField(label=_("New customers a year"), min_value=0, max_value=1e9)
    existing = forms.FloatField(label=_("Existing customers"), min_value=0, max_value=1e9)
    retention = forms.FloatField(label=_("Retention, %"), min_value=0, max_value=100)
    usage = forms.FloatField(label=_("Purchases per customer a year"), min_value=0, max_value=1e6)
    price = forms.FloatField(label=_("Amount per purchase"), min_value=0, max_value=1e12)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["step"] = "any"


class RetentionForm(forms.Form):
    """How many points more retention."""

    points = forms.FloatField(label=_("Points more retention"), min_value=0, max_value=50)
    margin = forms.FloatField(label=_("Margin rate, %"), min_value=0, max_value=100)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["step"] = "any"
