"""`inklens combine`: a committee of networks that are trained already."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from inklens.cli.console import interrupts_told
from inklens.cli.options import MaxError, NoTest, RunName, run_place
from inklens.cli.training_result import print_result
from inklens.errors import OptionError


def combine(
    runs: Annotated[list[str], Argument(metavar="RUN...", help="Folders of two runs or more.")],
    data: Annotated[
        str | None, Option(help="Where the runs' own data are now; default: where they were.")
    ] = None,
    name: RunName = None,
    folder: Annotated[
        Path | None, Option("--output", help="The run's folder; default: runs/DATA-committee-NUMBER.")
    ] = None,
    max_error: MaxError = None,
    no_test: NoTest = False,
) -> None:
    """Combine trained runs into a committee: their networks vote, in one run and one model file."""
    if len(runs) < 2:
        raise OptionError(f"{len(runs)} run is given; expected two or more: inklens combine RUN RUN")
    place = run_place(folder, name, "runs")

    from inklens.run import Run
    from inklens.training import combine

    loaded = Run.open(runs[0]).load_data(data)
    with interrupts_told():
        print_result(combine(runs, loaded, **place, test=not no_test, max_error=max_error))
