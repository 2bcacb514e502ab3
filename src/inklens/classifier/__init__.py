"""The deployable: one ONNX file and all that it must know, predicting without Keras.

Names resolve when they are first used, so that reading metadata does not load onnxruntime.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.classifier.answers import Predictions
    from inklens.classifier.candidates import Answers, Candidate, answers_of_all, load_for_all
    from inklens.classifier.classifier import Classifier
    from inklens.classifier.files import find_images
    from inklens.classifier.metadata import METADATA_KEY, ModelMetadata, Reject
    from inklens.classifier.scoring import Scored, score_files

__all__ = [
    "METADATA_KEY",
    "Answers",
    "Candidate",
    "Classifier",
    "ModelMetadata",
    "Predictions",
    "Reject",
    "Scored",
    "answers_of_all",
    "find_images",
    "load_for_all",
    "score_files",
]

_HOMES = {
    "METADATA_KEY": "metadata",
    "Answers": "candidates",
    "Candidate": "candidates",
    "Classifier": "classifier",
    "ModelMetadata": "metadata",
    "Predictions": "answers",
    "Reject": "metadata",
    "Scored": "scoring",
    "answers_of_all": "candidates",
    "find_images": "files",
    "load_for_all": "candidates",
    "score_files": "scoring",
}

__getattr__ = lazily(__name__, _HOMES)
