"""The deployable: one ONNX file and all that it must know, predicting without Keras.

Names resolve when they are first used, so that reading metadata does not load onnxruntime.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.classifier.batch_prediction import FilePrediction, predict_files
    from inklens.classifier.classifier import Classifier
    from inklens.classifier.evaluated_model import (
        EvaluatedModel,
        LabelledPredictions,
        load_for_all,
        predictions_of_all,
    )
    from inklens.classifier.image_files import find_images
    from inklens.classifier.metadata import METADATA_KEY, ModelMetadata
    from inklens.classifier.predictions import Predictions

__all__ = [
    "METADATA_KEY",
    "Classifier",
    "EvaluatedModel",
    "FilePrediction",
    "LabelledPredictions",
    "ModelMetadata",
    "Predictions",
    "find_images",
    "load_for_all",
    "predict_files",
    "predictions_of_all",
]

_HOMES = {
    "Classifier": "classifier",
    "EvaluatedModel": "evaluated_model",
    "FilePrediction": "batch_prediction",
    "LabelledPredictions": "evaluated_model",
    "METADATA_KEY": "metadata",
    "ModelMetadata": "metadata",
    "Predictions": "predictions",
    "find_images": "image_files",
    "load_for_all": "evaluated_model",
    "predict_files": "batch_prediction",
    "predictions_of_all": "evaluated_model",
}

__getattr__ = lazily(__name__, _HOMES)
