"""Numbers from arrays of probabilities and labels. Knows no framework.

Names resolve when they are first used, so that a prediction loads the thresholds alone.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.evaluation.calibration import fit_temperature as fit_temperature
    from inklens.evaluation.class_matching import match_classes as match_classes
    from inklens.evaluation.class_scores import (
        note_on_labels as note_on_labels,
        per_class_scores as per_class_scores,
    )
    from inklens.evaluation.comparison import (
        Comparison as Comparison,
        compare as compare,
        differing_images as differing_images,
        mcnemar as mcnemar,
    )
    from inklens.evaluation.confidence import Confidence as Confidence
    from inklens.evaluation.detailed_evaluation import (
        DetailedEvaluation as DetailedEvaluation,
        evaluate_in_detail as evaluate_in_detail,
    )
    from inklens.evaluation.evaluation import (
        Evaluation as Evaluation,
        evaluate as evaluate,
        top_k_accuracy as top_k_accuracy,
    )
    from inklens.evaluation.interval import wilson_interval as wilson_interval
    from inklens.evaluation.prediction_table import prediction_rows as prediction_rows
    from inklens.evaluation.reliability import (
        Reliability as Reliability,
        expected_calibration_error as expected_calibration_error,
        reliability_curve as reliability_curve,
    )
    from inklens.evaluation.risk_coverage import (
        RiskCoverageCurve as RiskCoverageCurve,
        risk_coverage_curve as risk_coverage_curve,
    )
    from inklens.evaluation.threshold_choice import check_max_error as check_max_error
    from inklens.evaluation.thresholds import Thresholds as Thresholds

__getattr__, __dir__, __all__ = lazily(__name__)
