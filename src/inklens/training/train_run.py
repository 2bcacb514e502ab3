"""`inklens.train`: from a data set and a recipe to a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inklens.datasets import Dataset
from inklens.errors import OptionError
from inklens.paths import given_path
from inklens.recipes import Committee, Recipe, recipe_for
from inklens.run import Run
from inklens.run_folder import RunFolder, folder_name
from inklens.training.finalize import CROSS_VALIDATION, resumable
from inklens.training.loop.tensorboard_logs import require_tensorboard
from inklens.training.other_runs.start_from import as_wide_as, start_from
from inklens.training.other_runs.teacher import TeacherRun, check_teacher_given
from inklens.training.prepare import PreparedNetwork, TrainingOptions, checked_parts
from inklens.training.progress import Progress
from inklens.training.provenance import read_check
from inklens.training.run_lock import locked
from inklens.training.train_network import train_network

if TYPE_CHECKING:
    from inklens.training.committee.train_committee import RunMembers


def train(
    data: Dataset,
    recipe: Recipe | Committee | str = "fast",
    *,
    output: str | Path | None = None,
    name: str | None = None,
    test: bool = True,
    max_error: float | None = None,
    tensorboard: bool = False,
    report: bool = True,
    checkpoint_every: float = 60.0,
    progress: Progress | None = None,
    start: str | Path | None = None,
    teacher: str | Path | None = None,
    check: str | Path | None = None,
    cross_validation: Mapping[str, Any] | None = None,
    run_members: RunMembers | None = None,
) -> Run:
    """Train a network, or a committee of them, and write everything about it into a run folder.

    Args:
        data: what to learn; see `inklens.load`.
        recipe: how, or the name of a preset.
        output: the folder that holds the runs; None is "runs".
        name: the run's folder in it; None is made from the data's and the preset's names and a number.
        test: evaluate on the test part at the end; False leaves it closed.
        max_error: the model file answers "unknown" rather than err more often than this share of 1.
        tensorboard: write logs for TensorBoard into the run's folder "tensorboard".
        report: draw the pictures and write report.html; False writes figures and models only.
        checkpoint_every: seconds between two checkpoints within an epoch; there is one at its end too.
        progress: called with an `EpochProgress` while training.
        start: the folder of another run, whose network's layers this one starts from; its last layer is new.
        teacher: the folder of another run, whose answers are learnt beside the labels, with the preset
            "distilled" or another recipe with distillation above 0. Where it is of the same data, the
            validation part is the same as its own.
        check: the folder that `inklens.audit.check_data` wrote about these data, for the report to show.
        cross_validation: what `inklens.training.cross_validation.cross_validate` measured with these data and
            this recipe, as its `to_dict` says it, for metrics.json and the report.
        run_members: trains the members of a committee elsewhere, such as
            `inklens.cluster.members_on(cluster)`; None trains them one after another in this process.

    Returns:
        The finished run.

    Raises:
        InklensError: something that was given cannot be used; nothing is left but a run that says so.
        ExportError: model.onnx does not say what the network says; the run is there without it.
        StoppedError: the training diverged, a file could not be written, or a member of a committee
            could not be trained; `resume` goes on from the last checkpoint.
        KeyboardInterrupt: passed on, the run's status says "interrupted", and `resume` goes on with it.

    Example:
        >>> run = inklens.train(inklens.load("mnist"), inklens.Recipe.from_preset("tutorial-c"))
        >>> run.metrics["test"]["accuracy"]
    """
    recipe = recipe_for(recipe) if isinstance(recipe, str) else recipe
    _check_given(data, recipe, start, run_members)
    check_teacher_given(recipe, teacher)
    if tensorboard:
        require_tensorboard()
    checked = None if check is None else read_check(check, data.fingerprint)
    options = TrainingOptions(test, max_error, tensorboard, report, checkpoint_every, progress)
    more: dict[str, Any] = {} if cross_validation is None else {CROSS_VALIDATION: dict(cross_validation)}
    if isinstance(recipe, Committee):
        from inklens.training.committee.train_committee import one_after_another, train_committee

        train_them = run_members or one_after_another
        return train_committee(data, recipe, options, output, name, train_them, checked, **more)
    if start is not None:
        recipe = as_wide_as(recipe, start, data.kind)
    teacher_run = None if teacher is None else TeacherRun.open(teacher)
    if teacher_run is not None:
        recipe = teacher_run.holding_out_the_same(recipe, data)
    parts = checked_parts(data, recipe, options)
    if teacher_run is not None:
        teacher_run.check(parts)
        more["teacher"] = teacher_run.to_dict()
    prepared = PreparedNetwork.of(data, recipe, parts.train)
    if start is not None:
        start_from(prepared.network, start)
        more["started_from"] = str(given_path(start).absolute())
    if teacher_run is not None:
        prepared = replace(prepared, teacher=teacher_run.ensemble)
    folder = RunFolder.create(output, name, f"{folder_name(data.name)}-{recipe.preset}")
    with locked(folder), resumable(folder):
        return train_network(folder, prepared, parts, options, checked, **more)


def _check_given(
    data: object, recipe: object, start: str | Path | None, run_members: RunMembers | None
) -> None:
    """Refuses what is of another type, and what does not go with one network or with a committee."""
    for what, given, expected in (("data", data, Dataset), ("recipe", recipe, Recipe | Committee)):
        if not isinstance(given, expected):
            remedy = "inklens.load(...)" if what == "data" else "inklens.Recipe.from_preset(...)"
            raise OptionError(f"{what} is {given!r}; expected a {what.title()}: give {remedy}")
    if isinstance(recipe, Committee) and start is not None:
        raise OptionError("a committee starts from nothing: give one network's preset, or no start")
    if isinstance(recipe, Recipe) and run_members is not None:
        raise OptionError(
            "one network is trained in one place, and a cluster is for a committee's members: give the "
            "preset committee, or leave the cluster out"
        )
