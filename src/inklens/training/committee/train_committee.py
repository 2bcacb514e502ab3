"""A committee's run: its members, each a run of its own, and then their vote.

Members train one after another in this process, or wherever a callable that is given trains them. A member is
kept in members/NAME as soon as it is done, so that a stopped committee goes on where it was.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inklens.datasets import Dataset
from inklens.errors import InklensError, StoppedError
from inklens.networks.backends import resolve_precision, select_backend
from inklens.recipes import Committee, Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder, complete, folder_name
from inklens.training.finalize import concluded, finalize, resumable
from inklens.training.parts import DataParts
from inklens.training.prepare import PreparedNetwork, TrainingOptions, checked_parts, concrete_recipe
from inklens.training.progress import of_member
from inklens.training.provenance import describe_data, keep_check, write_environment
from inklens.training.run_lock import locked
from inklens.training.train_network import train_network

if TYPE_CHECKING:
    from inklens.networks.ensemble import Ensemble


@dataclass(frozen=True)
class MemberTraining:
    """One member that is to be trained, or to be gone on with.

    Args:
        folder: its run folder; there already where a stopped training has left one.
        recipe: concrete, as recipe.json says it.
        telling: what its progress calls it: "deep, 1 of 5".
    """

    folder: RunFolder
    recipe: Recipe
    telling: str

    @property
    def name(self) -> str:
        """The member's."""
        return self.folder.path.name


# Trains all of them into their folders. What fails or is stopped half-way raises StoppedError or
# KeyboardInterrupt, once all others are done or ended.
RunMembers = Callable[[Sequence[MemberTraining], DataParts, TrainingOptions], None]


def one_after_another(members: Sequence[MemberTraining], parts: DataParts, options: TrainingOptions) -> None:
    """Trains members in this process, with all of its threads each."""
    for member in members:
        watcher = of_member(options.progress, member.telling)
        train_member(member.folder, member.recipe, parts, replace(options, progress=watcher))


def train_committee(
    data: Dataset,
    committee: Committee,
    options: TrainingOptions,
    output: str | Path | None,
    name: str | None,
    run_members: RunMembers = one_after_another,
    checked: RunFolder | None = None,
    **more: Any,
) -> Run:
    """See `inklens.train`; `more` is what recipe.json is to say besides."""
    parts = checked_parts(data, committee.first, options)
    for recipe in committee.members.values():  # what does not fit is found before an hour has gone by
        PreparedNetwork.of(data, recipe)
    concrete = {name: concrete_recipe(recipe, data) for name, recipe in committee.members.items()}
    committee = Committee(committee.preset, concrete)
    folder = RunFolder.create(output, name, f"{folder_name(data.name)}-{committee.preset}")
    with locked(folder), resumable(folder), committee_concluded(folder, parts, options):
        if checked is not None:
            keep_check(folder, checked)
        describe_committee(folder, committee, parts, options, **more)
        train_members(folder, committee, parts, options, run_members)
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
    folder: RunFolder,
    committee: Committee,
    parts: DataParts,
    options: TrainingOptions,
    run_members: RunMembers = one_after_another,
) -> None:
    """Trains the members that are not done, and then evaluates the vote of all of them."""
    from inklens.networks.ensemble import Ensemble

    members = zip(folder.members(), committee.members.values(), strict=True)
    started, kept = time.perf_counter(), any(is_done(*member) for member in members)
    if waiting := _waiting(folder, committee):
        run_members(waiting, parts, options)
    lasted = None if kept else round(time.perf_counter() - started, 3)
    ensemble = Ensemble.load(folder.networks())
    training = {**_summary(folder, ensemble, parts), "wall_seconds": lasted}
    finalize(folder, ensemble, parts, options, training)


def _waiting(folder: RunFolder, committee: Committee) -> list[MemberTraining]:
    """The members that are not done."""
    members = zip(folder.members(), committee.members.values(), strict=True)
    return [
        MemberTraining(member, recipe, f"{member.path.name}, {number} of {len(committee.members)}")
        for number, (member, recipe) in enumerate(members, 1)
        if not is_done(member, recipe)
    ]


def train_member(
    member: RunFolder, recipe: Recipe, parts: DataParts, options: TrainingOptions, *, wait: float = 0.0
) -> None:
    """A run folder of its own; where a stopped training has left one, it goes on there.

    Args:
        wait: seconds to wait for a process that trains it and is about to end.
    """
    prepared = PreparedNetwork.again(parts, recipe, member)
    if not (member.path / "status.json").is_file():
        if member.path.exists():
            shutil.rmtree(member.path)
        RunFolder.create(member.path.parent, member.path.name, "")
    try:
        with locked(member, wait):
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
