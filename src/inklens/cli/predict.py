"""`inklens predict`: what a trained network says about image files."""

from pathlib import Path
from typing import Annotated

import typer

from inklens.cli.console import output


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    run: Annotated[
        Path | None, typer.Option(help="The folder of a run; default: the latest in runs.")
    ] = None,
) -> None:
    """Print the predicted class of each image file, and how probable the network thinks it is."""
    import numpy as np

    from inklens.pixels import decode, frame
    from inklens.runs import RunFolder
    from inklens.training import Run

    opened = Run.open(run or RunFolder.latest().path)
    pixels = np.stack([frame(decode(path, channels=opened.spec.channels), opened.spec) for path in images])
    for path, shares in zip(images, opened.predict(pixels), strict=True):
        best = int(shares.argmax())
        output.print(f"{path}  {opened.class_names[best]}  {100 * shares[best]:.2f} %", markup=False)
