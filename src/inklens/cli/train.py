"""`inklens train`: from a data set to a run folder, in one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from inklens.cli.console import interrupts_told, note, output
from inklens.cli.on_cluster import ClusterPlace, connect
from inklens.cli.options import (
    Channels,
    DataArgument,
    Framing,
    Kind,
    MaxError,
    NoTest,
    RunName,
    RunOutput,
    SameData,
    Size,
    Strict,
    chosen_data,
    load_named,
    only,
    parse_share_or_count,
    parse_time,
    run_place,
)
from inklens.cli.saved_training import load_saved, training_options
from inklens.cli.training_result import print_result
from inklens.errors import OptionError
from inklens.networks import ACTIVATIONS, BACKENDS, NETWORKS
from inklens.networks.table import SCALABLE
from inklens.networks.tta import TTA
from inklens.recipes.flips import flip_note
from inklens.recipes.presets import COMMITTEES, PRESETS, preset_for
from inklens.recipes.values import FLIPS, OPTIMIZERS, PRECISIONS, VALIDATION_DATA

if TYPE_CHECKING:
    from inklens.datasets import Dataset
    from inklens.recipes import Committee, Recipe, SavedTraining
    from inklens.run import Run
    from inklens.training.committee.train_committee import RunMembers
    from inklens.training.cross_validation import CrossValidation
    from inklens.training.progress import Progress

_RESUMED_WITH = ("epochs", "learning_rate", "checkpoint_every")


def _one_of(names: Any) -> str:
    return ", ".join(names)


def train(
    context: typer.Context,
    data: DataArgument = None,
    same_data: SameData = None,
    preset: Annotated[str, Option(help=f"One of {_one_of((*PRESETS, *COMMITTEES))}.")] = "fast",
    recipe: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="A run's recipe.json trains the same again, with its data; or a recipe of your own, JSON or "
            "TOML. Other options change it.",
        ),
    ] = None,
    add: Annotated[
        Path | None,
        Option(
            metavar="FOLDER",
            help="Learn from images of your own too, of which half are held out: see `inklens corrections`.",
        ),
    ] = None,
    network: Annotated[str | None, Option(help=f"One of {_one_of(NETWORKS)}.")] = None,
    activation: Annotated[str | None, Option(help=f"One of {_one_of(ACTIVATIONS)}.")] = None,
    width: Annotated[
        int | None, Option(help=f"Channels of the first stage, of {_one_of(SCALABLE)}: 4 to 512.")
    ] = None,
    depth: Annotated[
        int | None, Option(help=f"Residual blocks in a stage, of {_one_of(SCALABLE)}: 1 to 8.")
    ] = None,
    epochs: Annotated[int | None, Option(help="Passes over the training images.")] = None,
    time_budget: Annotated[
        float | None,
        Option(
            "--time",
            metavar="TIME",
            parser=parse_time,
            help="The best network for this time of training: 30s, 2m, 1h; in place of --epochs.",
        ),
    ] = None,
    batch_size: Annotated[int | None, Option(help="Images per step.")] = None,
    learning_rate: Annotated[float | None, Option(help="The optimiser's; the schedule's peak.")] = None,
    optimizer: Annotated[str | None, Option(help=f"One of {_one_of(OPTIMIZERS)}.")] = None,
    dropout: Annotated[float | None, Option(help="Share of activations dropped in training.")] = None,
    width_multiplier: Annotated[
        float | None, Option(help="Filters and hidden units of the network, times this.")
    ] = None,
    validation_split: Annotated[
        Any,
        Option(
            metavar="SHARE",
            parser=parse_share_or_count,
            help="Held out of the training images: a share (0.1) or a number (5000).",
        ),
    ] = None,
    validation_data: Annotated[
        str | None,
        Option(help=f"One of {_one_of(VALIDATION_DATA)}: validate on images held out, or on the test set."),
    ] = None,
    validation_seed: Annotated[int | None, Option(help="Of the images held out; default: --seed.")] = None,
    patience: Annotated[
        int | None,
        Option(help="Stop after so many epochs without a lower validation loss, and keep the best epoch."),
    ] = None,
    weight_averaging: Annotated[
        float | None,
        Option(metavar="MOMENTUM", help="Keep the running mean of the weights, such as 0.99, not the last."),
    ] = None,
    balance: Annotated[
        bool | None, Option("--balance", help="Show images of smaller classes more often, as often in all.")
    ] = None,
    start: Annotated[
        str | None,
        Option("--from", metavar="RUN", help="Start from the network of another run; its last layer is new."),
    ] = None,
    teacher: Annotated[
        str | None,
        Option(metavar="RUN", help="Learn the answers of another run beside the labels: --preset distilled."),
    ] = None,
    folds: Annotated[
        int | None,
        Option(min=2, help="Cross-validate first: so many trainings, each tested on a part of its own."),
    ] = None,
    flip: Annotated[
        str | None,
        Option(help=f"Mirror things from side to side: {_one_of(FLIPS)}; auto goes by the classes' names."),
    ] = None,
    tta: Annotated[str | None, Option(help=f"Test-time augmentation: {_one_of(TTA)}.")] = None,
    seed: Annotated[
        int | None, Option(help="Same seed, data and machine: same weights; 0 to 2147483647.")
    ] = None,
    backend: Annotated[str | None, Option(help=f"One of {_one_of(BACKENDS)}.")] = None,
    precision: Annotated[str | None, Option(help=f"One of {_one_of(PRECISIONS)}.")] = None,
    name: RunName = None,
    output_folder: RunOutput = None,
    max_error: MaxError = None,
    no_test: NoTest = False,
    cluster: ClusterPlace = None,
    resume: Annotated[
        str | None,
        Option(
            metavar="RUN",
            help="Go on with a run where it was stopped; with more --epochs, with one that is done; with a "
            "lower --learning-rate, with one that diverged. --data says where the data are now.",
        ),
    ] = None,
    checkpoint_every: Annotated[
        float | None,
        Option(
            metavar="TIME",
            parser=parse_time,
            help="Between two checkpoints within an epoch: 30s, 2m; default: 60s.",
        ),
    ] = None,
    check: Annotated[
        bool, Option("--check", help="Look at the data first, as `inklens check`; refuse serious findings.")
    ] = False,
    tensorboard: Annotated[bool, Option("--tensorboard", help="Write logs for TensorBoard.")] = False,
    summary: Annotated[bool, Option("--summary", help="Print the network's layers and stop.")] = False,
    quiet: Annotated[bool, Option("--quiet", help="Print the result only.")] = False,
    kind: Kind = None,
    size: Size = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Train a network, evaluate it, and write everything about it into a run folder."""
    from inklens.recipes import Committee, Recipe, read_training
    from inklens.run_folder import RunFolder

    given = {field.name: context.params.get(field.name) for field in fields(Recipe) if field.name != "preset"}
    changed = {name: value for name, value in given.items() if value is not None}
    options = {
        "kind": kind, "size": size, "channels": channels, "framing": framing, "strict": strict, "add": add,
    }  # fmt: skip
    if resume is not None:
        only(context, "resume", *_RESUMED_WITH, "cluster", "data", "same_data", "quiet")
        changed = {name: context.params[name] for name in _RESUMED_WITH}
        if cluster is not None:
            changed["run_members"] = _side_by_side(context, cluster, quiet)[0]
        return print_result(_resume(resume, quiet, data=chosen_data(data, same_data), **changed))
    place = run_place(output_folder, name, "runs")
    saved = None if recipe is None else read_training(recipe)
    asked = training_options(
        saved,
        no_test=no_test,
        max_error=max_error,
        tensorboard=tensorboard,
        checkpoint_every=checkpoint_every,
    )
    start = start if start is not None or saved is None else saved.options.get("start")
    if start is not None:
        RunFolder.open_done(start)  # a path that is none is refused before the data are loaded
    chosen = _recipe(context, saved, preset, changed)
    if not summary:
        teacher = _checked_teacher(chosen, teacher, recipe, saved)
        _check_folds(chosen, folds)
    if cluster is not None and isinstance(chosen, Committee) and not summary:
        asked["run_members"], at_once = _side_by_side(context, cluster, quiet, len(chosen.members))
        chosen = _recipe(context, saved, preset, changed, at_once)
    elif cluster is not None:
        raise OptionError("--cluster trains the members of a committee: give --preset committee")
    named = chosen_data(data, same_data)
    if check and named is not None:
        options["unusable_share"] = 1.0  # the check lists them all, and refuses them
    if saved is not None and saved.data is not None and named is None:
        loaded = load_saved(saved, **options)
    else:
        loaded = load_named(named, quiet=quiet, **options)
    if cluster is None:
        chosen = _recipe(context, saved, preset, changed, kind=loaded.kind)
    if summary:
        return _print_summary(loaded, chosen)
    run = _trained(
        loaded, chosen, quiet, check=check, folds=folds, start=start, **place, **asked, teacher=teacher
    )
    return print_result(run, loaded.added)


