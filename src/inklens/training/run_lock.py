"""One process at a time trains into a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from inklens.errors import RunError
from inklens.run_folder import RunFolder

LOCK = ".lock"  # stays: a file that is removed under a lock could be locked twice


@contextmanager
def locked(folder: RunFolder, wait: float = 0.0) -> Iterator[None]:
    """Holds the lock of a run folder; the system takes it from a process that dies.

    Args:
        wait: seconds to wait for a process that holds it.

    Raises:
        RunError: another process holds it, or it cannot be written.
    """
    lock = FileLock(folder.path / LOCK, timeout=wait)
    try:
        lock.acquire()
    except Timeout as error:
        raise RunError(
            f"{folder.path} is being trained by another process; wait for it, or end it first"
        ) from error
    except OSError as error:
        raise RunError(f"{folder.path} cannot be written: {error.strerror}; make it writable") from error
    try:
        yield
    finally:
        lock.release()
