"""`inklens tune`: a search for a better recipe than a preset."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from inklens.cli.console import interrupts_told, output
from inklens.cli.on_cluster import ClusterPlace, connect
from inklens.cli.options import (
    Channels,
    DataArgument,
    Framing,
    Kind,
    SameData,
    Size,
    Strict,
    chosen_data,
    load_named,
    only,
    parse_time,
    run_place,
)
from inklens.recipes.presets import WITHOUT_TEACHER

if TYPE_CHECKING:
    from inklens.run_folder import RunFolder
    from inklens.training.progress import Progress


def tune(
    context: typer.Context,
    data: DataArgument = None,
    same_data: SameData = None,
    preset: Annotated[str, Option(help=f"Where it begins: one of {', '.join(WITHOUT_TEACHER)}.")] = "fast",
    trials: Annotated[int, Option(min=1, help="Trainings, those that are ended early among them.")] = 20,
    time: Annotated[
        float | None,
        Option(metavar="TIME", parser=parse_time, help="No training begins after so long: 30m, 8h."),
    ] = None,
    epochs: Annotated[int | None, Option(help="Passes over the training images of each.")] = None,
    seed: Annotated[int, Option(help="Of the search; the comparison takes the three after it.")] = 0,
    cluster: ClusterPlace = None,
    resume: Annotated[
        str | None, Option(metavar="SEARCH", help="Go on with a search, with more --trials too.")
    ] = None,
    name: Annotated[str | None, Option(help="Short for --output searches/NAME.")] = None,
    folder: Annotated[
        Path | None, Option("--output", help="The search's folder; default: searches/DATA-PRESET-NUMBER.")
    ] = None,
    quiet: Annotated[bool, Option("--quiet", help="Print the result only.")] = False,
    kind: Kind = None,
    size: Size = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Search for a better recipe than a preset, on validation images, and compare the two."""
    from inklens.cluster.search import SearchOptions, resume_search, tune as search
    from inklens.errors import require_packages
    from inklens.recipes import recipe_for

    require_packages(["optuna"], "a search", "tune")
    if resume is not None:
        only(context, "resume", "trials", "time", "cluster", "quiet")
    options: dict[str, Any] = {"options": SearchOptions(trials, time)}
    changed = {"seed": seed} if epochs is None else {"seed": seed, "epochs": epochs}
    recipe = recipe_for(preset, **changed)
    place = run_place(folder, name, "searches")
    if resume is None:
        loaded = load_named(
            chosen_data(data, same_data), quiet=quiet, kind=kind, size=size, channels=channels,
            framing=framing, strict=strict,
        )  # fmt: skip
        if not quiet:
            output.print(str(loaded))
    if cluster is not None:
        from inklens.cluster.trial_runs import trials_on

        options["run_trials"] = trials_on(connect(context, cluster, quiet), say=_teller(quiet, "trials"))
    with interrupts_told(), _progress(quiet) as progress:
        options |= {"progress": progress, "say": _teller(quiet, "ended")}
        if resume is None:
            made = search(loaded, recipe, **place, **options)
        else:
            made = resume_search(resume, **options)
    _print(made)


def _teller(quiet: bool, about: str) -> Any:
    def say(line: str) -> None:
        if not quiet:
            output.print(f"{about:<10} {line}")

    return say


@contextmanager
def _progress(quiet: bool) -> "Iterator[Progress | None]":
    if quiet or not output.console.is_terminal:
        yield None  # a line for each trial is enough
        return
    from inklens.cli.training_display import shown

    with shown(output.console) as progress:
        yield progress


def _print(made: "RunFolder") -> None:
    from inklens.cluster.search_results import BEST, COMPARISON, HISTORY, IMPORTANCE, TABLE

    said = made.read_json(COMPARISON)
    for which in ("preset", "best"):
        output.print(
            f"{which:<10} {100 * said[which]['mean']:.2f}% ± {100 * said[which]['sd']:.2f}, three seeds"
        )
    low, high = said["difference"]["interval_95"]
    output.print(
        f"difference {100 * said['difference']['mean']:+.2f} points (95% interval {100 * low:+.2f} to "
        f"{100 * high:+.2f}), on "
        + ("the validation part" if said["own_validation_part"] else "images held out anew for each seed")
    )
    for about, file in (("table", TABLE), ("pictures", HISTORY), ("pictures", IMPORTANCE), ("recipe", BEST)):
        if (made.path / file).is_file():
            output.print(f"{about:<10} {made.path / file}")
    output.print(f"train it   inklens train --recipe {made.path / BEST}")