def _trained(
    data: "Dataset",
    recipe: "Recipe | Committee",
    quiet: bool,
    *,
    check: bool,
    folds: int | None,
    start: str | None,
    **options: Any,
) -> "Run":
    """The run, after what there is to say of the data; with the figures of the folds if there are any."""
    from inklens.datasets.few_images import few_images
    from inklens.networks.backends import choose_backend
    from inklens.training import train

    checked = _checked(data) if check else None
    if not quiet:
        output.print(f"backend    {': '.join(choose_backend(recipe.backend))}")
    for one in [*few_images(data), *_flip_notes(data, recipe)]:
        note(one)
    if folds is not None:
        crossed = _cross_validated(data, recipe, folds, quiet, start=start, test=options["test"])
        options["cross_validation"] = crossed.to_dict()
    with interrupts_told(), _progress(data, quiet) as progress:
        return train(data, recipe, **options, progress=progress, start=start, check=checked)


def _checked_teacher(
    recipe: "Recipe | Committee", given: str | None, file: Path | None, saved: "SavedTraining | None"
) -> str | None:
    """The teacher that is given, or that of the saved training, whose networks must be what they were.

    Refuses, before the data are loaded, one that is no run, and a recipe that lacks one.
    """
    from inklens.training.other_runs.teacher import TeacherRun, check_teacher_given

    known = None if saved is None else saved.options.get("teacher")
    teacher = known if given is None else given
    check_teacher_given(recipe, teacher)
    if given is not None:
        _ = TeacherRun.open(given).sha256  # so that one without its networks is refused
    elif saved is not None and saved.teacher_sha256 is not None:
        remedy = f"give --teacher {known} to learn from those of today"
        TeacherRun.unchanged(saved.options["teacher"], saved.teacher_sha256, str(file), remedy)
    return teacher


