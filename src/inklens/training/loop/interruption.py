"""Ctrl-C and SIGTERM while Keras trains, kept until Keras is between two executions.

Python raises KeyboardInterrupt wherever it happens to be. Where TensorFlow calls back for a batch it comes
out as an error of another kind, and in a destructor or a weak reference's callback it is lost.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import keras


@contextmanager
def interruptible(
    before_end: Callable[[], None] = lambda: None, may_end: Callable[[int], bool] = lambda batch: True
) -> Iterator[keras.callbacks.Callback]:
    """A context to train in, and a callback for that training, which Ctrl-C ends with KeyboardInterrupt after
    the execution that runs: half a second or, the first time, a compilation. Pressed twice, it ends at once.
    SIGTERM, by which systems end a process, does the same.

    A handler of somebody else's, and a thread that hears no signals, are left as they are. Not to be nested.

    Args:
        before_end: is called between two executions before such an end.
        may_end: whether there may be one after the batch of which Keras says this number.
    """
    pressed: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.signal(number, signal.default_int_handler)

    def end_if_pressed(batch: int = 0, logs: object = None) -> None:
        if pressed:
            raise KeyboardInterrupt

    def end_between_steps(batch: int, logs: object = None) -> None:
        if pressed and may_end(batch):
            before_end()
            end_if_pressed()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if threading.current_thread() is threading.main_thread():
        for number, handler in before.items():
            if handler is signal.default_int_handler or (number, handler) == (signal.SIGTERM, signal.SIG_DFL):
                signal.signal(number, press)
    try:
        yield keras.callbacks.LambdaCallback(
            on_train_batch_end=end_between_steps, on_test_batch_end=end_if_pressed
        )
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is press or number in pressed:
                signal.signal(number, handler)
    end_if_pressed()
