"""Options that several commands share, so that they read the same everywhere."""

from typing import Annotated, Any

from typer import Argument, Option

from inklens.errors import OptionError

_UNITS = {"s": 1, "m": 60, "h": 3600}


def parse_size(text: str) -> tuple[int, int]:
    """ "28x28" -> (28, 28)."""
    height, cross, width = text.lower().partition("x")
    if not (cross and height.isdecimal() and width.isdecimal()):
        raise OptionError(f"size {text!r} cannot be read: expected HEIGHTxWIDTH in pixels, such as 28x28")
    return int(height), int(width)


def parse_max_error(text: str) -> float:
    """ "0.1%" or "0.001" -> 0.001."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = 0
    if not 0 < share < 1:
        raise OptionError(
            f"max error {text!r} cannot be used: expected a share above 0 and below 1, such as 0.1% or 0.001"
        )
    return share


def parse_time(text: str) -> float:
    """ "30s", "2m", "1h" or "30" (seconds) -> seconds."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        return float(number) * _UNITS[unit]
    except ValueError as error:
        raise OptionError(f"time {text!r} cannot be read: expected 30s, 2m or 1h") from error


def parse_jobs(text: str) -> int | str:
    """ "2" -> 2; "auto" stays what it is."""
    if text == "auto":
        return text
    if not text.isdecimal():
        raise OptionError(f"jobs {text!r} cannot be read: expected a whole number, 1 or more, or auto")
    return int(text)


def parse_share_or_count(text: str) -> float | int:
    """ "0.1" -> 0.1, a share; "5000" -> 5000, a number of images."""
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError as error:
        raise OptionError(
            f"validation split {text!r} cannot be read: expected a share such as 0.1, or a number of images"
        ) from error


Data = Annotated[str | None, Option(help="A name from `inklens datasets`, or a path.")]
OfRun = Annotated[str, Argument(metavar="RUN", help="The folder of a run.")]
RunOrModel = Annotated[str, Argument(metavar="RUN", help="The folder of a run, or a model.onnx.")]
RunsOrModels = Annotated[list[str], Argument(metavar="RUN...", help="Folders of runs, or model.onnx files.")]
Kind = Annotated[
    str | None,
    Option(
        help='"writing" or "things": what the images show (own data: things). Writing is framed by its ink, '
        "things are padded."
    ),
]
Size = Annotated[
    Any,
    Option(metavar="HxW", parser=parse_size, help='Bring every image to this size, such as "28x28".'),
]
Channels = Annotated[int | None, Option(help="1 for grey, 3 for RGB; own data: as most images are.")]
Framing = Annotated[
    str | None,
    Option(
        help='How an image is brought to the size: "ink" finds the writing and sets it as MNIST does (the '
        'default of writing), "pad" (of things), or "stretch".'
    ),
]
Part = Annotated[str, Option(help='Which images of the data: "test", "train", "validation" or "all".')]
MaxError = Annotated[
    float | None,
    Option(
        metavar="SHARE",
        parser=parse_max_error,
        help='Answer "unknown" rather than err more often than this: "0.1%" or 0.001 of the answered images.',
    ),
]
Strict = Annotated[bool, Option("--strict", help="Refuse data with a single bad image file.")]
