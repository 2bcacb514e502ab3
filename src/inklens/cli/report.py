"""`inklens report`: the page about a run, written again."""

from inklens.cli.console import output
from inklens.cli.options import OfRun


def report(run: OfRun) -> None:
    """Write a run's report.html again, from its folder and, where available, its data."""
    from inklens.run import Run

    output.print(f"report     {Run.open(run).write_report()}")
