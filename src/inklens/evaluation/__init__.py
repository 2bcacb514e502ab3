"""Numbers from arrays of probabilities and labels. Knows no framework."""

from inklens.evaluation.calibration import fit_temperature, softmax
from inklens.evaluation.classes import ClassScores, per_class_scores
from inklens.evaluation.comparison import Comparison, McNemar, compare, differing_images, mcnemar
from inklens.evaluation.confidence import Confidence
from inklens.evaluation.coverage import Coverage, error_against_coverage
from inklens.evaluation.examination import Examination, examine
from inklens.evaluation.interval import wilson_interval
from inklens.evaluation.matching import match_classes
from inklens.evaluation.prediction_table import prediction_rows
from inklens.evaluation.reliability import Reliability, expected_calibration_error, reliability_curve
from inklens.evaluation.scores import Evaluation, evaluate, top_k_accuracy
from inklens.evaluation.thresholds import Thresholds, check_max_error, unknown_score

__all__ = [
    "ClassScores",
    "Comparison",
    "Confidence",
    "Coverage",
    "Evaluation",
    "Examination",
    "McNemar",
    "Reliability",
    "Thresholds",
    "check_max_error",
    "compare",
    "differing_images",
    "error_against_coverage",
    "evaluate",
    "examine",
    "expected_calibration_error",
    "fit_temperature",
    "match_classes",
    "mcnemar",
    "per_class_scores",
    "prediction_rows",
    "reliability_curve",
    "softmax",
    "top_k_accuracy",
    "unknown_score",
    "wilson_interval",
]
