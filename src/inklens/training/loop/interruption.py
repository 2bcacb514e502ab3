"""Ctrl-C while Keras trains, kept until Keras is between two executions.

Python raises KeyboardInterrupt wherever it happens to be. Where TensorFlow calls back for a batch it comes
out as an error of another kind, and in a destructor or a weak reference's callback it is lost.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

import keras


class Interruptible(keras.callbacks.Callback):
    """A context to train in, and a callback of that training: Ctrl-C ends it with KeyboardInterrupt after the
    execution that runs, half a second or, the first time, a compilation. Pressed twice, it ends at once.

    A handler of somebody else's, and a thread that hears no signals, are left as they are. Not to be nested.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pressed = False
        self._ours = False

    def __enter__(self) -> Self:
        in_main = threading.current_thread() is threading.main_thread()
        self._ours = in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._pressed = False
        if self._ours:
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if signal.getsignal(signal.SIGINT) == self._press:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if kind is None:
            self._end_if_pressed()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._end_if_pressed()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._end_if_pressed()

    def _press(self, number: int, frame: FrameType | None) -> None:
        self._pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _end_if_pressed(self) -> None:
        if self._pressed:
            raise KeyboardInterrupt
