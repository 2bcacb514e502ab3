"""Proof that an exported file says what the network says: it is loaded afresh and asked the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ExportError, ModelError
from inklens.evaluation import softmax, unknown_score

BATCH_SIZES = (1, 7, 64)
TOLERANCE = 1e-5
# The score is a difference of logits, some 20 in size, where float32 has a step of 2e-6.
SCORE_TOLERANCE = 1e-3

Outputs = tuple[NDArray[np.float32], NDArray[np.float32] | None]
Predict = Callable[[NDArray[np.uint8]], Outputs]


@dataclass(frozen=True)
class Proof:
    """What was compared: how many images, and how far the probabilities were apart at most."""

    images: int
    largest_difference: float


def prove(
    path: Path, format_name: str, images: NDArray[np.uint8], logits: NDArray[np.float32], temperature: float
) -> Proof:
    """Compares a written file with the network that it came from, at batch sizes 1, 7 and 64.

    Args:
        path: the file; SavedModel: the folder.
        format_name: one of `inklens.export.FORMATS`.
        images: uint8 (N, H, W, C), held out.
        logits: float32 (N, C), the Keras network's for these images.
        temperature: what they are divided by.

    Raises:
        ExportError: a label differs, or probabilities by more than 1e-5.
    """
    predict = LOADERS[format_name](path)
    expected, scores = softmax(logits, temperature), unknown_score(logits)
    largest, labels = 0.0, 0
    for chosen in _batches(len(images)):
        probabilities, score = predict(images[chosen])
        if probabilities.shape != expected[chosen].shape:
            raise ExportError(
                f"the {format_name} file gives an array of shape {probabilities.shape} for "
                f"{len(chosen)} images; expected {expected[chosen].shape}; the file was not kept"
            )
        labels += int((probabilities.argmax(axis=1) != expected[chosen].argmax(axis=1)).sum())
        largest = max(largest, _largest(probabilities, expected[chosen]))
        if score is not None and _largest(score, scores[chosen]) > SCORE_TOLERANCE:
            raise ExportError(
                f"the {format_name} file gives scores that differ by up to "
                f"{_largest(score, scores[chosen]):.1e} from the network's; the file was not kept"
            )
    if labels or largest > TOLERANCE:
        raise ExportError(
            f"the {format_name} file does not say what the network says: probabilities differ by up to "
            f"{largest:.1e} (expected at most {TOLERANCE:.0e}) and {labels} labels differ on "
            f"{len(images)} images; the file was not kept"
        )
    return Proof(len(images), largest)


def _batches(images: int) -> Iterator[NDArray[np.int64]]:
    """Every image at least once, in batches of 1, 7, 64, 1, ... and each of these sizes at least once."""
    start = 0
    while start < images or start < sum(BATCH_SIZES):
        for size in BATCH_SIZES:
            yield np.arange(start, start + size) % images
            start += size


def _largest(given: NDArray[np.float32], expected: NDArray[np.float64]) -> float:
    """The largest difference; infinite where something is not a number."""
    return float(np.nan_to_num(np.abs(given - expected), nan=np.inf).max())


def _load_onnx(path: Path) -> Predict:
    """As whoever uses it opens it, so that no file is kept that would be refused."""
    from inklens.classifier import Classifier

    def asked(question: Callable[..., Any], *given: object) -> Any:
        try:
            return question(*given)
        except ModelError as error:
            raise ExportError(f"the onnx file would be of no use: {error}; it was not kept") from error

    classifier = asked(Classifier.open, path)

    def predict(pixels: NDArray[np.uint8]) -> Outputs:
        said = asked(classifier.predict_framed, pixels)
        return said.probabilities, said.score

    return predict


def _load_tflite(path: Path) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    signature = interpreter.get_signature_runner()

    def predict(pixels: NDArray[np.uint8]) -> Outputs:
        outputs = signature(pixels=pixels)
        return outputs["probabilities"], outputs["score"]

    return predict


def _load_saved_model(path: Path) -> Predict:
    import tensorflow

    model = tensorflow.saved_model.load(str(path))

    def predict(pixels: NDArray[np.uint8]) -> Outputs:
        outputs = model.serve(pixels)
        return outputs["probabilities"].numpy(), outputs["score"].numpy()

    return predict


def _load_keras(path: Path) -> Predict:
    from inklens.networks.keras_file import load_network

    network = load_network(path)
    return lambda pixels: (np.asarray(network.predict_on_batch(pixels)), None)


LOADERS: dict[str, Callable[[Path], Predict]] = {
    "onnx": _load_onnx,
    "tflite": _load_tflite,
    "saved_model": _load_saved_model,
    "keras": _load_keras,
}
