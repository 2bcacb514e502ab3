"""One model file that predicts anywhere, without Keras."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_state

from inklens.classifier.guard import INPUT, OUTPUTS, check, read
from inklens.classifier.image_inputs import Image, framed
from inklens.classifier.metadata import ModelMetadata
from inklens.classifier.predictions import Predictions, decide_status, known_share
from inklens.classifier.work import Work
from inklens.errors import DataError, ModelError
from inklens.pixels import PixelSpec

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# Larger batches are not faster: the images of one go through a network of ours one after the other.
MAX_BATCH = 64
MAX_THREADS = 8
# What all networks of a process may allocate together: a hostile file of 1 kB can ask for any amount.
MAX_MEMORY = 2 * 2**30

_BATCH_PIXELS = MAX_BATCH * 64 * 64
# onnxruntime's errors have no common root but Exception.
_ONNXRUNTIME_ERRORS = (
    MemoryError,
    RuntimeError,
    ValueError,
    onnxruntime_state.EPFail,
    onnxruntime_state.Fail,
    onnxruntime_state.InvalidArgument,
    onnxruntime_state.InvalidGraph,
    onnxruntime_state.InvalidProtobuf,
    onnxruntime_state.NotImplemented,
    onnxruntime_state.RuntimeException,
)


class Classifier:
    """A trained network in the hand: framing, network, calibration, "unknown". Threads may share one.

    Example:
        >>> classifier = Classifier.open("runs/mnist-fast-1/model.onnx")
        >>> classifier.predict("seven.png").labels
        ('7',)
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, metadata: ModelMetadata, work: Work, threads: int
    ) -> None:
        self._session = session
        self._work = work
        self._threads = threads
        self.metadata = metadata

    @classmethod
    def open(cls, path: str | Path, *, threads: int | None = None) -> Classifier:
        """Opens a model.onnx that Inklens wrote. The file is not trusted; see `inklens.classifier.guard`.

        Args:
            path: the file, or the run folder that holds it.
            threads: how many batches of a large array go through the network side by side; None is one for
                each core, at most 8.

        Raises:
            ModelError: no such file, damaged, not one of ours, or refused because it is not safe.
        """
        file = Path(path).expanduser()
        if file.is_dir():
            file = file / "model.onnx"
        content = read(file)
        try:
            metadata, work = check(content)
            # Before onnxruntime sees it, for opening a file already computes what has constants only.
            for images in (1, _batch_size(metadata.pixels)):
                work.check(images)
            return cls(_session(content), metadata, work, threads or min(MAX_THREADS, available_cores()))
        except ModelError as error:
            raise ModelError(f"{file} cannot be used: {error}") from error

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
        """How many images go through the network at once: 64 small ones, fewer large ones."""
        return _batch_size(self.spec)

    def predict(self, images: Image | Sequence[Image]) -> Predictions:
        """Says what is in images of any size, brought to the network's own by `inklens.pixels.frame`.

        For more files than memory holds see `inklens.classifier.score_files`.

        Args:
            images: a path, an array, or a sequence of both. Arrays are (H, W), (H, W, C), (N, H, W) or
                (N, H, W, C), C being 1 (grey) or 3 (RGB); (3, H, W) is three grey images, and refused where
                the network takes RGB. Whole numbers 0-255, floats 0-1 or booleans.

        Raises:
            DataError: an array of another shape, type or range.
            ImageError: a file that cannot be decoded.
            ModelError: the network fails on them, as no network of ours does.
        """
        return self.predict_framed(framed(images, self.spec))

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
            probabilities, score = answers[0]
        else:
            none = np.empty((0, len(self.class_names)), np.float32), np.empty(0, np.float32)
            probabilities, score = (np.concatenate(parts) for parts in zip(none, *answers, strict=True))
        status = decide_status(pixels, probabilities, score, self.metadata.reject)
        known = known_share(score, self.metadata)
        return Predictions(self.class_names, probabilities, score, status, known)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self._threads, "inklens-predict")

    def _run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self._work.check(len(pixels))
        try:
            probabilities, score = self._session.run(OUTPUTS, {INPUT: pixels})
        except _ONNXRUNTIME_ERRORS as error:
            raise ModelError(f"the network fails on {len(pixels)} images: {_one_line(error)}") from error
        # The file only claims its shapes; a row that does not sum to 1 is no answer, and neither is NaN.
        shapes = (len(pixels), len(self.class_names)), (len(pixels),)
        if (probabilities.shape, score.shape) != shapes:
            raise ModelError(f"the network gives {probabilities.shape}, {score.shape}; expected {shapes}")
        if not np.abs(probabilities.sum(axis=1) - 1).max() < 1e-3 or np.isnan(score).any():
            raise ModelError("the network gives numbers that are no probabilities; export the model again")
        return probabilities, score


def available_cores() -> int:
    """The cores that this process may use, which may be fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)  # macOS and Windows have none
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _batch_size(spec: PixelSpec) -> int:
    return max(1, min(MAX_BATCH, _BATCH_PIXELS // (spec.height * spec.width)))


def _session(content: bytes) -> onnxruntime.InferenceSession:
    _limit_memory()
    options = onnxruntime.SessionOptions()
    # Threads inside the network wait for each other, spinning, at every layer: on a busy machine with two
    # cores the same images in batches side by side went through 1.4 to 4 times as fast.
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is in the exception; onnxruntime would print it too
    # Else onnxruntime plans one block of memory for each batch size it meets, and keeps them all.
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Else bytes that also read as onnxruntime's own format would be taken for that, past the guard.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except _ONNXRUNTIME_ERRORS as error:
        raise ModelError(f"onnxruntime refuses it: {_one_line(error)}") from error


@cache
def _limit_memory() -> None:
    """One arena with a limit for all sessions of this process; growing by what is asked, not by doubling."""
    where: Any = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    arena = onnxruntime.OrtArenaCfg({"max_mem": MAX_MEMORY, "arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(where, arena)


def _one_line(error: Exception) -> str:
    """What onnxruntime says may hold names from the file: escaped, and cut."""
    return ascii(" ".join(str(error).split()))[1:301]
