"""Pictures of a run as PNG files, and its report.

Names resolve when they are first used. Without Matplotlib that is a MissingPackageError.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.reporting.confusion_picture import confusion_matrix_picture as confusion_matrix_picture
    from inklens.reporting.corruption_sheet import corruptions_picture as corruptions_picture
    from inklens.reporting.curves_picture import training_curves as training_curves
    from inklens.reporting.evaluation_files import write_evaluation as write_evaluation
    from inklens.reporting.explanation_pictures import (
        class_activation_picture as class_activation_picture,
        explanation_picture as explanation_picture,
        occlusion_picture as occlusion_picture,
    )
    from inklens.reporting.feature_map_sheet import feature_maps_picture as feature_maps_picture
    from inklens.reporting.filter_sheet import filters_picture as filters_picture
    from inklens.reporting.image_grids import (
        augmentation_grid as augmentation_grid,
        differences_grid as differences_grid,
        label_issues_picture as label_issues_picture,
        predictions_grid as predictions_grid,
        sample_grid as sample_grid,
    )
    from inklens.reporting.reliability_diagrams import (
        coverage_picture as coverage_picture,
        reliability_picture as reliability_picture,
    )
    from inklens.reporting.run_report import report_run as report_run
    from inklens.reporting.search_pictures import (
        importance_picture as importance_picture,
        search_history_picture as search_history_picture,
    )

__getattr__, __dir__, __all__ = lazily(__name__)
