"""onnxruntime with limits of memory and time, for files that are not trusted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread
from typing import Any

# Else onnxruntime, from 1.29 on, tells Microsoft of the models that are opened, keeps a number of the device
# in the home folder, and complains on standard error where it cannot. It looks when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_state

from inklens.classifier.onnx_file import INPUT, OUTPUTS
from inklens.errors import ModelError

# What all networks of a process may allocate together: a hostile file of 1 kB can ask for any amount.
MAX_MEMORY = 2 * 2**30
# For one batch; 64 digits take 0.01 s on one core.
MAX_SECONDS = 60.0

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


class OnnxSession:
    """A network in onnxruntime. Threads may share one.

    Args:
        content: as `inklens.classifier.onnx_file.check` gives it.
        outputs: what `run` gives, by name.

    Raises:
        ModelError: onnxruntime refuses it.
    """

    def __init__(self, content: bytes, outputs: Sequence[str] = OUTPUTS) -> None:
        self._outputs = list(outputs)
        _limit_memory()
        options = onnxruntime.SessionOptions()
        # Threads inside the network wait for each other, spinning, at every layer: on a busy machine with two
        # cores the same images in batches side by side went through 1.4 to 4 times as fast.
        options.intra_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is in the exception; onnxruntime would print it too
        # Else onnxruntime plans one block of memory for each batch size it meets, and keeps them all.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.use_env_allocators", "1")
        # Else bytes that also read as onnxruntime's own format would be taken for that, past the check.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        try:
            self._session = onnxruntime.InferenceSession(
                content,
                options,
                providers=["CPUExecutionProvider"],
                # It would compute while the file is opened, where nothing can stop it. The converter has
                # folded all constants of our networks already.
                disabled_optimizers=["ConstantFolding"],
                enable_fallback=0,
            )
        except _ONNXRUNTIME_ERRORS as error:
            raise ModelError(f"onnxruntime refuses it: {_one_line(error)}") from error
        self._deadlines = _Deadlines()

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """pixels: uint8 (N, H, W, C), 0-255 -> the outputs, probabilities and id_score, of any shape.

        Raises:
            ModelError: the network fails on them, or takes too long.
        """
        options = onnxruntime.RunOptions()
        try:
            with self._deadlines.watch(options):
                values: list[NDArray[np.float32]] = self._session.run(self._outputs, {INPUT: pixels}, options)
        except _ONNXRUNTIME_ERRORS as error:
            if options.terminate:
                raise ModelError(
                    f"the network was stopped after {MAX_SECONDS:g} s on {len(pixels)} images; "
                    "make it or its images smaller"
                ) from error
            raise ModelError(f"the network fails on {len(pixels)} images: {_one_line(error)}") from error
        return values


class _Deadlines:
    """Stops the runs of a session that take too long. One thread watches them all, for a timer for each run
    would cost as much as a small network; it ends where it finds none.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._ends: dict[Any, float] = {}
        self._thread: Thread | None = None

    @contextmanager
    def watch(self, options: Any) -> Iterator[None]:
        """Sets `terminate` of the RunOptions when the time is over."""
        with self._lock:
            self._ends[options] = time.monotonic() + MAX_SECONDS
            # A process that was forked has the object, but not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._stop_late, name="inklens-deadlines", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._ends.pop(options, None)

    def _stop_late(self) -> None:
        wait = MAX_SECONDS
        while True:
            time.sleep(wait)  # whatever begins meanwhile ends later
            with self._lock:
                now = time.monotonic()
                for options in [options for options, end in self._ends.items() if end <= now]:
                    del self._ends[options]
                    options.terminate = True
                if not self._ends:
                    self._thread = None
                    return
                wait = min(self._ends.values()) - now


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
