"""`inklens show`: a labelled picture of a data set, and what is in it."""

from pathlib import Path
from typing import Annotated

import typer

from inklens.cli.console import output
from inklens.cli.options import Channels, Framing, Kind, Size, Strict, parse_size
from inklens.errors import OptionError


def show(
    data: Annotated[str, typer.Argument(help="A name from `inklens datasets`, or a path.")],
    count: Annotated[int, typer.Option(min=1, max=400, help="How many images.")] = 40,
    picture: Annotated[
        Path | None, typer.Option("--output", help="The PNG file to write; default: pictures/NAME.png")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which images: another seed, another choice.")] = 0,
    first: Annotated[bool, typer.Option("--first", help="The first images instead of a choice.")] = False,
    kind: Kind = None,
    size: Size = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Write a picture of labelled training images, and print shapes, counts and classes."""
    import numpy as np

    from inklens.datasets import load
    from inklens.reporting import sample_grid
    from inklens.runs import atomic

    if picture is not None and picture.suffix.lower() != ".png":
        raise OptionError(
            f"the picture {str(picture)!r} has another ending; expected a name that ends in .png"
        )
    loaded = load(data, kind=kind, size=parse_size(size), channels=channels, framing=framing, strict=strict)
    count = min(count, len(loaded.train))
    random = np.random.default_rng(seed)
    chosen = np.arange(count) if first else np.sort(random.choice(len(loaded.train), count, replace=False))
    images, labels = loaded.train.batch(chosen), loaded.train.labels[chosen]
    path = picture or Path("pictures") / f"{loaded.name}.png"
    with atomic(path) as temporary:
        sample_grid(images, labels, loaded.class_names, temporary, title=loaded.name)
    output.print(str(loaded), markup=False)
    output.print(
        f"  labels   {', '.join(loaded.class_names[label] for label in labels[:10])}"
        f"{' ...' * (len(labels) > 10)}",
        markup=False,
    )
    output.print(f"picture    {path}", markup=False)
