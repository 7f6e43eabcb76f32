"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "retention"
    verbose_name = _("Retention")

    def ready(self):
        """The policies of this wing are inputs of the night; tasks follow their customers."""
        from customers.changes import track
        from customers.signals import customer_reassigned
        from retention import services
        from retention.models import TaskTemplate

        track(TaskTemplate)
        customer_reassigned.connect(services.follow_customers, dispatch_uid="retention-follow")
