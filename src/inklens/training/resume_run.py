"""Goes on with a run that was stopped, exactly where it was, or trains one that is done for more epochs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from inklens.atomic_file import remove_partial_of_dead
from inklens.errors import OptionError, RunError
from inklens.recipes import Committee, Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder, complete
from inklens.training.committee.train_committee import (
    RunMembers,
    committee_concluded,
    describe_committee,
    one_after_another,
    train_members,
)
from inklens.training.finalize import CROSS_VALIDATION, resumable, unfinished
from inklens.training.loop.checkpoints import Checkpoints
from inklens.training.prepare import PreparedNetwork, TrainingOptions, checked_parts
from inklens.training.progress import Progress
from inklens.training.run_lock import locked
from inklens.training.train_network import train_network

# Of recipe.json, besides what a training writes.
_KEPT = (CROSS_VALIDATION, "combined", "changes", "started_from", "teacher")


def resume(
    path: str | Path,
    *,
    data: str | Path | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    checkpoint_every: float | None = None,
    progress: Progress | None = None,
    run_members: RunMembers | None = None,
) -> Run:
    """Goes on with a run that was stopped, and ends on the same machine as if it had not been.

    Args:
        path: the run folder.
        data: where its data are now, as `inklens.load` takes it; None is where they were.
        epochs: of the whole training, more than those that are over: the schedule is fitted to them, patience
            begins anew, and a run that is done or was ended by its patience goes on too.
        learning_rate: another one, for a run that diverged.
        checkpoint_every: seconds between two checkpoints; None is as the run was started.
        progress: called with an `EpochProgress` while training.
        run_members: trains the members of a committee elsewhere, as in `inklens.train`.

    Raises:
        RunError: no run folder, one that is done or that another process trains.
        DataError: the data are not where they were, or have changed since.
        InklensError: as `inklens.train` does.

    Example:
        >>> inklens.resume("runs/mnist-fast-1", epochs=8).metrics["test"]["accuracy"]
    """
    folder = RunFolder.open(path)
    if (folder.path / "study.db").is_file():
        raise RunError(f"{folder.path} is a search; `inklens tune --resume {folder.path}` goes on with it")
    changed: dict[str, Any] = {"epochs": epochs, "learning_rate": learning_rate}
    changed = {name: value for name, value in changed.items() if value is not None}
    with locked(folder):
        remove_partial_of_dead(folder.path)
        if not any(there.exists() for there in (folder.recipe, folder.checkpoint, folder.model)):
            raise RunError(f"{folder.path} was stopped before it began to train: remove it, and train again")
        recipe = Run(folder).recipe
        with complete(folder.recipe):
            described = folder.read_recipe()
            known = dict(described["options"])
        _check_left(folder, epochs, report=bool(known.get("report")))
        if changed and "combined" in described:
            raise OptionError(f"{folder.path} was combined of trained runs: resume these for more epochs")
        if checkpoint_every is not None:
            known["checkpoint_every"] = checkpoint_every
        options = TrainingOptions.from_dict(known, progress)
        if run_members is not None and not isinstance(recipe, Committee):
            raise OptionError(f"{folder.path} is one network, trained in one place: leave the cluster out")
        more: dict[str, Any] = {name: described[name] for name in _KEPT if name in described}
        if changed:
            more["changes"] = [*more.get("changes", []), _change(recipe, changed)]
        with resumable(folder):
            if isinstance(recipe, Committee):
                _committee(folder, recipe.with_options(**changed), data, options, more, run_members, epochs)
            else:
                _network(folder, recipe.with_options(**changed), data, options, more, epochs)
    return Run(folder)


def _network(
    folder: RunFolder,
    recipe: Recipe,
    place: str | Path | None,
    options: TrainingOptions,
    more: dict[str, Any],
    epochs: int | None,
) -> None:
    data = Run(folder).load_data(place)
    parts = checked_parts(data, recipe, options)
    prepared = PreparedNetwork.again(parts, recipe, folder)
    _begin_again(folder, epochs)
    train_network(folder, prepared, parts, options, **more)


def _committee(
    folder: RunFolder,
    committee: Committee,
    place: str | Path | None,
    options: TrainingOptions,
    more: dict[str, Any],
    run_members: RunMembers | None,
    epochs: int | None,
) -> None:
    parts = checked_parts(Run(folder).load_data(place), committee.first, options)
    _begin_again(folder, epochs)
    with committee_concluded(folder, parts, options):
        describe_committee(folder, committee, parts, options, **more)
        train_members(folder, committee, parts, options, run_members or one_after_another)


def _begin_again(folder: RunFolder, epochs: int | None) -> None:
    """Marks the run as running; one that is done stays in use as it is until it is done again.

    Args:
        epochs: more of them, if any, than those after which its training ended.
    """
    if folder.status().get("state") == "done":
        folder.keep_finished()
    folder.set_status("running")
    if folder.usable() is not None:
        with suppress(OSError):
            folder.report.unlink()  # of the former network: a run is not finished without its own
    if epochs is not None:
        for run in folder.members() or [folder]:
            Checkpoints(run.checkpoint, 0).go_on_after_end()


def _check_left(folder: RunFolder, epochs: int | None, *, report: bool) -> None:
    """Raises RunError where nothing is left to do, OptionError where these are no more epochs than before.

    Args:
        report: the run is to have one.
    """
    done = folder.status().get("state") == "done"
    if epochs is None:
        if done and not unfinished(folder, report=report):
            raise RunError(f"{folder.path} is done; there is nothing to go on with: give more --epochs")
        return
    states = [Checkpoints(run.checkpoint, 0).latest() for run in folder.members() or [folder]]
    if done and None in states:
        raise RunError(
            f"{folder.path} has no checkpoint to go on from; train it again with --epochs {epochs}"
        )
    trained = max(state.begun if state else 0 for state in states)
    if epochs <= trained and (done or epochs < trained):
        raise OptionError(f"epochs {epochs}: {folder.path} has been trained for {trained}; give more")


def _change(recipe: Recipe | Committee, changed: dict[str, Any]) -> dict[str, Any]:
    """What recipe.json says of a training that goes on with another recipe than it began with."""
    first = recipe.first if isinstance(recipe, Committee) else recipe
    return {"from": {name: getattr(first, name) for name in changed}, "to": changed}
