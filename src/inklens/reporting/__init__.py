"""Pictures of a run as PNG files. Matplotlib is imported only when one is drawn."""

from inklens.reporting.confusion import confusion_matrix_picture
from inklens.reporting.curves import training_curves
from inklens.reporting.explanations import (
    class_activation_picture,
    explanation_picture,
    occlusion_picture,
)
from inklens.reporting.features import feature_maps_picture
from inklens.reporting.filters import filters_picture
from inklens.reporting.grids import predictions_grid, sample_grid

__all__ = [
    "class_activation_picture",
    "confusion_matrix_picture",
    "explanation_picture",
    "feature_maps_picture",
    "filters_picture",
    "occlusion_picture",
    "predictions_grid",
    "sample_grid",
    "training_curves",
]
