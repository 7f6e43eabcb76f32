"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentationConfig(AppConfig):
    name = "segmentation"
    verbose_name = _("Segmentation")

    def ready(self):
        """The policies of this wing are inputs of the night."""
        from customers.changes import track
        from segmentation.models import (
            ContributionItem,
            ExpertScore,
            Indicator,
            PyramidPolicy,
            QuadrantPolicy,
            Shadow,
            Weight,
            WeightSet,
        )

        track(Indicator, ExpertScore, PyramidPolicy, QuadrantPolicy, ContributionItem, WeightSet, Weight, Shadow)
