"""Pictures of a run as PNG files. Matplotlib is imported only when one is drawn."""

from inklens.reporting.confusion_picture import confusion_matrix_picture
from inklens.reporting.corruption_sheet import corruptions_picture
from inklens.reporting.curves_picture import training_curves
from inklens.reporting.evaluation_files import write_evaluation
from inklens.reporting.explanation_pictures import (
    class_activation_picture,
    explanation_picture,
    occlusion_picture,
)
from inklens.reporting.feature_map_sheet import feature_maps_picture
from inklens.reporting.filter_sheet import filters_picture
from inklens.reporting.image_grids import (
    augmentation_grid,
    differences_grid,
    label_issues_picture,
    predictions_grid,
    sample_grid,
)
from inklens.reporting.reliability_diagrams import coverage_picture, reliability_picture

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
    "label_issues_picture",
    "occlusion_picture",
    "predictions_grid",
    "reliability_picture",
    "sample_grid",
    "training_curves",
    "write_evaluation",
]
