"""Every table of segmentation, so that Django sees them."""

from segmentation.models.indicators import ExpertScore, Indicator
from segmentation.models.policies import PyramidPolicy, QuadrantStrategy
from segmentation.models.weights import Weight, WeightPolicy, WeightSet

__all__ = ["ExpertScore", "Indicator", "PyramidPolicy", "QuadrantStrategy", "Weight", "WeightPolicy", "WeightSet"]
