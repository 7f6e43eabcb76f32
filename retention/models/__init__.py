"""Every table of retention, so that Django sees them."""

from retention.models.exits import ExitDecision
from retention.models.kpis import KpiMeasure, RetentionKPI
from retention.models.losses import CarePolicy, CauseMeasure, DeclineDecision, Loss, WinBack
from retention.models.outbox import OutboxMail
from retention.models.policies import VisitCadence, WorkPolicy
from retention.models.proof import ProofAssignment, ProofPolicy, RuleKept
from retention.models.selling import Offer, SellingReport
from retention.models.surveys import SurveyLink
from retention.models.tasks import RetentionTask, StepDone, TaskEvent
from retention.models.templates import TaskTemplate, TemplateStep

__all__ = [
    "CarePolicy",
    "CauseMeasure",
    "DeclineDecision",
    "ExitDecision",
    "KpiMeasure",
    "Loss",
    "Offer",
    "OutboxMail",
    "ProofAssignment",
    "ProofPolicy",
    "RetentionKPI",
    "RetentionTask",
    "RuleKept",
    "SellingReport",
    "StepDone",
    "SurveyLink",
    "TaskEvent",
    "TaskTemplate",
    "TemplateStep",
    "VisitCadence",
    "WinBack",
    "WorkPolicy",
]
