"""One model file that predicts anywhere, without Keras."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inklens.classifier.image_inputs import Image, framed
from inklens.classifier.metadata import ModelMetadata
from inklens.classifier.onnx_file import check, read
from inklens.classifier.onnx_session import OnnxSession
from inklens.classifier.predictions import Predictions, decide_status, id_probability
from inklens.errors import DataError, ModelError
from inklens.paths import given_path
from inklens.pixels import PixelSpec

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from inklens.datasets import Split

# Larger batches are not faster: the images of one go through a network of ours one after the other.
MAX_BATCH = 64
MAX_THREADS = 8

_BATCH_PIXELS = MAX_BATCH * 64 * 64
_BLOCK = 4096  # images of a split that are read at a time


class Classifier:
    """A trained network in the hand: framing, network, calibration, "unknown". Threads may share one.

    Example:
        >>> classifier = Classifier.open("runs/mnist-fast-1/model.onnx")
        >>> classifier.predict("seven.png").labels
        ('7',)
    """

    def __init__(self, session: OnnxSession, metadata: ModelMetadata, threads: int) -> None:
        self._session = session
        self._threads = threads
        self.metadata = metadata

    @classmethod
    def open(cls, path: str | Path, *, threads: int | None = None) -> Classifier:
        """Opens a model.onnx that Inklens wrote. The file is not trusted; see `inklens.classifier.onnx_file`.

        Args:
            path: the file, or the run folder that holds it.
            threads: how many batches of a large array go through the network side by side; None is one for
                each core, at most 8.

        Raises:
            ModelError: no such file, damaged, not one of ours, or refused because it is not safe.
        """
        file = given_path(path)
        if file.is_dir():
            file = file / "model.onnx"
        return cls.from_bytes(read(file), file, threads=threads)

    @classmethod
    def from_bytes(cls, content: bytes, source: Path, *, threads: int | None = None) -> Classifier:
        """Opens the content of a model.onnx; `source` is where it is from, for errors.

        Raises:
            ModelError: as `open` does.
        """
        try:
            metadata, content = check(content)
            return cls(OnnxSession(content), metadata, threads or min(MAX_THREADS, available_cores()))
        except ModelError as error:
            raise ModelError(f"{source} cannot be used: {error}") from error

    @property
    def class_names(self) -> tuple[str, ...]:
        """One for each column of the probabilities."""
        return self.metadata.class_names

    @property
    def spec(self) -> PixelSpec:
        """What an image is brought to before the network sees it."""
        return self.metadata.pixels

    @property
    def batch_size(self) -> int:
        """How many images go through the network at once, 64 small ones or fewer large ones."""
        return _batch_size(self.spec)

    def predict(self, images: Image | Sequence[Image] | Split) -> Predictions:
        """Says what is in images of any size, brought to the network's own by `inklens.pixels.frame`.

        For more files than memory holds see `inklens.classifier.predict_files`.

        Args:
            images: a path, an array, or a sequence of both. Arrays are (H, W), (H, W, C), (N, H, W) or
                (N, H, W, C), C being 1 (grey) or 3 (RGB); (3, H, W) is three grey images, and refused where
                the network takes RGB. Whole numbers 0-255, floats 0-1 or booleans. Or a split of a data set,
                such as `data.test`: its images have been framed when they were loaded, and are taken as they
                are, a block at a time.

        Raises:
            DataError: an array of another shape, type or range.
            ImageError: a file that cannot be decoded.
            ModelError: the network fails on them, as no network of ours does.
        """
        from inklens.datasets.splits import Split

        if not isinstance(images, Split):
            return self.predict_framed(framed(images, self.spec))
        if images.images.shape[1:] != self.spec.shape:
            raise DataError(
                f"images of shape {images.images.shape[1:]}; expected {self.spec.shape}, as the network was "
                "trained: load the data with that size and channel count"
            )
        starts = range(0, max(1, len(images)), _BLOCK)
        blocks = (images.batch(slice(start, start + _BLOCK)) for start in starts)
        return Predictions.joined([self.predict_framed(block) for block in blocks])

    def predict_framed(self, pixels: NDArray[np.uint8]) -> Predictions:
        """Says what is in pixels that are ready for the network.

        Args:
            pixels: uint8 (N, H, W, C), 0-255, of the size in `spec`.

        Raises:
            DataError: another type or shape.
            ModelError: the network fails on them, as no network of ours does.
        """
        if (
            not isinstance(pixels, np.ndarray)
            or pixels.dtype != np.uint8
            or pixels.shape[1:] != self.spec.shape
        ):
            given = f"{getattr(pixels, 'dtype', type(pixels).__name__)} {getattr(pixels, 'shape', '')}"
            expected = ", ".join(map(str, ("N", *self.spec.shape)))
            raise DataError(
                f"pixels of {given.strip()}; expected uint8 ({expected}): "
                "give them to predict, which frames them, or to inklens.pixels.as_batch"
            )
        size = self.batch_size
        batches = [pixels[start : start + size] for start in range(0, len(pixels), size)]
        parallel = len(batches) > 1 and self._threads > 1
        answers = list((self._pool.map if parallel else map)(self._run, batches))
        if len(answers) == 1:
            probabilities, id_score = answers[0]
        else:
            none = np.empty((0, len(self.class_names)), np.float32), np.empty(0, np.float32)
            probabilities, id_score = (np.concatenate(parts) for parts in zip(none, *answers, strict=True))
        status = decide_status(pixels, probabilities, id_score, self.metadata.thresholds)
        in_distribution = id_probability(id_score, self.metadata)
        return Predictions(self.class_names, probabilities, id_score, status, in_distribution)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self._threads, "inklens-predict")

    def _run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        probabilities, id_score = self._session.run(pixels)
        # The file only claims its shapes; a row that does not sum to 1 is no answer, and neither is NaN.
        shapes = (len(pixels), len(self.class_names)), (len(pixels),)
        if (probabilities.shape, id_score.shape) != shapes:
            raise ModelError(f"the network gives {probabilities.shape}, {id_score.shape}; expected {shapes}")
        if not np.abs(probabilities.sum(axis=1) - 1).max() < 1e-3 or np.isnan(id_score).any():
            raise ModelError("the network gives numbers that are no probabilities; export the model again")
        return probabilities, id_score


def available_cores() -> int:
    """The cores that this process may use, which may be fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)  # macOS and Windows have none
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _batch_size(spec: PixelSpec) -> int:
    return max(1, min(MAX_BATCH, _BATCH_PIXELS // (spec.height * spec.width)))
