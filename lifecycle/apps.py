"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LifecycleConfig(AppConfig):
    name = "lifecycle"
    verbose_name = _("Lifecycle")

    def ready(self):
        """The policies of this wing, and what people decide about stages, are inputs of the night."""
        from customers.changes import track
        from lifecycle import merging
        from lifecycle.models import LifecyclePolicy, RelationshipSignal, StageOverride, WarningPolicy

        track(LifecyclePolicy, WarningPolicy, RelationshipSignal, StageOverride)
        merging.declare_all()
