"""Numbers from arrays of probabilities and labels. Knows no framework.

Names resolve when they are first used, so that a prediction loads the thresholds alone.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.evaluation.calibration import fit_temperature
    from inklens.evaluation.class_matching import match_classes
    from inklens.evaluation.class_scores import ClassScores, per_class_scores
    from inklens.evaluation.comparison import Comparison, McNemar, compare, differing_images, mcnemar
    from inklens.evaluation.confidence import Confidence
    from inklens.evaluation.detailed_evaluation import DetailedEvaluation, evaluate_in_detail
    from inklens.evaluation.evaluation import Evaluation, evaluate, top_k_accuracy
    from inklens.evaluation.interval import wilson_interval
    from inklens.evaluation.prediction_table import prediction_rows
    from inklens.evaluation.reliability import Reliability, expected_calibration_error, reliability_curve
    from inklens.evaluation.risk_coverage import RiskCoverageCurve, risk_coverage_curve
    from inklens.evaluation.threshold_choice import check_max_error
    from inklens.evaluation.thresholds import Thresholds

__all__ = [
    "ClassScores",
    "Comparison",
    "Confidence",
    "DetailedEvaluation",
    "Evaluation",
    "McNemar",
    "Reliability",
    "RiskCoverageCurve",
    "Thresholds",
    "check_max_error",
    "compare",
    "differing_images",
    "evaluate",
    "evaluate_in_detail",
    "expected_calibration_error",
    "fit_temperature",
    "match_classes",
    "mcnemar",
    "per_class_scores",
    "prediction_rows",
    "reliability_curve",
    "risk_coverage_curve",
    "top_k_accuracy",
    "wilson_interval",
]

_HOMES = {
    "ClassScores": "class_scores",
    "Comparison": "comparison",
    "Confidence": "confidence",
    "DetailedEvaluation": "detailed_evaluation",
    "Evaluation": "evaluation",
    "McNemar": "comparison",
    "Reliability": "reliability",
    "RiskCoverageCurve": "risk_coverage",
    "Thresholds": "thresholds",
    "check_max_error": "threshold_choice",
    "compare": "comparison",
    "differing_images": "comparison",
    "evaluate": "evaluation",
    "evaluate_in_detail": "detailed_evaluation",
    "expected_calibration_error": "reliability",
    "fit_temperature": "calibration",
    "match_classes": "class_matching",
    "mcnemar": "comparison",
    "per_class_scores": "class_scores",
    "prediction_rows": "prediction_table",
    "reliability_curve": "reliability",
    "risk_coverage_curve": "risk_coverage",
    "top_k_accuracy": "evaluation",
    "wilson_interval": "interval",
}

__getattr__ = lazily(__name__, _HOMES)
