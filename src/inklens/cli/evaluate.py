"""`inklens evaluate`: how good a trained network is on a data set, without training it again."""

from typing import Annotated

import typer

from inklens.cli.console import errors, output
from inklens.cli.options import Channels, Data, Framing, Kind, Strict


def evaluate(
    run: Annotated[str, typer.Argument(help="The folder of a run.")],
    data: Data = None,
    kind: Kind = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Print loss, accuracy with its 95 % interval, and error on a test part (default: its own)."""
    from inklens.datasets import load
    from inklens.training import Run

    opened = Run.open(run)
    spec = opened.spec
    loaded = load(
        data or opened.data["path"] or opened.data["name"],
        kind=kind,
        size=(spec.height, spec.width),
        channels=channels or spec.channels,
        framing=framing or spec.framing,
        strict=strict,
    )
    if data is None and loaded.fingerprint != opened.data["fingerprint"]:
        errors.print(f"note: {loaded.source} has changed since the run was trained on it", markup=False)
    scores = opened.evaluate(loaded)
    low, high = scores.interval
    output.print(
        f"accuracy   {100 * scores.accuracy:.2f} % on {scores.n:,} test images of {loaded.name} "
        f"(95 % interval {100 * low:.2f}-{100 * high:.2f} %)",
        markup=False,
    )
    output.print(f"loss       {scores.loss:.4f}")
    output.print(scores.tutorial_line())
