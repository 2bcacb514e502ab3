"""`inklens report`: the page about a run, written again."""

from typing import Annotated

import typer

from inklens.cli.console import output


def report(run: Annotated[str, typer.Argument(metavar="RUN", help="The folder of a run.")]) -> None:
    """Write a run's report.html again, from what its folder holds and the data where they are to be had."""
    from inklens.run import Run

    output.print(f"report     {Run.open(run).write_report()}")
