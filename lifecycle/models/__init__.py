"""Every table of the lifecycle wing, so that Django sees them."""

from lifecycle.models.policy import LifecyclePolicy
from lifecycle.models.record import ModelFit, StageChange

__all__ = ["LifecyclePolicy", "ModelFit", "StageChange"]
