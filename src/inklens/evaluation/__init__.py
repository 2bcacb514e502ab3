"""Numbers from arrays of probabilities and labels. Knows no framework."""

from inklens.evaluation.calibration import fit_temperature, softmax
from inklens.evaluation.classes import ClassScores, per_class_scores
from inklens.evaluation.comparison import Comparison, McNemar, compare, differing_images, mcnemar
from inklens.evaluation.confidence import Confidence
from inklens.evaluation.corruption import CORRUPTIONS, corrupt
from inklens.evaluation.coverage import Coverage, error_against_coverage
from inklens.evaluation.examination import Examination, examine
from inklens.evaluation.interval import wilson_interval
from inklens.evaluation.matching import match_classes
from inklens.evaluation.predictions import prediction_rows
from inklens.evaluation.rejection import Thresholds, check_max_error, unknown_score
from inklens.evaluation.reliability import Reliability, expected_calibration_error, reliability_curve
from inklens.evaluation.robustness import Robustness, measure_robustness
from inklens.evaluation.scores import Evaluation, evaluate, top_k_accuracy
from inklens.evaluation.suspicion import Suspicion, find_suspicious

__all__ = [
    "CORRUPTIONS",
    "ClassScores",
    "Comparison",
    "Confidence",
    "Coverage",
    "Evaluation",
    "Examination",
    "McNemar",
    "Reliability",
    "Robustness",
    "Suspicion",
    "Thresholds",
    "check_max_error",
    "compare",
    "corrupt",
    "differing_images",
    "error_against_coverage",
    "evaluate",
    "examine",
    "expected_calibration_error",
    "find_suspicious",
    "fit_temperature",
    "match_classes",
    "mcnemar",
    "measure_robustness",
    "per_class_scores",
    "prediction_rows",
    "reliability_curve",
    "softmax",
    "top_k_accuracy",
    "unknown_score",
    "wilson_interval",
]
