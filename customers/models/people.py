"""Users, teams and the firm that uses the product."""

from datetime import time
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField
from customers.vocabulary import FirmSize, UserRole


def known_zone(name):
    """Refuses a time zone that the machine does not know."""
    if name and name not in available_timezones():
        raise ValidationError(_("There is no time zone of this name."))


class Team(models.Model):
    """A sales team: its lead sees every customer of its members."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("team"), _("teams")
        ordering = ["name"]

    def __str__(self):
        return self.name


class AccountManager(UserManager):
    """Accounts; who is created as a superuser is an administrator in role as well."""

    use_in_migrations = False

    def create_superuser(self, username, email=None, password=None, **more):
        more.setdefault("role", UserRole.ADMIN.value)
        return super().create_superuser(username, email, password, **more)


class User(AbstractUser):
    """Somebody who signs in; `role` and `team` decide what they see."""

    role = CodeField(_("role"), enum=UserRole, default=UserRole.MANAGER.value)
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    theme = models.CharField(_("theme"), max_length=8, blank=True)
    page_size = models.PositiveSmallIntegerField(_("rows a page"), default=25)
    list_columns = models.JSONField(_("columns of the customer list"), default=list, blank=True)
    digest_hour = models.PositiveSmallIntegerField(
        _("hour of the daily digest"), default=8, null=True, blank=True, validators=[MaxValueValidator(23)]
    )
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[known_zone])
    is_demo = models.BooleanField(_("demo account"), default=False, help_text=_("Can sign in only in demo mode."))
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    objects = AccountManager()

    class Meta(AbstractUser.Meta):
        verbose_name, verbose_name_plural = _("user"), _("users")
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=[r.value for r in UserRole]), name="user_role_known")
        ]

    def __str__(self):
        return self.display_name

    @property
    def display_name(self):
        """The name as people write it: family name first without a space when it is Chinese."""
        if not (self.first_name or self.last_name):
            return self.username
        han = any("\u4e00" <= letter <= "\u9fff" for letter in self.last_name + self.first_name)
        return f"{self.last_name}{self.first_name}" if han else f"{self.first_name} {self.last_name}".strip()

    @property
    def zone(self):
        """The own time zone, or the site's."""
        return ZoneInfo(self.time_zone or settings.TIME_ZONE)

    @property
    def is_admin(self):
        return self.is_superuser or self.role == UserRole.ADMIN

    @property
    def is_lead(self):
        return self.role == UserRole.LEAD

    def save(self, *args, **kwargs):
        """Administrators reach Django admin; nobody else does by role alone."""
        if self.role == UserRole.ADMIN:
            self.is_staff = self.is_superuser = True
        super().save(*args, **kwargs)


class FirmProfile(models.Model):
    """The firm that uses the product: one row (id 1)."""

    name = models.CharField(_("name"), max_length=120, default="", blank=True)
    size = CodeField(_("size"), enum=FirmSize, default=FirmSize.SMALL.value)
    fiscal_year_start = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"), default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    currency = models.CharField(_("currency"), max_length=3, default="CNY", help_text=_("ISO 4217 code, e.g. CNY."))
    allocate_service_cost = models.BooleanField(
        _("allocate service cost equally"),
        default=False,
        help_text=_(
            "Where service cost is not recorded per customer, share this year's total equally (text 003, A06)."
        ),
    )
    service_cost_total = models.DecimalField(
        _("service cost to allocate, a year"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    tier_gate = models.DecimalField(
        _("proof needed for a higher tier (1–5)"),
        max_digits=2,
        decimal_places=1,
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("Friends need satisfaction and trust, partners commitment too, at least this high (text 000)."),
    )
    complaint_hours = models.PositiveSmallIntegerField(
        _("working hours to answer a complaint"), default=16, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    request_hours = models.PositiveSmallIntegerField(
        _("working hours to answer a request"), default=27, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    suggestion_days = models.PositiveSmallIntegerField(
        _("working days for feedback on a suggestion"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(250)],
    )
    friend_purchases = models.PositiveSmallIntegerField(_("purchase days before friend is proposed"), default=3)
    working_week = models.CharField(
        _("working weekdays"),
        max_length=7,
        default="12345",
        validators=[RegexValidator(r"^[1-7]+$")],
        help_text=_("1 = Monday to 7 = Sunday: 12345 is Monday to Friday."),
    )
    opens = models.TimeField(_("work begins"), default=time(9))
    closes = models.TimeField(_("work ends"), default=time(18))
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("firm profile")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="firm_is_one_row"),
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start__gte=1, fiscal_year_start__lte=12), name="firm_fiscal_month"
            ),
            models.CheckConstraint(condition=models.Q(closes__gt=models.F("opens")), name="firm_closes_after_opening"),
        ]

    def __str__(self):
        return self.name or str(_("Firm profile"))
