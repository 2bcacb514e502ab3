"""Trainings on what was taught, each in a process of its own, whose state lies in the store.

Any process may start one, ask after it or stop it: the workers of a server need not know of each other.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from inklens.errors import OptionError, require_packages
from inklens.teaching.correction_store import CorrectionStore, now

RUNNING = ("starting", "running", "stopping")
TRAIN_PACKAGES = ("keras", "tensorflow")
_LOG_BYTES = 4_000
_START_SECONDS = 60


class BusyError(OptionError):
    """A training runs already."""


@dataclass(frozen=True)
class TaughtTraining:
    """A training, as it stands.

    Args:
        id: cannot be guessed.
        state: starting, running, stopping, done, stopped or failed.
        started: ISO 8601, UTC.
        request: what was asked for: "with", "classes", "seconds", "model".
        ended: ISO 8601, UTC; None while it runs.
        detail: why it failed, in one line.
        pid: of its process.
        run: the folder of its run; None until there is one.
        progress: where it stands: epoch, epochs, step, steps, loss, accuracy, seconds_left.
        epochs: of each that is over: epoch, loss, accuracy, val_loss, val_accuracy.
        result: what came of it; see `inklens.teaching.taught_result`.
    """

    id: str
    state: str
    started: str
    request: dict[str, Any]
    ended: str | None = None
    detail: str = ""
    pid: int | None = None
    run: str | None = None
    progress: dict[str, Any] | None = None
    epochs: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None

    @classmethod
    def from_json(cls, content: str) -> TaughtTraining:
        """The opposite of `to_json`; what another version wrote besides is passed over."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in json.loads(content).items() if name in known})

    def to_json(self) -> str:
        """As the store keeps it."""
        return json.dumps(asdict(self))

    def ended_as(self, state: str, detail: str = "") -> TaughtTraining:
        """The same, ended now."""
        return replace(self, state=state, detail=detail, ended=now())


class TrainingProcesses:
    """The trainings of a store.

    Args:
        store: where their state is kept; runs are made in the folder that it lies in.
    """

    def __init__(self, store: CorrectionStore) -> None:
        self.store = store

    def latest(self) -> TaughtTraining | None:
        """The latest training, or None."""
        found = self.store.trainings()
        return self._looked_after(TaughtTraining.from_json(found[-1][2])) if found else None

    def get(self, id: str) -> TaughtTraining | None:
        """The training of this id, or None."""
        for known, _, content in self.store.trainings():
            if known == id:
                return self._looked_after(TaughtTraining.from_json(content))
        return None

    def start(self, request: dict[str, Any]) -> TaughtTraining:
        """Starts a training in a process of its own.

        Args:
            request: "with": the name or path of data to learn from too, or None; "classes": "own" for the
                user's own, or "all"; "seconds": of training; "model": the run to compare with, or None.

        Raises:
            BusyError: one runs already.
            MissingPackageError: the extra `train` is not installed.
        """
        require_packages(TRAIN_PACKAGES, "training", "train")
        for _, state, content in self.store.trainings():
            if state in RUNNING:
                self._looked_after(TaughtTraining.from_json(content))
        made = TaughtTraining(secrets.token_urlsafe(12), "starting", now(), request)
        # In one transaction, as another worker of the server may be asked at the same time.
        if not self.store.save_training(made.id, made.state, made.to_json(), unless_any=RUNNING):
            raise BusyError("a training runs already; wait for its end, or stop it")
        try:
            with self.log(made).open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "inklens.teaching.taught_training", str(self.store.path), made.id],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            failed = made.ended_as("failed", f"its process cannot be started: {error.strerror}")
            self.store.save_training(failed.id, failed.state, failed.to_json())
            return failed
        made = replace(made, pid=process.pid)
        self.store.save_training(made.id, made.state, made.to_json(), only_from=["starting"])
        return made

    def stop(self, id: str) -> TaughtTraining | None:
        """Ends a training as Ctrl-C does; one that does not run stays as it is. None where there is none."""
        found = self.get(id)
        pid = None if found is None else found.pid
        if found is not None and found.state in ("starting", "running") and pid is not None:
            found = replace(found, state="stopping")
            if not self.store.save_training(
                id, found.state, found.to_json(), only_from=["starting", "running"]
            ):
                return self.get(id)  # it has just ended by itself
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        return found

    def log(self, training: TaughtTraining) -> Path:
        """The file that holds what the process says."""
        return self.store.path.with_name(f"{self.store.path.stem}-training.log")

    def last_lines(self, training: TaughtTraining) -> str:
        """The end of what the process said."""
        try:
            content = self.log(training).read_bytes()[-_LOG_BYTES:]
        except OSError:
            return ""
        return content.decode(errors="replace")

    def lock(self) -> FileLock:
        """What the process of a training holds while it runs; the system takes it from one that dies."""
        return FileLock(self.store.path.with_suffix(".lock"), timeout=0)

    def _is_alive(self, training: TaughtTraining) -> bool:
        """Whether its process runs, or is being started."""
        began = datetime.fromisoformat(training.started)
        if training.state == "starting" and (datetime.now(UTC) - began).total_seconds() < _START_SECONDS:
            return True
        lock = self.lock()
        try:
            lock.acquire()
        except Timeout:
            return True
        lock.release()
        return False

    def _looked_after(self, training: TaughtTraining) -> TaughtTraining:
        """The training; one whose process is gone without a word has failed."""
        if training.state not in RUNNING or self._is_alive(training):
            return training
        again = next(
            (content for id, _, content in self.store.trainings() if id == training.id), training.to_json()
        )
        latest = TaughtTraining.from_json(again)
        if latest.state not in RUNNING:
            return latest
        if latest.state == "stopping":  # it was ended before it could say so
            ended = latest.ended_as("stopped")
        else:
            lines = [line for line in self.last_lines(training).splitlines() if line.strip()]
            ended = latest.ended_as("failed", lines[-1][:300] if lines else "its process was ended")
        self.store.save_training(ended.id, ended.state, ended.to_json(), only_from=RUNNING)
        return ended
