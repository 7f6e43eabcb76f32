"""Every table of segmentation, so that Django sees them."""

from segmentation.models.indicators import ExpertScore, Indicator, ManualValue
from segmentation.models.policies import ContributionItem, PyramidPolicy, QuadrantPolicy, QuadrantStrategy
from segmentation.models.shadow import Shadow, ShadowNight, ShadowScore
from segmentation.models.studies import Invitation, Judgement, Question, Study
from segmentation.models.trees import IndicatorTree, TreeNode
from segmentation.models.weights import Weight, WeightPolicy, WeightSet

__all__ = [
    "ContributionItem",
    "ExpertScore",
    "Indicator",
    "IndicatorTree",
    "Invitation",
    "Judgement",
    "ManualValue",
    "PyramidPolicy",
    "QuadrantPolicy",
    "QuadrantStrategy",
    "Question",
    "Shadow",
    "ShadowNight",
    "ShadowScore",
    "Study",
    "TreeNode",
    "Weight",
    "WeightPolicy",
    "WeightSet",
]
