"""One member of a committee, trained in a process of its own on some node of a cluster."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inklens.cluster.folder_archive import pack, unpack
from inklens.cluster.reports import teller
from inklens.cluster.shared_storage import arrived
from inklens.datasets import Dataset
from inklens.errors import InklensError
from inklens.recipes import Recipe
from inklens.run_folder import RunFolder
from inklens.training.committee.train_committee import is_done, train_member
from inklens.training.parts import DataParts
from inklens.training.prepare import TrainingOptions

# So long the process of a node that was removed may live on, with its lock on the member's folder.
_SECONDS_TO_END = 60.0


@dataclass(frozen=True)
class MemberTask:
    """What a node must know to train a member.

    Args:
        name: the member's.
        recipe: its fields by name.
        options: of `TrainingOptions`, those that JSON can hold.
        command: what the user typed, for environment.json.
        folder: the member's run folder, where every node reaches it; else None.
        packed: what a stopped training has left, where it is not reached.
        key: of this training, the same when it is run again: where a node keeps what is not reached.
    """

    name: str
    recipe: dict[str, Any]
    options: dict[str, Any]
    command: list[str]
    folder: str | None
    packed: tuple[str, bytes] | None
    key: str


@dataclass(frozen=True)
class MemberResult:
    """How it ended.

    Args:
        state: "done", "interrupted" or "failed".
        error: why it failed, in one line.
        packed: its run folder, where this process does not reach it.
    """

    state: str
    error: str | None = None
    packed: tuple[str, bytes] | None = None


def train_here(task: MemberTask, data: Dataset | dict[str, Any], reports: Any) -> MemberResult:
    """Trains the member, or goes on from its last checkpoint; run again once it is done, it does nothing."""
    import ray

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[:] = task.command
    if ray.get(reports.begin.remote(task.name)):
        return MemberResult("interrupted")
    recipe = Recipe.from_dict(task.recipe)
    options = TrainingOptions.from_dict(task.options, teller(reports, task.name))
    with _member_folder(task) as folder:
        state, error = "done", None
        try:
            if not is_done(folder, recipe):
                parts = DataParts.of(arrived(data), recipe, options.test)
                train_member(folder, recipe, parts, options, wait=_SECONDS_TO_END)
        except KeyboardInterrupt:
            state = "interrupted"
        except InklensError as failure:
            state, error = "failed", str(failure)
        left = task.folder is None and folder.path.is_dir()
        return MemberResult(state, error, pack(folder.path) if left else None)


@contextmanager
def _member_folder(task: MemberTask) -> Iterator[RunFolder]:
    """The member's folder, or one of this node that takes its place until the training ends."""
    if task.folder is not None:
        yield RunFolder(Path(task.folder))
        return
    above = Path(tempfile.gettempdir(), f"inklens-{task.key}")
    folder = above / task.name
    if task.packed is not None and not folder.is_dir():
        unpack(task.packed, folder)
    yield RunFolder(folder)
    shutil.rmtree(above, ignore_errors=True)
