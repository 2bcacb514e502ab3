"""Numbers from arrays of probabilities and labels. Knows no framework."""

from inklens.evaluation.calibration import fit_temperature, softmax
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
from inklens.evaluation.thresholds import Thresholds, check_max_error, unknown_score

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
    "softmax",
    "top_k_accuracy",
    "unknown_score",
    "wilson_interval",
]
