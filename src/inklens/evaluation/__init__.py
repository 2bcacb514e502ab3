"""Numbers from arrays of probabilities and labels. Knows no framework."""

from inklens.evaluation.calibration import expected_calibration_error, fit_temperature, softmax
from inklens.evaluation.confidence import Confidence
from inklens.evaluation.corruption import CORRUPTIONS, corrupt
from inklens.evaluation.interval import wilson_interval
from inklens.evaluation.predictions import prediction_rows
from inklens.evaluation.rejection import Thresholds, check_max_error, unknown_score
from inklens.evaluation.robustness import Robustness, measure_robustness
from inklens.evaluation.scores import Evaluation, evaluate
from inklens.evaluation.suspicion import Suspicion, find_suspicious

__all__ = [
    "CORRUPTIONS",
    "Confidence",
    "Evaluation",
    "Robustness",
    "Suspicion",
    "Thresholds",
    "check_max_error",
    "corrupt",
    "evaluate",
    "expected_calibration_error",
    "find_suspicious",
    "fit_temperature",
    "measure_robustness",
    "prediction_rows",
    "softmax",
    "unknown_score",
    "wilson_interval",
]
