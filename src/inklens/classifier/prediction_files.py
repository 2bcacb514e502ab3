"""Answers as a CSV, JSON, JSON Lines or Parquet file: written row by row, whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import IO, Any

from inklens.atomic_file import atomic
from inklens.classifier.batch_prediction import FilePrediction
from inklens.errors import MissingPackageError, OptionError

Write = Callable[[FilePrediction], object]

FORMAT = (
    1  # of the columns and the objects' names, which each row and object says: a header has no room for it
)

_PARQUET_ROWS = 10_000


@contextmanager
def results_file(path: Path, top: int) -> Iterator[Write]:
    """Gives the function that writes one answer; the file is there once the block is left without error.

    CSV and Parquet have the columns file, status, label, probability, id_score, where `top` is more than 1
    top_1, top_1_probability and so on, then error, and format, which is `FORMAT` in every row. JSON has
    objects with the same names and a list "top".

    Args:
        path: its suffix says the format: .csv, .json, .jsonl or .parquet.
        top: how many classes each answer has.

    Raises:
        OptionError: another suffix.
        MissingPackageError: Parquet without pyarrow.
        RunError: the file cannot be written.
    """
    opened = _FORMATS.get(path.suffix.lower())
    if opened is None:
        raise OptionError(f"--output {path} has no known suffix; expected one of {', '.join(_FORMATS)}")
    if opened is parquet_answers:
        _pyarrow()
    with atomic(path) as temporary, opened(temporary, top) as write:
        yield write


@contextmanager
def _csv(path: Path, top: int) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        rows = csv.DictWriter(file, _columns(top), lineterminator="\n")
        rows.writeheader()
        yield lambda answer: rows.writerow(_flat(answer, top))


@contextmanager
def _json_lines(path: Path, top: int) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda answer: file.write(_object(answer) + "\n")


@contextmanager
def _json(path: Path, top: int) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        before = chain(["\n"], repeat(",\n"))
        file.write("[")
        yield lambda answer: file.write(next(before) + _object(answer))
        file.write("\n]\n")


@contextmanager
def parquet_answers(file: Path | IO[bytes], top: int) -> Iterator[Write]:
    """Gives the function that writes one answer into a Parquet file, in flat memory; see `results_file`.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    numbers = [name for name in _columns(top) if name == "id_score" or name.endswith("probability")]
    types = {name: arrow.float32() if name in numbers else arrow.string() for name in _columns(top)}
    schema = arrow.schema({**types, "format": arrow.int32()})
    rows: list[FilePrediction] = []
    with parquet.ParquetWriter(file, schema) as table:

        def flush() -> None:
            table.write_table(arrow.Table.from_pydict(_by_column(rows, top), schema))
            rows.clear()

        def write(answer: FilePrediction) -> None:
            rows.append(answer)
            if len(rows) == _PARQUET_ROWS:
                flush()

        yield write
        flush()


_FORMATS = {".csv": _csv, ".json": _json, ".jsonl": _json_lines, ".parquet": parquet_answers}


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingPackageError(
            "a .parquet file needs pyarrow, which is not installed: pip install 'inklens[parquet]'"
        ) from error
    return pyarrow, parquet


def _columns(top: int) -> list[str]:
    ranks = range(1, top + 1 if top > 1 else 1)
    ranked = [name for rank in ranks for name in (f"top_{rank}", f"top_{rank}_probability")]
    return ["file", "status", "label", "probability", "id_score", *ranked, "error", "format"]


def _by_column(rows: list[FilePrediction], top: int) -> dict[str, list[Any]]:
    """What `_flat` gives for each row, column by column, with names that are UTF-8."""
    columns: dict[str, list[Any]] = {name: [vars(row).get(name) for row in rows] for name in _columns(top)}
    columns["file"] = [_utf_8(row.file) for row in rows]
    columns["format"] = [FORMAT] * len(rows)
    for rank in range(top if top > 1 else 0):
        ranked = [row.top[rank] if rank < len(row.top) else (None, None) for row in rows]
        columns[f"top_{rank + 1}"] = [name for name, _ in ranked]
        columns[f"top_{rank + 1}_probability"] = [probability for _, probability in ranked]
    return columns


def _flat(answer: FilePrediction, top: int) -> dict[str, Any]:
    row: dict[str, Any] = {**vars(answer), "format": FORMAT}
    ranked = row.pop("top")
    if top > 1:
        for rank, (name, probability) in enumerate(ranked, 1):
            row[f"top_{rank}"], row[f"top_{rank}_probability"] = name, probability
    return row


def _object(answer: FilePrediction) -> str:
    """One line of ASCII; a file name that is no UTF-8 survives in it."""
    row = dict(vars(answer))
    row["top"] = [{"label": name, "probability": probability} for name, probability in answer.top]
    return json.dumps({**row, "format": FORMAT})


def _utf_8(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()
