"""The memory of freed tensors is kept for the next step, where TensorFlow has it given back to the system.

TensorFlow's data set of a Python generator, through which Keras feeds batches, sets glibc's M_TRIM_THRESHOLD
to 128 KB once there is one ("Memory patch applied"). From then on every freed tensor goes back to the system,
and its pages are fetched one by one in the next step.
"""

from __future__ import annotations

import ctypes
import platform
from typing import Any

import keras

# Of glibc's malloc.h: what may be free at the end of the heap, and from which size on memory is not of the
# heap, for which 32 MiB are the most that glibc takes.
_M_TRIM_THRESHOLD, _KEPT_BYTES = -1, 2**30
_M_MMAP_THRESHOLD, _HEAP_BYTES = -3, 32 * 2**20


def keep_freed_memory() -> None:
    """Has glibc keep up to 1 GiB of freed memory; nothing on a system with another C library."""
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    libc.mallopt(_M_MMAP_THRESHOLD, _HEAP_BYTES)


class KeepFreedMemory(keras.callbacks.Callback):
    """Calls `keep_freed_memory` once there is a data set of a generator; only TensorFlow needs it."""

    _done = False

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After the first step."""
        if not self._done and keras.config.backend() == "tensorflow":
            keep_freed_memory()
            self._done = True
