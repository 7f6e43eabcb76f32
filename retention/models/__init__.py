"""Every table of retention, so that Django sees them."""

from retention.models.surveys import SurveyLink
from retention.models.tasks import RetentionTask, TaskEvent, TaskTemplate

__all__ = ["RetentionTask", "SurveyLink", "TaskEvent", "TaskTemplate"]
