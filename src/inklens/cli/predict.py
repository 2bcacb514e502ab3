"""`inklens predict`: what a trained network says about image files."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Argument, Option

from inklens.cli.light import LightCommand, Model, open_classifier, whole_number
from inklens.printable import printable

if TYPE_CHECKING:
    from inklens.classifier import FilePrediction
    from inklens.classifier.prediction_files import Write
    from inklens.datasets.named_image import NamedImage

_TABLE_BLOCK = 256
_OF_MANY = (
    ".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".npz", ".npy", ".zip",
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz",
)  # fmt: skip


class Command(LightCommand):
    """Converts what `predict` takes, without pydantic."""

    converters: ClassVar = {"model": Path, "top_k": whole_number}


def predict(
    paths: Annotated[
        list[str],
        Argument(
            metavar="PATH...",
            help="Image files, folders, patterns, files of many (.csv, .npz, .npy, .parquet, .zip, .tar); "
            "- reads a list of paths, one per line.",
        ),
    ],
    model: Model = None,
    results: Annotated[
        str | None,
        Option(
            "--output", help="A .csv, .json, .jsonl or .parquet; with --cluster a folder of Parquet files."
        ),
    ] = None,
    top_k: Annotated[int, Option(min=1, help="How many classes to give for each image.")] = 1,
    strict: Annotated[bool, Option("--strict", help="Stop at the first path that is no image.")] = False,
    cluster: Annotated[
        str | None,
        Option(
            metavar="WHERE",
            help="Millions of images, on Ray: local, auto, or HOST:PORT; see `inklens train --help`. "
            "Paths may be s3://BUCKET/FOLDER too.",
        ),
    ] = None,
) -> None:
    """Say what is in images: the class and its probability, "unknown", or "empty"."""
    if cluster is not None:
        from inklens.cli.parallel_predict import predict_on

        predict_on(
            cluster, model, list(_with_standard_input(paths)), results, top_k, _conclude, strict=strict
        )
        return
    from inklens.classifier import find_images, predict_files
    from inklens.datasets.layout.file_listing import passed_over

    classifier = open_classifier(model)
    top_k = min(top_k, len(classifier.class_names))
    # One folder that holds no images is said in one line; among others it has a row of its own.
    alone = len(paths) == 1 and paths != ["-"]
    passed: Counter[str] = Counter()
    found = find_images(_with_standard_input(paths), strict=strict or alone, passed=passed)
    files = _one_by_one(found, passed, strict=strict or alone)
    if alone and results is None:  # of a single file, what is wrong with it is all that is said
        first = list(islice(files, 2))
        files, strict = chain(first, files), strict or len(first) == 1
    answers = predict_files(classifier, files, top=top_k, strict=strict)
    counts, first_error, unknown = _write_all(answers, None if results is None else Path(results), top_k)
    _conclude(counts, first_error, results)
    for line in passed_over(passed):
        typer.echo(printable(f"note: {line}"), err=True)
    if unknown and all(name.isdigit() for name in classifier.class_names):
        _say_if_several(unknown)


def _write_all(
    answers: "Iterable[FilePrediction]", results: Path | None, top_k: int
) -> tuple[Counter[str], str, str]:
    """Writes the answers; how many there are of each status, the first error, and the first unknown file."""
    counts: Counter[str] = Counter()
    first_error = unknown = ""
    with _destination(results, top_k) as write:
        for answer in answers:
            write(answer)
            counts[answer.status] += 1
            first_error = first_error or answer.error or ""
            unknown = unknown or (answer.file if answer.status == "unknown" else "")
    return counts, first_error, unknown


def _say_if_several(file: str) -> None:
    """Point to `read` where an unknown image shows several digits."""
    from inklens.reading.count_writing import shows_several

    if shows_several(file):
        note = f"note: {file} shows several pieces of writing; inklens read reads numbers"
        typer.echo(printable(note), err=True)


def _one_by_one(paths: Iterable[str], passed: Counter[str], *, strict: bool) -> "Iterator[str | NamedImage]":
    """The paths, and in place of a file of many images the images in it."""
    from inklens.errors import DataError

    for path in paths:
        if not path.lower().endswith(_OF_MANY):
            yield path
            continue
        from inklens.datasets.formats.unlabelled import holds_many, images_in

        try:
            if holds_many(Path(path)):
                yield from images_in(Path(path), passed)
            else:
                yield path
        except DataError:
            if strict:
                raise
            yield path


def _with_standard_input(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path == "-":
            yield from _listed_paths()
        else:
            yield path


def _listed_paths() -> Iterator[str]:
    """The lines of standard input; an error in reading them is no error of the file that is written."""
    from inklens.errors import DataError

    expected = "expected a list of paths, one per line: give files and folders by their paths instead of -"
    if sys.stdin is None:
        raise DataError(f"standard input is closed; {expected}")
    lines = iter(sys.stdin.buffer)
    while True:
        try:
            line = next(lines, None)
        except OSError as error:
            raise DataError(f"standard input cannot be read ({error.strerror}); {expected}") from error
        if line is None:
            return
        if line.strip():
            yield os.fsdecode(line.rstrip(b"\r\n"))


@contextmanager
def _destination(results: Path | None, top_k: int) -> "Iterator[Write]":
    """Gives the function that takes the answers: to a file, a table on a terminal, lines elsewhere."""
    if results is not None:
        from inklens.classifier.prediction_files import results_file

        with results_file(results, top_k) as write:
            yield write
    elif sys.stdout is not None and sys.stdout.isatty():  # None where it is closed
        table = _Table()
        yield table.add
        table.flush()
    else:
        yield lambda answer: typer.echo("  ".join(_cells(answer)))


class _Table:
    """Aligned columns, a block of rows at a time, so that a long list begins to show at once."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = [["file", "answer", "probability"]]

    def add(self, answer: "FilePrediction") -> None:
        self._rows.append(_cells(answer))
        if len(self._rows) >= _TABLE_BLOCK:
            self.flush()

    def flush(self) -> None:
        columns = max(map(len, self._rows), default=0)
        # What ends a row, such as a long reason, needs no column.
        widths = [
            max((len(row[column]) for row in self._rows if column < len(row) - 1), default=0)
            for column in range(columns)
        ]
        for row in self._rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            typer.echo("  ".join(cells).rstrip())
        self._rows.clear()


