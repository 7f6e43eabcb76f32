"""Column types of the house: codes, money at rest, and packed vectors of floats."""

from decimal import Decimal, InvalidOperation

import numpy as np
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers import labels


class CodeField(models.CharField):
    """A short code of one of the vocabulary's enums, checked against it."""

    def __init__(self, *args, enum=None, **kwargs):
        self.enum = enum
        if enum is not None:
            kwargs.setdefault("max_length", 16)
            kwargs.setdefault("choices", labels.choices_for(enum))
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class MoneyField(models.DecimalField):
    """An amount of money with four decimals, up to 10^16."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


class UnitsField(models.BigIntegerField):
    """A decimal with four places kept as whole ten-thousandths: exact on every engine, and cheap to sum."""

    PLACES = 4

    def from_db_value(self, value, expression, connection):
        return None if value is None else Decimal(value).scaleb(-self.PLACES).quantize(Decimal(1).scaleb(-self.PLACES))

    def get_prep_value(self, value):
        return None if value is None else int((Decimal(value).scaleb(self.PLACES)).to_integral_value())

    def to_python(self, value):
        try:
            return None if value is None else Decimal(value)
        except (InvalidOperation, TypeError):
            raise ValidationError(_("Enter a number.")) from None


class FloatVectorField(models.Field):
    """A fixed-length vector of floats, kept as packed little-endian bytes; NaN = missing."""

    description = "vector of floats"

    def db_type(self, connection):
        return "bytea" if connection.vendor == "postgresql" else "blob"

    def get_prep_value(self, value):
        return None if value is None else np.asarray(value, dtype="<f8")

    def get_db_prep_value(self, value, connection, prepared=False):
        value = value if prepared else self.get_prep_value(value)
        return None if value is None else connection.Database.Binary(value.tobytes())

    def from_db_value(self, value, expression, connection):
        return None if value is None else np.frombuffer(value, dtype="<f8")

    def to_python(self, value):
        if value is None or isinstance(value, np.ndarray):
            return value
        try:
            return np.asarray(value, dtype="<f8")
        except (TypeError, ValueError):
            raise ValidationError(_("Enter a list of numbers.")) from None
