"""`inklens reproduce`: does a run come out the same again?"""

from pathlib import Path
from typing import Annotated

from typer import Exit, Option

from inklens.cli.console import interrupts_told, output
from inklens.cli.options import OfRun, run_place

_OTHERWISE = 4  # the exit code of a check that found something serious


def reproduce(
    run: OfRun,
    data: Annotated[str | None, Option(help="Where its data are now; default: where they were.")] = None,
    folder: Annotated[
        Path | None, Option("--output", help="Keeps the new run in this folder; default: it is not kept.")
    ] = None,
    quiet: Annotated[bool, Option("--quiet", help="Print the result only.")] = False,
) -> None:
    """Train a run again from its own recipe and data, and say whether the weights are identical."""
    from inklens.cli.training_display import shown
    from inklens.training import reproduce as train_again

    place = {} if folder is None else run_place(folder, None, "runs")
    with interrupts_told(), shown(output.console) as progress:
        found = train_again(run, data=data, **place, progress=None if quiet else progress)
    low, high = found.interval
    output.print(f"weights    {'identical' if found.identical else 'not identical'}")
    for difference in () if found.identical else found.differences:
        output.print(f"           {difference}")
    output.print(
        f"accuracy   {100 * found.again:.2f}% on the {found.part} images; the run has "
        f"{100 * found.accuracy:.2f}% (95% interval {100 * low:.2f}-{100 * high:.2f}%)"
    )
    if folder is not None:
        output.print(f"run        {folder}")
    if found.reproduced:
        return
    same = "machine and versions are the same"
    reason = "the accuracy is outside of the interval" if found.differences else same
    output.print(f"result     not reproduced: {reason}")
    raise Exit(_OTHERWISE)
