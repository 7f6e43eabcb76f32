"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentationConfig(AppConfig):
    name = "segmentation"
    verbose_name = _("Segmentation")

    def ready(self):
        """The policies of this wing are inputs of the night."""
        from customers.changes import track
        from customers.merging import VERDICT, apart, declare
        from segmentation import models as m

        track(
            m.Indicator, m.ExpertScore, m.ManualValue, m.PyramidPolicy, m.QuadrantPolicy, m.ContributionItem,
            m.WeightSet, m.Weight, m.Shadow,
        )  # fmt: skip
        declare(m.ExpertScore, apart("indicator", "scorer", "date"))
        declare(m.ManualValue, apart("indicator", "date"))
        declare(m.ShadowScore, VERDICT)
