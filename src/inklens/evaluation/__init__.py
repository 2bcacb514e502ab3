"""Numbers from arrays of probabilities and labels. Knows no framework."""

from inklens.evaluation.calibration import expected_calibration_error, fit_temperature, softmax
from inklens.evaluation.confidence import Confidence
from inklens.evaluation.interval import wilson_interval
from inklens.evaluation.predictions import prediction_rows
from inklens.evaluation.rejection import Thresholds, check_max_error, unknown_score
from inklens.evaluation.scores import Evaluation, evaluate

__all__ = [
    "Confidence",
    "Evaluation",
    "Thresholds",
    "check_max_error",
    "evaluate",
    "expected_calibration_error",
    "fit_temperature",
    "prediction_rows",
    "softmax",
    "unknown_score",
    "wilson_interval",
]
