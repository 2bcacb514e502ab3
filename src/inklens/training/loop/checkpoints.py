"""Checkpoints of a training: each is one file that is whole or not there, and says so by its SHA-256.

A file is written under a temporary name, flushed to the disk, renamed, and its folder flushed; only then is
the last but one removed. So a process or a machine that dies at any moment leaves the last good one.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import math
import time
import zipfile
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.atomic_file import IN_A_RUN, atomic, reason, remove_partial
from inklens.errors import RunError

_HEADER = b"inklens checkpoint 1 "  # the format, and the SHA-256 of all that follows in hexadecimal
_KEPT = 2
_SHARE = 0.02  # of the time at most goes into those at the end of an epoch
_FIRST = 0.02  # seconds that one takes, until one was measured
_log = logging.getLogger(__name__)

_SAID = "state.json"

# One record per epoch: what history.csv holds.
History = list[dict[str, float | None]]
Arrays = list[NDArray[Any]]


@dataclass(frozen=True)
class TrainingState:
    """All that a training goes on from: between two steps, or between two epochs.

    Args:
        epoch: how many are over.
        step: steps done in the epoch after them; 0 between two epochs.
        epochs: after so many the training was to end; None with a time budget.
        stopped: it ended before that: no time was left, or no progress was made.
        history: of the epochs that are over.
        seconds: that the training has taken.
        epoch_seconds: of these, in the epoch that runs.
        best_epoch: the one with the lowest validation loss, where that network is the one to keep, else 0.
        waits_from: patience counts from the end of this epoch, at which an ended training went on; else 0.
        clock: what a time budget remembers.
        parts: in which each batch was trained; more than one where memory is short.
        arrays: of "network", "optimizer", "metrics" (within an epoch) and "best", the network to keep.
    """

    epoch: int
    step: int
    epochs: int | None
    stopped: bool
    history: History
    seconds: float
    epoch_seconds: float = 0.0
    best_epoch: int = 0
    waits_from: int = 0
    clock: dict[str, Any] = field(default_factory=dict)
    parts: int = 1
    arrays: dict[str, Arrays] = field(default_factory=dict)

    @property
    def begun(self) -> int:
        """How many epochs are over or begun."""
        return self.epoch + bool(self.step)

    def to_bytes(self) -> bytes:
        """As a checkpoint holds it."""
        said = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "arrays"}
        text = np.frombuffer(json.dumps(said, allow_nan=False).encode(), np.uint8)
        with io.BytesIO() as file:
            np.savez(file, allow_pickle=False, **{_SAID: text}, **_flat(self.arrays))
            content = file.getvalue()
        return _HEADER + hashlib.sha256(content).hexdigest().encode() + b"\n" + content

    @classmethod
    def from_bytes(cls, content: bytes) -> TrainingState:
        """The opposite of `to_bytes`.

        Raises:
            ValueError: the content is not whole.
        """
        header, _, content = content.partition(b"\n")
        if header != _HEADER + hashlib.sha256(content).hexdigest().encode():
            raise ValueError("its SHA-256 is not that of its content")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            said = json.loads(file[_SAID].tobytes())
            arrays: dict[str, Arrays] = {}
            for name in file.files:  # in the order in which they were written
                if name != _SAID:
                    arrays.setdefault(name.partition("/")[0], []).append(file[name])
        return cls(**said, arrays=arrays)


def _flat(arrays: dict[str, Arrays]) -> dict[str, NDArray[Any]]:
    return {f"{name}/{number}": array for name in arrays for number, array in enumerate(arrays[name])}


class Checkpoints:
    """The checkpoints in one folder, in the order of the steps that they are of, whatever the clock says.

    Args:
        folder: made with the first one.
        every: seconds between two in the middle of an epoch.
    """

    def __init__(self, folder: Path, every: float) -> None:
        self._folder, self._every = folder, every
        self._cost = _FIRST
        self._last = time.monotonic()
        self.seconds_before = 0.0  # that the training has taken in former processes

    def latest(self) -> TrainingState | None:
        """The last one that is whole; None where there is none."""
        for path in reversed(self._paths()):
            try:
                state = TrainingState.from_bytes(path.read_bytes())
            except OSError as error:
                raise RunError(f"{path} cannot be read: {error.strerror}; make it readable") from error
            except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
                _log.warning("%s is damaged (%s); the one before it is taken", path, error)
                continue
            self.seconds_before = state.seconds
            return state
        return None

    def start(self) -> None:
        """Counts the seconds to the next one from now, and removes what a killed process has half written."""
        self._last = time.monotonic()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            remove_partial(self._folder)
        except OSError as error:
            raise RunError(f"{self._folder} cannot be written: {reason(error)}; {IN_A_RUN}") from error

    def due(self, *, epoch_ends: bool) -> bool:
        """Whether it is time for one: where an epoch ends, as soon as it costs a small share of the time."""
        waited = time.monotonic() - self._last
        return waited >= (min(self._every, self._cost / _SHARE) if epoch_ends else self._every)

    def write(self, state: TrainingState) -> None:
        """Writes one, and removes all but the last two.

        Raises:
            RunError: it cannot be written; those that are there stay.
        """
        if not self._folder.is_dir():
            raise RunError(
                f"{self._folder} is gone: it was moved or removed during the training; put it back"
            )
        began = time.monotonic()
        content = state.to_bytes()
        path = self._folder / f"epoch-{state.epoch:06}-step-{state.step:08}.checkpoint"
        with atomic(path, remedy=IN_A_RUN) as new:
            new.write_bytes(content)
        self._remove([old for old in self._paths() if old <= path][:-_KEPT])
        self._last = time.monotonic()
        self._cost = self._last - began

    def go_on_after_end(self) -> None:
        """Has a training that has ended go on for more epochs; patience begins anew."""
        state = self.latest()
        if state is not None and not state.step and (state.stopped or state.epoch == state.epochs):
            self.write(replace(state, stopped=False, waits_from=state.epoch))

    def remove_last(self) -> None:
        """Removes the last one: with the steps after it the training came to nothing."""
        self._remove(self._paths()[-1:])

    def keep_last(self) -> None:
        """Removes all but the last one: the training is over."""
        self._remove(self._paths()[:-1])

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("epoch-*-step-*.checkpoint"))

    def _remove(self, paths: list[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)


def is_finite(state: TrainingState) -> bool:
    """Whether all of its numbers are: a network with others must not be gone on with."""
    losses = (value for record in state.history for value in record.values())
    return all(np.isfinite(array).all() for array in _flat(state.arrays).values()) and all(
        value is None or math.isfinite(value) for value in losses
    )
