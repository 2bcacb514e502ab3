"""Options that several commands share, so that they read the same everywhere."""

from typing import Annotated

import typer

from inklens.errors import OptionError

Data = Annotated[
    str | None,
    typer.Option(help="A name from `inklens datasets`, or the path of a folder or an .npz file."),
]
Kind = Annotated[
    str | None, typer.Option(help='"writing" or "things": what the images show (own data: things).')
]
Size = Annotated[
    str | None, typer.Option(metavar="HxW", help='Bring every image to this size, such as "28x28".')
]
Channels = Annotated[int | None, typer.Option(help="1 for grey, 3 for RGB; own data: as most images are.")]
Framing = Annotated[
    str | None,
    typer.Option(help='How an image of another size is brought to it: "pad" (the default) or "stretch".'),
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse data with a single bad image file.")]


def parse_size(text: str | None) -> tuple[int, int] | None:
    """ "28x28" -> (28, 28); None stays None."""
    if text is None:
        return None
    height, cross, width = text.lower().partition("x")
    if not (cross and height.isdecimal() and width.isdecimal()):
        raise OptionError(f"size {text!r} cannot be read: expected HEIGHTxWIDTH in pixels, such as 28x28")
    return int(height), int(width)


def parse_share_or_count(text: str) -> float | int:
    """ "0.1" -> 0.1, a share; "5000" -> 5000, a number of images."""
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError as error:
        raise OptionError(
            f"validation split {text!r} cannot be read: expected a share such as 0.1, or a number of images"
        ) from error
