"""Options that several commands share, so that they read the same everywhere."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from inklens.cli.console import note
from inklens.errors import OptionError
from inklens.paths import given_path

if TYPE_CHECKING:
    from inklens.datasets import Dataset

_UNITS = {"s": 1, "m": 60, "h": 3600}
# Parameters that have another name than their option.
_CALLED = {
    "output_folder": "output", "folder": "output", "time_budget": "time", "same_data": "data",
    "start": "from",
}  # fmt: skip


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
        seconds = float(number) * _UNITS[unit]
    except ValueError as error:
        raise OptionError(f"time {text!r} cannot be read: expected 30s, 2m or 1h") from error
    if not 0 <= seconds < math.inf:  # NaN neither
        raise OptionError(f"time {text!r} is out of range: expected 30s, 2m or 1h")
    return seconds


def parse_share_or_count(text: str) -> float | int:
    """ "0.1" -> 0.1, a share; "5000" -> 5000, a number of images."""
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError as error:
        raise OptionError(
            f"validation split {text!r} cannot be read: expected a share such as 0.1, or a number of images"
        ) from error


def chosen_data(data: str | None, also: str | None) -> str | None:
    """What `inklens train mnist` and `inklens train --data mnist` name; None for neither."""
    if data is not None and also is not None:
        raise OptionError(f"two data sets are given, {data} and --data {also}: give one of them")
    return also if data is None else data


def load_named(data: str | None, *, quiet: bool = False, **options: Any) -> "Dataset":
    """The data that are named, or MNIST, or where that is nowhere the sample.

    Args:
        quiet: they will not be printed, so what was decided for the user is said at once.
        options: as for `inklens.load`.
    """
    from inklens.datasets import load, load_default
    from inklens.datasets.formats.image_trees import SKIPPED
    from inklens.datasets.kind import NAMED_BY_LOOK
    from inklens.datasets.sources import TAKEN_BY_NAME

    if data is not None:
        loaded = load(data, **options)
        for one in loaded.notes if quiet else ():
            if any(decided in one for decided in (TAKEN_BY_NAME, NAMED_BY_LOOK, SKIPPED)):
                note(one)
        return loaded
    default = load_default()
    if quiet and default.name == "sample":
        note(default.notes[-1])
    if not any(options.values()):
        return default
    loaded = load(default.name, **options)
    known = [one for one in default.notes if one not in loaded.notes]
    return replace(loaded, notes=(*loaded.notes, *known))


def run_place(output: Path | None, name: str | None, default: str) -> dict[str, Any]:
    """The folder above a run's own, and its name: `--output there/mine`, or `--name mine` in the default."""
    if output is None:
        return {"output": None, "name": name}
    if name is not None:
        raise OptionError(f"--name {name} is short for --output {default}/{name}: give one of them")
    path = given_path(output)
    if path.name in ("", ".."):
        path = path.resolve()
    return {"output": path.parent, "name": path.name}


DATA_HELP = "A name from `inklens datasets`, or a path."
Data = Annotated[str | None, Option(help=DATA_HELP)]
# Of the commands that are about data: the word --data may be left out.
DataArgument = Annotated[
    str | None, Argument(metavar="DATA", help=f"{DATA_HELP} Default: MNIST.", show_default=False)
]
SameData = Annotated[str | None, Option("--data", metavar="DATA", help="The same as DATA.")]
RunOutput = Annotated[
    Path | None, Option("--output", help="The run's folder; default: runs/DATA-PRESET-NUMBER.")
]
RunName = Annotated[str | None, Option(help="Short for --output runs/NAME.")]
OfRun = Annotated[str, Argument(metavar="RUN", help="The folder of a run.")]
RunOrModel = Annotated[str, Argument(metavar="RUN", help="The folder of a run, or a model.onnx.")]
RunsOrModels = Annotated[list[str], Argument(metavar="RUN...", help="Folders of runs, or model.onnx files.")]
NoTest = Annotated[bool, Option("--no-test", help="Leave the test set closed.")]
Kind = Annotated[
    str | None,
    Option(
        help='"writing" or "things": what the images show; default: as they look. Writing is framed by its '
        "ink, things are padded."
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
Part = Annotated[
    str,
    Option(
        help='Which images: "test", "train", "validation" or "all". Of the data that a run was trained on, '
        '"validation" is what its training held out.'
    ),
]
MaxError = Annotated[
    float | None,
    Option(
        metavar="SHARE",
        parser=parse_max_error,
        help='Answer "unknown" rather than err more often than this: "0.1%" or 0.001 of the answered images.',
    ),
]
Strict = Annotated[bool, Option("--strict", help="Refuse data with a single bad image file.")]


def only(context: typer.Context, *known: str) -> None:
    """Refuses options that a command of this kind would pass over in silence."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in known and source is not None and source.name == "COMMANDLINE":
            option = _CALLED.get(name, name).replace("_", "-")
            raise OptionError(f"--{option} does not go with --{known[0]}: leave it out")
