"""Shadows: a draft scored beside the published weights for some nights, to be compared before it counts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField
from customers.models import Customer, Night
from customers.vocabulary import Level, Quadrant
from segmentation.models.weights import WeightSet


class Shadow(models.Model):
    """The order to score a weight set beside the published one for some nights."""

    weight_set = models.ForeignKey(
        WeightSet, verbose_name=_("weight set"), on_delete=models.CASCADE, related_name="shadows"
    )
    nights = models.PositiveSmallIntegerField(_("nights"), default=7)
    left = models.PositiveSmallIntegerField(_("nights left"), default=7)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("started by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("shadow"), _("shadows")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(nights__gte=1, nights__lte=60), name="shadow_nights_range"),
            models.UniqueConstraint(fields=["weight_set"], condition=Q(left__gt=0), name="one_open_shadow_per_set"),
        ]

    def __str__(self):
        return str(self.weight_set)


class ShadowNight(models.Model):
    """What a shadow said in one night, in sum: counts by level and quadrant, and matrices against the published."""

    shadow = models.ForeignKey(Shadow, on_delete=models.CASCADE, related_name="told")
    night = models.ForeignKey(Night, on_delete=models.CASCADE, related_name="+")
    as_of = models.DateField(_("as of"))
    summary = models.JSONField(default=dict)

    class Meta:
        ordering = ["-as_of", "-id"]
        constraints = [models.UniqueConstraint(fields=["shadow", "night"], name="one_shadow_row_per_night")]


class ShadowScore(models.Model):
    """What a shadow said about one customer in one night. Written in bulk by the night, never changed."""

    pk = models.CompositePrimaryKey("told_id", "customer_id")
    told = models.ForeignKey(ShadowNight, on_delete=models.CASCADE, related_name="scores", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_index=True, db_constraint=False
    )
    current_score = models.FloatField(null=True)
    potential_score = models.FloatField(null=True)
    total_score = models.FloatField(null=True)
    rank = models.IntegerField(null=True)
    level = CodeField(enum=Level, blank=True)
    quadrant = CodeField(enum=Quadrant)
