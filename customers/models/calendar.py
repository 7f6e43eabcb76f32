"""The firm's working calendar: days off, and weekend days that are worked in exchange."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Holiday(models.Model):
    """A day that differs from its weekday: free, or worked although it is a weekend (shifted workday)."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    worked = models.BooleanField(
        _("is worked"), default=False, help_text=_("Tick for a weekend day that is worked in exchange for a holiday.")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("holiday"), _("holidays and shifted workdays")
        ordering = ["-day"]

    def __str__(self):
        return f"{self.day} {self.name}".strip()
