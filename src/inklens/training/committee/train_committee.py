"""A committee's run: its members, each a run of its own, and then their vote.

Members train one after another in this process, or side by side in processes of their own. A member is kept
in members/NAME as soon as it is done, so that a stopped committee goes on where it was.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inklens.datasets import Dataset
from inklens.errors import InklensError, StoppedError
from inklens.networks.backends import resolve_precision, select_backend
from inklens.recipes import Committee, Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder, complete, folder_name
from inklens.training.committee.jobs import SHARED_GPU, resolve_jobs
from inklens.training.committee.side_by_side import Job, train_side_by_side
from inklens.training.finalize import concluded, finalize, resumable
from inklens.training.parts import DataParts
from inklens.training.prepare import PreparedNetwork, TrainingOptions, checked_parts, concrete_recipe
from inklens.training.progress import of_member
from inklens.training.provenance import describe_data, write_environment
from inklens.training.run_lock import locked
from inklens.training.train_network import train_network

if TYPE_CHECKING:
    from inklens.networks.ensemble import Ensemble


def train_committee(
    data: Dataset, committee: Committee, options: TrainingOptions, output: str | Path | None, name: str | None
) -> Run:
    """See `inklens.train`."""
    leave_room(options, committee)
    parts = checked_parts(data, committee.first, options)
    for recipe in committee.members.values():  # what does not fit is found before an hour has gone by
        PreparedNetwork.of(data, recipe)
    concrete = {name: concrete_recipe(recipe, data) for name, recipe in committee.members.items()}
    committee = Committee(committee.preset, concrete)
    folder = RunFolder.create(output, name, f"{folder_name(data.name)}-{committee.preset}")
    with locked(folder), resumable(folder), committee_concluded(folder, parts, options):
        describe_committee(folder, committee, parts, options)
        train_members(folder, committee, parts, options)
    return Run(folder)


def describe_committee(
    folder: RunFolder, committee: Committee, parts: DataParts, options: TrainingOptions, **more: Any
) -> None:
    """recipe.json and environment.json of a committee's run."""
    recipe = {"recipe": committee.to_dict(), "options": options.to_dict()}
    folder.write_recipe({**recipe, **more, **describe_data(parts)})
    backend = select_backend(committee.backend)
    write_environment(folder, backend, resolve_precision(committee.first.precision, backend))


@contextmanager
def committee_concluded(folder: RunFolder, parts: DataParts, options: TrainingOptions) -> Iterator[None]:
    """Has status.json say how all that is done in the folder ended."""
    with concluded(folder, parts, report=options.report):
        yield


def train_members(
    folder: RunFolder, committee: Committee, parts: DataParts, options: TrainingOptions
) -> None:
    """Trains the members that are not done, and then evaluates the vote of all of them."""
    from inklens.networks.ensemble import Ensemble

    members = zip(folder.members(), committee.members.values(), strict=True)
    started, kept = time.perf_counter(), any(is_done(*member) for member in members)
    _train_waiting(folder, committee, parts, options)
    lasted = None if kept else round(time.perf_counter() - started, 3)
    ensemble = Ensemble.load(folder.networks())
    training = {**_summary(folder, ensemble, parts), "wall_seconds": lasted}
    finalize(folder, ensemble, parts, options, training)


def _train_waiting(
    folder: RunFolder, committee: Committee, parts: DataParts, options: TrainingOptions
) -> None:
    """Those that are not done, so many at a time as is asked for."""
    members = zip(folder.members(), committee.members.values(), strict=True)
    waiting = {
        f"{member.path.name}, {number} of {len(committee.members)}": (member, recipe)
        for number, (member, recipe) in enumerate(members, 1)
        if not is_done(member, recipe)
    }
    at_once = resolve_jobs(options.jobs, len(waiting))
    if at_once == 1:
        for telling, (member, recipe) in waiting.items():
            watcher = of_member(options.progress, telling)
            train_member(member, recipe, parts, replace(options, progress=watcher))
        return
    asked = {**options.to_dict(), "jobs": 1}
    jobs = [Job(member, telling, recipe.to_dict(), asked) for telling, (member, recipe) in waiting.items()]
    backend = select_backend(committee.backend)
    train_side_by_side(jobs, parts.data, at_once=at_once, backend=backend, progress=options.progress)


def leave_room(options: TrainingOptions, committee: Committee) -> None:
    """Has the framework of this process not take the memory of a GPU that children need; raises OptionError
    where as many jobs cannot be."""
    if resolve_jobs(options.jobs, len(committee.members)) > 1:
        for variable, value in SHARED_GPU.items():
            os.environ.setdefault(variable, value)


def train_member(member: RunFolder, recipe: Recipe, parts: DataParts, options: TrainingOptions) -> None:
    """A run folder of its own; where a stopped training has left one, it goes on there."""
    prepared = PreparedNetwork.again(parts, recipe, member)
    if not (member.path / "status.json").is_file():
        if member.path.exists():
            shutil.rmtree(member.path)
        RunFolder.create(member.path.parent, member.path.name, "")
    try:
        with locked(member):
            member.set_status("running")
            train_network(member, prepared, parts, options)
    except KeyboardInterrupt as interrupt:
        getattr(interrupt, "__notes__", []).clear()  # where things are is for the committee to say
        raise
    except InklensError as error:
        raise StoppedError(f"{member.path.name} cannot be trained: {error}") from error


def is_done(member: RunFolder, recipe: Recipe) -> bool:
    """Whether a member has been trained, for as many epochs as the committee's recipe says now."""
    if not (member.path / "status.json").is_file() or member.status().get("state") != "done":
        return False
    with complete(member.recipe):
        return bool(member.read_recipe()["recipe"]["epochs"] == recipe.epochs)


def _summary(folder: RunFolder, ensemble: Ensemble, parts: DataParts) -> dict[str, Any]:
    """What metrics.json says of the training: of all members together, seconds added up, and of each."""
    members = []
    for member, voter in zip(folder.members(), ensemble.members, strict=True):
        metrics, described = member.read_json(member.metrics), member.read_recipe()
        part = metrics["test"] or metrics["validation"]
        members.append(
            {
                "name": member.path.name,
                "network": described["recipe"]["network"],
                "tta": voter.tta,
                "part": "test" if metrics["test"] else "validation",
                "accuracy": part["accuracy"],
                "errors": part["n"] - part["correct"],
                "note": metrics["training"].get("note"),
                "seconds": metrics["training"]["seconds"],
                "epochs": metrics["training"]["epochs"],
                "parameters": voter.network.count_params(),
            }
        )
    notes = [f"{member['name']}: {member['note']}" for member in members if member["note"]]
    return {
        "note": "; ".join(notes) or None,
        "epochs": sum(member["epochs"] for member in members),
        "images": len(parts.train),
        "seconds": round(sum(member["seconds"] for member in members), 3),
        "parameters": sum(member["parameters"] for member in members),
        "members": members,
    }
