"""Logs that TensorBoard shows, written by the callback of Keras."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from inklens.errors import MissingPackageError

if TYPE_CHECKING:
    import keras

LOGS = "tensorboard"  # the folder in the run folder


def require_tensorboard() -> None:
    """Before training: can logs be written?

    Raises:
        MissingPackageError: TensorBoard is not installed, or TensorFlow, with which Keras writes them on
            every backend.
    """
    for package, extra in (("tensorboard", "tensorboard"), ("tensorflow", "tensorflow")):
        if importlib.util.find_spec(package) is None:
            raise MissingPackageError(
                f"--tensorboard needs the package {package}, which is not installed: "
                f"pip install 'inklens[{extra}]'"
            )


def tensorboard_callback(folder: Path) -> keras.callbacks.Callback:
    """Loss and accuracy of every epoch, learning rate, and how the weights are spread.

    Once per epoch, because there are several steps in an execution, between which no callback is called.
    """
    import keras

    return keras.callbacks.TensorBoard(
        folder, histogram_freq=1, write_graph=False, update_freq="epoch", profile_batch=0
    )