def _check_folds(recipe: "Recipe | Committee", folds: int | None) -> None:
    """Refuses, before the data are loaded, folds whose networks would need a teacher."""
    from inklens.training.cross_validation import check_for_folds

    if folds is not None:
        check_for_folds(recipe)


def _checked(data: "Dataset") -> Path:
    """The folder that says what was found in the data; refuses serious findings."""
    from inklens.audit import check_data, refuse_serious

    if data.added is not None:  # its images are repeated, and are no files of the data
        raise OptionError(
            "--check does not go with --add: `inklens check` looks at data and folder one at a time"
        )
    written, found = check_data(data)
    refuse_serious(data, written, found)
    return written.path


def _flip_notes(data: "Dataset", recipe: "Recipe | Committee") -> list[str]:
    from inklens.recipes import Committee

    members = recipe.members.values() if isinstance(recipe, Committee) else [recipe]
    notes = [flip_note(one.flip, data.kind, data.class_names) for one in members]
    return [one for one in dict.fromkeys(notes) if one is not None]


def _cross_validated(
    data: "Dataset", recipe: "Recipe | Committee", folds: int, quiet: bool, **options: Any
) -> "CrossValidation":
    from inklens.training.cross_validation import cross_validate

    def told(fold: int) -> None:
        if not quiet:
            output.print(f"fold       {fold} of {folds}")

    with interrupts_told():
        return cross_validate(data, recipe, folds, on_fold=told, **options)


def _recipe(
    context: typer.Context,
    saved: "SavedTraining | None",
    preset: str,
    changed: dict[str, Any],
    at_once: int = 1,
    kind: str = "writing",
) -> "Recipe | Committee":
    """The saved recipe or the preset, with what was changed; a time without either chooses the preset.

    Args:
        kind: of the data, which decides what a time is enough for; before they are loaded it is not known.
    """
    from inklens.recipes import Committee, recipe_for

    time = changed.get("time_budget")
    if time is not None and "epochs" in changed:
        raise OptionError("--time and --epochs exclude each other: give one of them")
    source = context.get_parameter_source("preset")
    named = source is not None and source.name == "COMMANDLINE"
    if saved is not None and named:
        raise OptionError("--recipe and --preset exclude each other: give one of them")
    chosen = preset if named or time is None else preset_for(time, kind)
    recipe = recipe_for(chosen) if saved is None else saved.recipe
    if isinstance(recipe, Committee) and time is not None:  # its members share it if they follow one another
        changed = {**changed, "at_once": at_once}
    return recipe.with_options(**changed)


def _side_by_side(
    context: typer.Context, where: str, quiet: bool, members: int = 1
) -> "tuple[RunMembers, int]":
    """What trains members on a cluster, and how many of so many at a time."""
    cluster = connect(context, where, quiet)
    from inklens.cluster import members_on
    from inklens.cluster.member_share import share_of

    def say(line: str) -> None:
        if not quiet:
            output.print(f"members    {line}")

    return members_on(cluster, say=say), share_of(cluster.nodes, members).at_once


def _resume(path: str, quiet: bool, **changed: Any) -> "Run":
    from inklens.run_folder import RunFolder
    from inklens.training import resume

    RunFolder.open(path)  # a path that is none is refused before a word is said
    with interrupts_told(), _progress(path, quiet) as progress:
        return resume(path, **changed, progress=progress)


@contextmanager
def _progress(data: "Dataset | str", quiet: bool) -> "Iterator[Progress | None]":
    if quiet:
        yield None
        return
    from inklens.cli.training_display import shown

    output.print(str(data))
    with shown(output.console) as progress:
        yield progress


def _print_summary(data: "Dataset", recipe: "Recipe | Committee") -> None:
    from inklens.networks.backends import select_backend
    from inklens.recipes import Committee
    from inklens.training.prepare import build_network, concrete_recipe

    select_backend(recipe.backend)
    networks = recipe.members if isinstance(recipe, Committee) else {"": recipe}
    for name, one in networks.items():
        if name:
            output.print(name)
        build_network(data, concrete_recipe(one, data)).summary()
