"""Ctrl-C while Keras trains, kept until Keras is between two executions.

Python raises KeyboardInterrupt wherever it happens to be. Where TensorFlow calls back for a batch it comes
out as an error of another kind, and in a destructor or a weak reference's callback it is lost.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import keras


@contextmanager
def interruptible() -> Iterator[keras.callbacks.Callback]:
    """A context to train in, and a callback for that training, which Ctrl-C ends with KeyboardInterrupt after
    the execution that runs: half a second or, the first time, a compilation. Pressed twice, it ends at once.

    A handler of somebody else's, and a thread that hears no signals, are left as they are. Not to be nested.
    """
    pressed: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def end_if_pressed(batch: int = 0, logs: object = None) -> None:
        if pressed:
            raise KeyboardInterrupt

    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, press)
    try:
        yield keras.callbacks.LambdaCallback(
            on_train_batch_end=end_if_pressed, on_test_batch_end=end_if_pressed
        )
    finally:
        if signal.getsignal(signal.SIGINT) is press:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    end_if_pressed()
