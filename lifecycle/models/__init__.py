"""Every table of the lifecycle wing, so that Django sees them."""

from lifecycle.models.backtest import BacktestFigure, BacktestRun
from lifecycle.models.claims import Claim
from lifecycle.models.decisions import ExplorationCheck, PatternReason, RelationshipSignal, StageOverride
from lifecycle.models.displays import ModelStage, StageBudget, StageModel, StagePreference
from lifecycle.models.estimates import ValueEstimate
from lifecycle.models.policy import LifecyclePolicy
from lifecycle.models.record import ModelFit, StageChange
from lifecycle.models.warning import WarningPolicy

__all__ = [
    "BacktestFigure",
    "BacktestRun",
    "Claim",
    "ExplorationCheck",
    "LifecyclePolicy",
    "ModelFit",
    "ModelStage",
    "PatternReason",
    "RelationshipSignal",
    "StageBudget",
    "StageChange",
    "StageModel",
    "StageOverride",
    "StagePreference",
    "ValueEstimate",
    "WarningPolicy",
]
