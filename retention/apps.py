"""Django's registration of this app."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "retention"
    verbose_name = _("Retention")

    def ready(self):
        """The policies of this wing are inputs of the night; tasks follow customers, and leave who may not do them."""
        from customers import sets
        from customers.changes import track
        from customers.selectors import gates, timeline
        from customers.signals import customer_reassigned
        from retention import merging, services, tasks
        from retention.kpis.sets import KpiSet
        from retention.losses import events
        from retention.models import CarePolicy, ExitDecision, Loss, ProofPolicy, TaskTemplate, VisitCadence, WorkPolicy

        track(CarePolicy, ExitDecision, Loss, ProofPolicy, TaskTemplate, VisitCadence, WorkPolicy)
        customer_reassigned.connect(services.follow_customers, dispatch_uid="retention-follow")
        post_save.connect(tasks.follow_person, sender=settings.AUTH_USER_MODEL, dispatch_uid="retention-person")
        merging.declare_all()
        sets.offer("kpi", KpiSet())
        timeline.offer("loss", _("Losing and winning back"), events.entries)
        gates.ask(events.gate)
