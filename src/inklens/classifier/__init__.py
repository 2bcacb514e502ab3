"""The deployable: one ONNX file and all that it must know, predicting without Keras.

Names resolve when they are first used, so that reading metadata does not load onnxruntime.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.classifier.batch_prediction import (
        FilePrediction as FilePrediction,
        predict_files as predict_files,
    )
    from inklens.classifier.classifier import Classifier as Classifier
    from inklens.classifier.evaluated_model import (
        EvaluatedModel as EvaluatedModel,
        load_for_all as load_for_all,
        predictions_of_all as predictions_of_all,
    )
    from inklens.classifier.image_files import find_images as find_images
    from inklens.classifier.metadata import METADATA_KEY as METADATA_KEY, ModelMetadata as ModelMetadata
    from inklens.classifier.predictions import Predictions as Predictions

__getattr__, __dir__, __all__ = lazily(__name__)
