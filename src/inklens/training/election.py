"""A committee's run: its members, each a run of its own, and then what they say together.

Members train one after another in this process, or side by side in processes of their own. A member is kept
in members/NAME as soon as it is done, so that a stopped committee goes on where it was.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inklens.datasets import Dataset
from inklens.errors import InklensError, OptionError, RunError, StoppedError
from inklens.export.validation import ValidationOutputs
from inklens.runs import RunFolder
from inklens.training.backends import resolve_precision, select_backend
from inklens.training.committee import Committee
from inklens.training.conductor import Asked, Prepared, checked_parts, train_into
from inklens.training.describing import describe_machine, description, stem
from inklens.training.finishing import Parts, concluded, finish
from inklens.training.jobs import SHARED_GPU, resolve_jobs
from inklens.training.progress import EpochProgress, Progress
from inklens.training.recipe import Recipe
from inklens.training.run import Run
from inklens.training.side_by_side import Job, train_side_by_side

if TYPE_CHECKING:
    from inklens.networks.ensemble import Ensemble


def train_committee(
    data: Dataset, committee: Committee, asked: Asked, *, output: str | Path | None, name: str | None
) -> Run:
    """See `inklens.train`."""
    _leave_room(asked, committee)
    parts = checked_parts(data, committee.first, asked)
    for recipe in committee.members.values():  # what does not fit is found before an hour has gone by
        Prepared.of(data, recipe)
    folder = RunFolder.create(output, name, f"{stem(data.name)}-{committee.preset}")
    _describe(folder, data, committee, parts, asked)
    return _go_on(folder, data, committee, parts, asked)


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
    described = folder.read_json(folder.recipe)
    committee, known = run.recipe, described.get("asked")
    if not isinstance(committee, Committee) or known is None:
        raise RunError(f"{path} is of one network, which cannot be gone on with; train it again")
    if jobs is not None:
        known = {**known, "jobs": jobs}
    asked = Asked(**known, progress=progress)
    _leave_room(asked, committee)
    data = run.load_data()
    folder.set_status("running")
    return _go_on(folder, data, committee, checked_parts(data, committee.first, asked), asked)


def gather(
    runs: Sequence[str | Path],
    data: Dataset | None = None,
    *,
    output: str | Path | None = None,
    name: str | None = None,
    test: bool = True,
    max_error: float | None = None,
) -> Run:
    """Makes a committee of networks that are trained already; their run folders are copied into it.

    Args:
        runs: the folders of two finished runs or more, of one network each, trained on the same data with the
            same images held out.
        data: what they were trained on; None loads it again.
        output: the folder that holds the runs; None is "runs".
        name: the run's folder in it.
        test: evaluate on the test part at the end; False leaves it closed.
        max_error: the model file answers "unknown" rather than err more often than this share of 1.

    Raises:
        OptionError: the runs do not go together.
        RunError: no run folder, or one that was not finished.
        DataError: the data are not where they were, or have changed since.

    Example:
        >>> gather(["runs/mnist-accurate-1", "runs/mnist-accurate-2"]).metrics["test"]["accuracy"]
    """
    opened = [Run.open(path) for path in runs]
    members = dict(zip(_names(opened), opened, strict=True))
    recipes = {name: _recipe_of(run) for name, run in members.items()}
    _check_together(opened)
    first = next(iter(recipes.values()))
    shared: dict[str, Any] = {  # the images are the same, whatever each calls them
        "backend": "auto",
        "validation_data": first.validation_data,
        "validation_split": first.validation_split,
        "validation_seed": first.split_seed,
    }
    committee = Committee("committee", {name: replace(recipes[name], **shared) for name in recipes})
    data = data or opened[0].load_data()
    if data.fingerprint != opened[0].data["fingerprint"]:
        raise OptionError(f"{opened[0].path} was trained on other data than {data.name}; leave --data out")
    asked = Asked(test, max_error)
    parts = checked_parts(data, committee.first, asked)
    folder = RunFolder.create(output, name, f"{stem(data.name)}-{committee.preset}")
    for member, run in members.items():
        shutil.copytree(run.path, folder.path / "members" / member)
    _describe(folder, data, committee, parts, asked, gathered=[str(run.path) for run in opened])
    return _go_on(folder, data, committee, parts, asked)


def _describe(
    folder: RunFolder, data: Dataset, committee: Committee, parts: Parts, asked: Asked, **more: Any
) -> None:
    folder.write_json(
        folder.recipe,
        {
            "recipe": committee.to_dict(),
            "members": list(committee.members),
            "asked": {**_plain(asked), "jobs": asked.jobs},
            **more,
            **description(data, parts),
        },
    )
    backend = select_backend(committee.backend)
    describe_machine(folder, backend, resolve_precision(committee.first.precision, backend))


def _go_on(folder: RunFolder, data: Dataset, committee: Committee, parts: Parts, asked: Asked) -> Run:
    """Trains the members that are not done, and has all of them vote."""
    from inklens.networks.ensemble import Ensemble

    with concluded(folder, parts), _stoppable(folder):
        started, kept = time.perf_counter(), any(map(_is_done, folder.members()))
        _train_members(folder, data, committee, parts, asked)
        lasted = None if kept else round(time.perf_counter() - started, 3)
        ensemble = Ensemble.load(folder.networks())
        training = {**_summary(folder, ensemble, parts), "wall_seconds": lasted}
        finish(folder, ensemble, data, parts, max_error=asked.max_error, history=[], training=training)
    return Run(folder)


def _train_members(
    folder: RunFolder, data: Dataset, committee: Committee, parts: Parts, asked: Asked
) -> None:
    """Those that are not done, so many at a time as is asked for."""
    members = zip(folder.members(), committee.members.values(), strict=True)
    waiting = {
        f"{member.path.name}, {number} of {len(committee.members)}": (member, recipe)
        for number, (member, recipe) in enumerate(members, 1)
        if not _is_done(member)
    }
    at_once = resolve_jobs(asked.jobs, len(waiting))
    if at_once == 1:
        for telling, (member, recipe) in waiting.items():
            train_member(member, data, recipe, parts, _told(asked, telling))
        return
    jobs = [
        Job(member, telling, recipe.to_dict(), _plain(asked)) for telling, (member, recipe) in waiting.items()
    ]
    backend = select_backend(committee.backend)
    train_side_by_side(jobs, data, at_once=at_once, backend=backend, progress=asked.progress)


def _leave_room(asked: Asked, committee: Committee) -> None:
    """Has the framework of this process not take the memory of a GPU that children need; raises OptionError
    where as many jobs cannot be."""
    if resolve_jobs(asked.jobs, len(committee.members)) > 1:
        for variable, value in SHARED_GPU.items():
            os.environ.setdefault(variable, value)


def _plain(asked: Asked) -> dict[str, Any]:
    """What is asked of every member, as JSON can hold it."""
    return {"test": asked.test, "max_error": asked.max_error, "tensorboard": asked.tensorboard}


def train_member(member: RunFolder, data: Dataset, recipe: Recipe, parts: Parts, asked: Asked) -> None:
    """A run folder of its own; what a stopped training left of it is replaced."""
    prepared = Prepared.of(data, recipe)
    if member.path.exists():
        shutil.rmtree(member.path)
    made = RunFolder.create(member.path.parent, member.path.name, "")
    try:
        train_into(made, data, prepared, parts, asked)
    except KeyboardInterrupt as interrupt:
        getattr(interrupt, "__notes__", []).clear()  # where things are is for the committee to say
        raise
    except InklensError as error:
        raise StoppedError(f"{member.path.name} cannot be trained: {error}") from error


def _told(asked: Asked, member: str) -> Asked:
    """What is asked of one member; whoever watches hears which one it is."""
    watcher = asked.progress
    if watcher is None:
        return asked

    def tell(now: EpochProgress) -> None:
        watcher(replace(now, member=f"{member}, {now.member}" if now.member else member))

    return replace(asked, progress=tell)


@contextmanager
def _stoppable(folder: RunFolder) -> Iterator[None]:
    """Whatever stops the work inside says how to go on with it."""
    remedy = f"`inklens train --resume {folder.path}` goes on with the members that are not done"
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(remedy)
        raise
    except StoppedError as error:
        raise StoppedError(f"{folder.path} stopped half-way: {error}; {remedy}") from error


def _is_done(member: RunFolder) -> bool:
    return (member.path / "status.json").is_file() and member.status().get("state") == "done"


def _summary(folder: RunFolder, ensemble: Ensemble, parts: Parts) -> dict[str, Any]:
    """What metrics.json says of the training: of all members together, seconds added up, and of each."""
    members = []
    for member, voter in zip(folder.members(), ensemble.members, strict=True):
        metrics, described = member.read_json(member.metrics), member.read_json(member.recipe)
        part = metrics["test"] or metrics["validation"]
        members.append(
            {
                "name": member.path.name,
                "network": described["recipe"]["network"],
                "views": voter.views,
                "part": "test" if metrics["test"] else "validation",
                "accuracy": part["accuracy"],
                "errors": part["n"] - part["correct"],
                "seconds": metrics["training"]["seconds"],
                "epochs": metrics["training"]["epochs"],
                "parameters": voter.network.count_params(),
            }
        )
    return {
        "epochs": sum(member["epochs"] for member in members),
        "images": len(parts.train),
        "seconds": round(sum(member["seconds"] for member in members), 3),
        "parameters": sum(member["parameters"] for member in members),
        "members": members,
    }


def _check_stopped(folder: RunFolder) -> None:
    status = folder.status()
    if status.get("state") == "done":
        raise RunError(f"{folder.path} is done; there is nothing to go on with")
    for run in (folder, *folder.members()):
        status = run.status() if (run.path / "status.json").is_file() else {}
        pid = status.get("pid")
        if status.get("state") == "running" and isinstance(pid, int) and pid != os.getpid() and _alive(pid):
            raise RunError(f"{run.path} is being trained by process {pid}; wait for it, or end it first")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _names(runs: Sequence[Run]) -> list[str]:
    """The members' names: those of their folders, numbered where they are alike."""
    names: list[str] = []
    for run in runs:
        name = run.path.resolve().name
        number = 1
        while (name if number == 1 else f"{name}-{number}") in names:
            number += 1
        names.append(name if number == 1 else f"{name}-{number}")
    return names


def _recipe_of(run: Run) -> Recipe:
    if isinstance(run.recipe, Committee):
        raise OptionError(f"{run.path} is a committee itself; give the runs of its members")
    return run.recipe


def _check_together(runs: Sequence[Run]) -> None:
    """The same classes, pixels, data, and validation images: nothing is calibrated on what a member learnt.

    Raises:
        OptionError: they do not go together.
    """
    first, held_out = runs[0], ValidationOutputs.read(runs[0].folder)
    for run in runs[1:]:
        for what, one, other in (
            ("classes", first.class_names, run.class_names),
            ("sizes of images", first.spec, run.spec),
            ("data", first.data["fingerprint"], run.data["fingerprint"]),
        ):
            if one != other:
                raise OptionError(
                    f"{first.path} and {run.path} were trained for unlike {what}; expected the same: gather "
                    "runs of one data set"
                )
        outputs = ValidationOutputs.read(run.folder)
        if not (
            np.array_equal(outputs.labels, held_out.labels)
            and np.array_equal(outputs.images, held_out.images)
        ):
            raise OptionError(
                f"{first.path} and {run.path} held out unlike validation images, so that one learnt what the "
                "other is calibrated on; train them with the same --validation-split and --validation-seed"
            )
