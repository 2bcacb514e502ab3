"""Numbers from arrays of probabilities and labels. Knows no framework."""

from inklens.evaluation.interval import wilson_interval
from inklens.evaluation.predictions import prediction_rows
from inklens.evaluation.scores import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate", "prediction_rows", "wilson_interval"]
