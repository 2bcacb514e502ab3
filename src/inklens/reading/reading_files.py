"""Readings as JSON or CSV files, and pictures as PNG; a file is written completely or not at all."""

import csv
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.atomic_file import atomic, check_place
from inklens.errors import OptionError
from inklens.pixels import encode_png
from inklens.reading.reading import Corners, Reading

COLUMNS = (
    "file", "number", "line", "column", "text", "confidence", "status", "number_box", "digit",
    "label", "probability", "digit_status", "box", "reason", "format", "grid",
)  # fmt: skip

FORMAT = 1  # of the columns and the pages' names, which each row and page says: a header has no room for it

_SUFFIXES = (".json", ".csv")


def write_reading(path: Path, readings: Sequence[tuple[str, Reading]]) -> None:
    """Write what was read: JSON with a list of pages, or CSV with a row for each digit.

    In CSV a blank cell of a grid and a page without digits have one row; boxes are "x y x y x y x y".

    Args:
        path: its suffix, .json or .csv, decides the format.
        readings: for each page, the file's name and what was read.

    Raises:
        OptionError: another suffix.
        RunError: the file cannot be written.
    """
    check_targets(path)
    with atomic(path) as temporary:
        if path.suffix.lower() == ".json":
            pages = [{"file": name, **reading.to_dict(), "format": FORMAT} for name, reading in readings]
            temporary.write_text(json.dumps(pages, indent=1) + "\n", encoding="utf-8")
        else:
            with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                rows.writeheader()
                for name, reading in readings:
                    rows.writerows({**row, "format": FORMAT} for row in _rows(name, reading))


def check_targets(results: Path | None, annotated: Path | None = None, stages: Path | None = None) -> None:
    """Refuse files that could not be written, before any work is done.

    Raises:
        OptionError: results are neither .json nor .csv, a picture is not .png, or a place cannot be written.
    """
    if results is not None and results.suffix.lower() not in _SUFFIXES:
        raise OptionError(f"--output {results} has no known suffix; expected {' or '.join(_SUFFIXES)}")
    if annotated is not None and annotated.suffix.lower() not in (".png", ""):
        raise OptionError(f"--annotate {annotated} is no PNG; expected a .png, or a folder")
    if results is not None:
        if results.is_dir():
            raise OptionError(f"--output {results} is a folder; expected a file: give another --output")
        check_place("output", results, results.parent)
    if annotated is not None:
        check_place("annotate", annotated, annotated.parent)
    if stages is not None:
        check_place("stages", stages, stages)


def places_of(files: Sequence[str]) -> list[Path]:
    """For each file a place below a folder of pictures, without a suffix; unlike files have unlike ones.

    It is the file's path below the folder that all share: "a/1" and "b/1" for a/1.jpg and b/1.jpg. Files that
    differ in nothing but their suffix keep it.
    """
    paths = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100 (resolve would follow links)
    shared = os.path.commonpath([path.parent for path in paths])
    below = [path.relative_to(shared) for path in paths]
    alike = Counter(path.with_suffix("") for path in set(below))
    return [path if alike[path.with_suffix("")] > 1 else path.with_suffix("") for path in below]


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write uint8 (H, W, 1 or 3) as PNG.

    Raises:
        RunError: the file cannot be written.
    """
    with atomic(path) as temporary:
        temporary.write_bytes(encode_png(picture))


def _rows(name: str, reading: Reading) -> list[dict[str, object]]:
    if not reading.numbers:
        return [{"file": name, "reason": reading.reason}]
    rows: list[dict[str, object]] = []
    for place, number in enumerate(reading.to_dict()["numbers"]):
        digits, box = number.pop("digits"), _flat(number.pop("box"))
        shared = {"file": name, "number": place, **number, "number_box": box}
        shared |= {} if digits else {"confidence": None}
        rows += [
            {
                **shared,
                "digit": position,
                "label": digit["label"],
                "probability": digit["probability"],
                "digit_status": digit["status"],
                "box": _flat(digit["box"]),
            }
            for position, digit in enumerate(digits)
        ] or [shared]
    return rows


def _flat(box: Corners) -> str:
    return " ".join(f"{coordinate:g}" for corner in box for coordinate in corner)
