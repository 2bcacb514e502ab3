"""Pictures of a run as PNG files. Matplotlib is imported only when one is drawn."""

from inklens.reporting.confusion import confusion_matrix_picture
from inklens.reporting.corruptions import corruptions_picture
from inklens.reporting.curves import training_curves
from inklens.reporting.filters import filters_picture
from inklens.reporting.grids import predictions_grid, sample_grid
from inklens.reporting.suspects import suspects_picture

__all__ = [
    "confusion_matrix_picture",
    "corruptions_picture",
    "filters_picture",
    "predictions_grid",
    "sample_grid",
    "suspects_picture",
    "training_curves",
]
