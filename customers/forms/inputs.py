"""How columns are entered: dates from a calendar, moments to the minute, amounts with the reader's separators."""

from decimal import Decimal

from django import forms
from django.db import models
from django.utils.html import format_html, format_html_join


class DateInput(forms.DateInput):
    """The browser's own calendar; the value is ISO whatever the language."""

    def __init__(self, **attrs):
        super().__init__(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """Day and minute in the site's zone."""

    def __init__(self, **attrs):
        super().__init__(attrs={"type": "datetime-local", **attrs}, format="%Y-%m-%dT%H:%M")


class Amount(forms.DecimalField):
    """A decimal that is shown without the zeros that only the column's scale adds."""

    def prepare_value(self, value):
        if not isinstance(value, Decimal) or not value.is_finite():
            return value
        return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def entered(db_field, **kwargs):
    """The form field for a column (a formfield_callback)."""
    if isinstance(db_field, models.DateTimeField):
        return db_field.formfield(widget=MomentInput(), **kwargs)
    if isinstance(db_field, models.DateField):
        return db_field.formfield(widget=DateInput(), **kwargs)
    if isinstance(db_field, models.DecimalField):
        field = db_field.formfield(form_class=Amount, localize=True, **kwargs)
        field.widget.attrs["inputmode"] = "decimal"
        field.widget.attrs["autocomplete"] = "off"
        return field
    if isinstance(db_field, models.TextField):
        return db_field.formfield(widget=forms.Textarea(attrs={"rows": 4}), **kwargs)
    return db_field.formfield(**kwargs)


class Suggesting(forms.TextInput):
    """Text with suggestions: pairs of value and words, or a function that reads them; anything may be typed."""

    def __init__(self, options=(), **attrs):
        super().__init__(attrs={"autocomplete": "off", **attrs})
        self.options = options

    def render(self, name, value, attrs=None, renderer=None):
        attrs = {**(attrs or {})}
        attrs["list"] = f"{attrs.get('id') or name}_list"
        options = self.options() if callable(self.options) else self.options
        listed = format_html_join("", '<option value="{}">{}</option>', options)
        return format_html(
            '{}<datalist id="{}">{}</datalist>', super().render(name, value, attrs, renderer), attrs["list"], listed
        )
