"""Goes on with a committee that was stopped."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from inklens.errors import RunError
from inklens.recipes import Committee
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training.committee.train_committee import committee_concluded, leave_room, train_members
from inklens.training.prepare import TrainingOptions, checked_parts
from inklens.training.progress import Progress


def resume(path: str | Path, *, jobs: int | str | None = None, progress: Progress | None = None) -> Run:
    """Goes on with a committee that was stopped: members that are done are kept, the others are trained.

    Args:
        path: the run folder.
        jobs: how many members are trained at a time, as in `inklens.train`; None is as the run was started.
        progress: called with an `EpochProgress` while training.

    Raises:
        RunError: no run folder, a run of a single network, one that is done or that runs.
        DataError: the data are not where they were, or have changed since.
        InklensError: as `inklens.train` does.
    """
    folder = RunFolder.open(path)
    _check_stopped(folder)
    run = Run(folder)
    described = folder.read_recipe()
    committee, known = run.recipe, described.get("options")
    if not isinstance(committee, Committee) or known is None:
        raise RunError(f"{path} is of one network, which cannot be gone on with; train it again")
    if jobs is not None:
        known = {**known, "jobs": jobs}
    options = TrainingOptions(**known, progress=progress)
    leave_room(options, committee)
    parts = checked_parts(run.load_data(), committee.first, options)
    with committee_concluded(folder, parts, options):
        folder.set_status("running")
        train_members(folder, committee, parts, options)
    return run


def _check_stopped(folder: RunFolder) -> None:
    status = folder.status()
    if status.get("state") == "done":
        raise RunError(f"{folder.path} is done; there is nothing to go on with")
    for run in (folder, *folder.members()):
        status = run.status() if (run.path / "status.json").is_file() else {}
        pid = status.get("pid")
        running = status.get("state") == "running" and isinstance(pid, int) and pid != os.getpid()
        if running and psutil.pid_exists(pid):
            raise RunError(f"{run.path} is being trained by process {pid}; wait for it, or end it first")
