"""Pictures of a run as PNG files. Matplotlib is imported only when one is drawn."""

from inklens.reporting.confusion import confusion_matrix_picture
from inklens.reporting.corruptions import corruptions_picture
from inklens.reporting.curves import training_curves
from inklens.reporting.examination import write_examination
from inklens.reporting.explanations import (
    class_activation_picture,
    explanation_picture,
    occlusion_picture,
)
from inklens.reporting.features import feature_maps_picture
from inklens.reporting.filters import filters_picture
from inklens.reporting.grids import augmentation_grid, differences_grid, predictions_grid, sample_grid
from inklens.reporting.reliability import coverage_picture, reliability_picture
from inklens.reporting.suspects import suspects_picture

__all__ = [
    "augmentation_grid",
    "class_activation_picture",
    "confusion_matrix_picture",
    "corruptions_picture",
    "coverage_picture",
    "differences_grid",
    "explanation_picture",
    "feature_maps_picture",
    "filters_picture",
    "occlusion_picture",
    "predictions_grid",
    "reliability_picture",
    "sample_grid",
    "suspects_picture",
    "training_curves",
    "write_examination",
]