def _cells(answer: "FilePrediction") -> list[str]:
    """file, class or status, its probability; then the other classes, or why there is no answer.

    What a network makes of a blank image means nothing, so "empty" stands alone.
    """
    from inklens.classifier.predictions import shown_label

    cells = [answer.file, answer.status if answer.label is None else shown_label(answer.label)]
    if answer.error is not None:
        cells.append(answer.error)
    elif answer.probability is not None and answer.status != "empty":
        cells.append(f"{100 * answer.probability:.2f}%")
        if len(answer.top) > 1:
            cells.append(", ".join(f"{name} {100 * share:.2f}%" for name, share in answer.top))
    return [printable(cell) for cell in cells]


def _conclude(counts: "Counter[str]", first_error: str, results: str | None) -> None:
    """Says what became of all, and refuses a list on which nothing could be answered."""
    from inklens.errors import DataError

    total, bad = counts.total(), counts["error"]
    if not total:
        raise DataError("no image was given; expected at least one path, or a list on standard input for -")
    if bad == total:
        raise DataError(first_error if total == 1 else f"none of {total:,} files is an image: {first_error}")
    if results is not None:
        typer.echo(f"images     {', '.join(f'{count:,} {status}' for status, count in counts.items())}")
        typer.echo(f"results    {results}")
    if bad:
        note = f"note: {bad:,} of {total:,} files could not be read: {first_error}"
        typer.echo(printable(note), err=True)
