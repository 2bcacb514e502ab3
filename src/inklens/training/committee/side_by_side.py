"""Several members of a committee trained at the same time, each by a child process of its own.

A child that dies takes its member with it and no other; a parent that dies takes all of them.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from inklens.datasets import Dataset
from inklens.errors import StoppedError
from inklens.run_folder import RunFolder
from inklens.training.committee.handover import hand_over
from inklens.training.committee.jobs import job_environment
from inklens.training.progress import EpochProgress, Progress

# A training hears of its end between two executions, which last half a second; a compilation lasts longer.
_SECONDS_TO_END = 20.0
_log = logging.getLogger(__name__)

# The member's name, and a record of its progress, an error, or None: its process has ended.
_Heard = SimpleQueue[tuple[str, dict[str, Any] | None]]


@dataclass(frozen=True)
class Job:
    """One member's training.

    Args:
        member: its run folder, to be made.
        telling: what its progress calls it.
        recipe: its fields by name.
        asked: of the fields of `inklens.training.train_run.Asked` those that JSON can hold.
    """

    member: RunFolder
    telling: str
    recipe: Mapping[str, Any]
    options: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The member's."""
        return self.member.path.name


def train_side_by_side(
    jobs: Sequence[Job], data: Dataset, *, at_once: int, backend: str, progress: Progress | None
) -> None:
    """Does all jobs, so many of them at a time; the callback is called from the caller's thread.

    Raises:
        StoppedError: some members could not be trained; all the others are done.
        KeyboardInterrupt: passed on; every child has been ended.
    """
    waiting, free = deque(jobs), deque(range(at_once))
    running: dict[str, _Child] = {}
    heard: _Heard = SimpleQueue()
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="inklens-") as scratch:
        hand_over(data, Path(scratch))
        try:
            while waiting or running:
                while waiting and free:
                    job, slot = waiting.popleft(), free.popleft()
                    environment = job_environment(backend, slot, at_once)
                    running[job.name] = _Child(job, slot, Path(scratch), environment, heard, progress)
                name, said = _next(heard)
                if said is not None:
                    running[name].hear(said)
                    continue
                child = running.pop(name)
                child.ask_to_end()  # it has: this closes the pipe
                free.append(child.slot)
                if failure := child.failure():
                    failures[name] = failure
                    if waiting or running:  # else it is the last word anyway
                        _log.warning("%s; the others go on", failure)
        finally:
            _end(list(running.values()))
    if failures:
        raise StoppedError("; ".join(failures[job.name] for job in jobs if job.name in failures))


class _Child:
    """A process that trains one member, and a thread that passes on what it says."""

    def __init__(
        self,
        job: Job,
        slot: int,
        scratch: Path,
        environment: Mapping[str, str],
        heard: _Heard,
        progress: Progress | None,
    ) -> None:
        self.slot, self._job, self._progress = slot, job, progress
        self._error: str | None = None
        self._said = scratch / f"{slot}.log"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "inklens.training.committee._member"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                encoding="utf-8",
                **_OUT_OF_REACH,
            )
        task = {
            "member": str(job.member.path),
            "recipe": job.recipe,
            "options": job.options,
            "data": str(scratch),
            "command": sys.argv,
            "progress": progress is not None,
        }
        with suppress(BrokenPipeError):  # it ended already: its exit code and its log say why
            self._stdin.write(json.dumps(task) + "\n")
            self._stdin.flush()
        threading.Thread(target=self._listen, args=(heard,), daemon=True).start()

    @property
    def _stdin(self) -> IO[str]:
        if self.process.stdin is None:
            raise RuntimeError("a child process without a pipe to it")
        return self.process.stdin

    def _listen(self, heard: _Heard) -> None:
        """Passes all on that the child says, until it ends."""
        if self.process.stdout is None:
            raise RuntimeError("a child process without a pipe from it")
        with self.process.stdout as reports:
            for line in reports:
                if line.endswith("\n"):  # a process that is killed leaves half a line
                    heard.put((self._job.name, json.loads(line)))
        self.process.wait()
        heard.put((self._job.name, None))

    def hear(self, said: dict[str, Any]) -> None:
        """Takes an error down, and passes progress on."""
        if "error" in said:
            self._error = said["error"]
        elif self._progress:
            which = ", ".join(filter(None, (self._job.telling, said["member"])))
            self._progress(EpochProgress(**{**said, "member": which, "side_by_side": True}))

    def failure(self) -> str | None:
        """Why the member is not there, once the process has ended; its folder says so too. None: it is."""
        code = self.process.returncode
        if code == 0:
            return None
        if self._error is not None:
            return self._error
        reason = _reason(code, self._said)
        self.conclude("failed", reason=reason)
        return f"{self._job.name} cannot be trained: {reason}"

    def conclude(self, state: Any, **detail: Any) -> None:
        """Has the member's folder say how it ended where its process could not."""
        member = self._job.member
        if (member.path / "status.json").is_file() and member.status().get("state") == "running":
            member.set_status(state, **detail)

    def ask_to_end(self) -> None:
        """As Ctrl-C: the child keeps what there is, and ends."""
        with suppress(BrokenPipeError):
            self._stdin.close()


def _next(heard: _Heard) -> tuple[str, dict[str, Any] | None]:
    while True:
        try:
            return heard.get(timeout=1)  # without end, Ctrl-C would not be heard on Windows
        except Empty:
            continue


def _end(children: list[_Child]) -> None:
    """Ends all of them, by force those that do not end by themselves, and all at a second Ctrl-C."""
    time_budget = time.monotonic() + _SECONDS_TO_END
    try:
        for child in children:
            child.ask_to_end()
        for child in children:
            try:
                child.process.wait(max(0.0, time_budget - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
    finally:
        for child in children:
            child.process.kill()
            child.process.wait()
            child.conclude("interrupted")


def _reason(code: int, said: Path) -> str:
    """Why a process ended, from its exit code and what it wrote to standard error."""
    if code == 130:
        return "it was interrupted"
    if code < 0:
        name = signal.Signals(-code).name
        remedy = "; where memory is short, give fewer jobs" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{remedy}"
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"its process ended with {code}: {lines[-1][-500:] if lines else 'no word'}"


# Ctrl-C on a terminal is for the parent, which ends the children in good order.
_OUT_OF_REACH: dict[str, Any] = (
    {"creationflags": 0x200}  # CREATE_NEW_PROCESS_GROUP, a name that Python has on Windows only
    if sys.platform == "win32"
    else {"start_new_session": True}
)
