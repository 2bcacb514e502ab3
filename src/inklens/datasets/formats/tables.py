"""CSV, JSON Lines and Parquet files as columns, a block of rows at a time."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError, needing
from inklens.pixels import IMAGE_SUFFIXES

_ROWS = 2048  # of a block
_JSON = (".jsonl", ".jsonl.gz")
_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz", *_JSON)
_PARQUET = ".parquet"
_LISTS = (".txt", ".lst")  # in which a line is a file's name, spaces, and a label
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how such a file begins that Excel saves as Unicode text


@dataclass(frozen=True)
class Table:
    """A file of columns.

    Args:
        path: the file.
        names: of the columns; their numbers as text where the file has no header.
        first: the first row, as text.
        header: whether the file names its columns.
        delimiter: between the columns of a CSV file, as which JSON Lines are read too; empty for Parquet.
    """

    path: Path
    names: tuple[str, ...]
    first: tuple[str, ...]
    header: bool
    delimiter: str

    def texts(self, name: str, most: int | None = None) -> list[str]:
        """A column as text; surrounding spaces are left out.

        Args:
            most: how many rows of a CSV file are read; None for all.

        Raises:
            DataError: a row that is too short, or a file that cannot be read.
        """
        if not self.delimiter:
            return [_as_text(value) for value in self._columns([name])[0].to_pylist()]
        place = self.names.index(name)
        with _readable(self.path), self._rows() as lines:
            rows = csv.reader(lines, delimiter=self.delimiter)
            texts = []
            for number, row in enumerate(islice(filter(None, rows), most), 1):
                if len(row) != len(self.names):
                    raise DataError(
                        f"{self.path} has {len(row)} columns in row {number}; expected {len(self.names)}, "
                        "as in the first: mend that row"
                    )
                texts.append(row[place].strip())
        return texts

    def numbers(self, names: Sequence[str]) -> NDArray[np.generic]:
        """Columns as one array (rows, columns): uint8 where all values are 0-255, else float32 or int32.

        Raises:
            DataError: a value that is no number, or a file that cannot be read.
        """
        if not self.delimiter:
            return np.concatenate([np.empty((0, len(names)), np.uint8), *map(_narrow, self._blocks(names))])
        places = [self.names.index(name) for name in names]
        for dtype in (np.int32, np.float32):
            try:
                with _readable(self.path), self._rows() as lines:
                    blocks = list(self._parsed(lines, places, dtype))
                return np.concatenate(blocks) if blocks else np.empty((0, len(names)), np.uint8)
            except _NoWholeNumbers as error:
                reason = error
        raise DataError(
            f"{self.path} holds pixels that are no numbers ({reason}); expected numbers: mend them"
        )

    def _parsed(self, lines: Iterator[str], places: list[int], dtype: type) -> Iterator[NDArray[np.generic]]:
        while block := [line for line in islice(lines, _ROWS) if line.strip()]:
            try:
                parsed: NDArray[np.generic] = np.loadtxt(
                    block,
                    dtype,
                    comments=None,
                    delimiter=self.delimiter,
                    usecols=places,
                    ndmin=2,
                    quotechar='"',
                )
            except (ValueError, OverflowError) as error:
                raise _NoWholeNumbers(" ".join(str(error).split())) from error
            yield _narrow(parsed)

    @contextmanager
    def _rows(self) -> Iterator[Iterator[str]]:
        with _opened(self.path) as lines:
            if self.header:
                next(lines, None)
            yield lines

    def _columns(self, names: Sequence[str]) -> list[Any]:
        with _readable(self.path):
            table = _parquet().read_table(self.path, columns=list(names))
            return [table.column(name) for name in names]

    def _blocks(self, names: Sequence[str]) -> Iterator[NDArray[np.generic]]:
        with _readable(self.path), _parquet().ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=_ROWS, columns=list(names)):
                columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in names]
                yield np.stack(columns, axis=1)


class _NoWholeNumbers(Exception):  # noqa: N818 (no error of a user's: floats are tried next)
    """Something that is no whole number stands among the pixels."""


def is_table(path: Path) -> bool:
    """Whether a path is a file whose name ends as that of a CSV or Parquet file."""
    return path.is_file() and path.name.lower().endswith((*_CSV, _PARQUET))


def is_list(path: Path) -> bool:
    """Whether a path is a text file, which may list names and labels; in a folder, it may be anything."""
    return path.is_file() and path.name.lower().endswith(_LISTS)


def is_parquet(path: Path) -> bool:
    """Whether a path is a file whose name ends in .parquet."""
    return path.is_file() and path.name.lower().endswith(_PARQUET)


def open_table(path: Path) -> Table:
    """Columns and first row of a CSV file, with a header or without, or of a Parquet file.

    Raises:
        DataError: it cannot be read, or has no rows.
        MissingPackageError: Parquet without pyarrow.
    """
    if is_parquet(path):
        with _readable(path), _parquet().ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
            row = next(file.iter_batches(batch_size=1), None)
            values = (
                [] if row is None or not len(row) else [row.column(place)[0] for place in range(len(names))]
            )
            first = [_as_text(value.as_py()) for value in values]
        if not first or len(set(names)) < len(names):
            raise DataError(
                f"{path} has no rows, or two columns of one name; expected rows of images and labels"
            )
        return Table(path, names, tuple(first), True, "")
    with _readable(path), _opened(path) as lines:
        top = [line for line in islice(lines, 8) if line.strip()][:2]
        delimiter = max(",;\t|", key=top[0].count) if top else ","
        rows = [tuple(map(str.strip, row)) for row in csv.reader(top, delimiter=delimiter)]
    if not rows or len(rows[0]) < 2:
        raise DataError(
            f"{path} has no columns; expected a CSV file of images: a label and pixels, or a file name and a "
            "label, in each row, with commas, semicolons or tabs between them"
        )
    header = _is_header(rows)
    if header and len(rows) < 2:
        raise DataError(f"{path} has a header but no rows; expected a row for each image")
    names = rows[0] if header else tuple(map(str, range(len(rows[0]))))
    if len(rows[-1]) != len(names):
        raise DataError(
            f"{path} has {len(names)} columns in its first row and {len(rows[-1])} in the second; "
            "expected as "
            "many in each row: save it anew"
        )
    if len(set(names)) < len(names):
        names = tuple(
            name if names.index(name) == place else f"{name}.{place}" for place, name in enumerate(names)
        )
    return Table(path, names, rows[1] if header else rows[0], header, delimiter)


def _is_header(rows: list[tuple[str, ...]]) -> bool:
    """Whether the first row names the columns; pixels may be called by numbers, as pandas does."""
    first, second = rows[0], rows[-1]
    if any(Path(name).suffix.lower() in IMAGE_SUFFIXES for name in first):
        return False
    if not any(map(is_number, first)) or first == tuple(map(str, range(len(first)))):
        return True
    return any(not is_number(name) and is_number(value) for name, value in zip(first, second, strict=False))


def is_number(text: str) -> bool:
    """Whether a cell holds a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _narrow(block: NDArray[np.generic]) -> NDArray[np.generic]:
    whole = np.issubdtype(block.dtype, np.integer)
    return (
        block.astype(np.uint8) if whole and block.size and block.min() >= 0 and block.max() <= 255 else block
    )


def _as_text(value: object) -> str:
    return "" if value is None else str(value).strip()


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[str]]:
    with path.open("rb") as file:
        start = file.read(2)
    encoding = "utf-16" if start in _UTF_16 else "utf-8-sig"
    opens = gzip.open if start == b"\x1f\x8b" else open
    opened = cast("IO[str]", opens(path, "rt", encoding=encoding, newline=""))
    with opened as lines:
        whole = _without_nulls(lines, path)
        if path.name.lower().endswith(_JSON):
            whole = _as_csv(whole, path)
        yield _listed(whole) if path.name.lower().endswith(_LISTS) else whole


def _listed(lines: Iterator[str]) -> Iterator[str]:
    """Lines of a name, spaces and a label as rows of a CSV file; lines with separators as they are."""
    for line in lines:
        yield line if any(mark in line for mark in ",;\t|") else _csv_line(line.rsplit(maxsplit=1))


def _as_csv(lines: Iterator[str], path: Path) -> Iterator[str]:
    """An object of JSON in each line as rows of a CSV file, the keys of the first one as its header."""
    names: list[str] = []
    for line in filter(str.strip, lines):
        row = json.loads(line)
        if not isinstance(row, dict):
            raise DataError(f"{path} has a line that is no object of JSON; expected one for each image")
        if not names:
            names = list(row)
            yield _csv_line(names)
        yield _csv_line([_as_text(row.get(name)) for name in names])


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _without_nulls(lines: Iterator[str], path: Path) -> Iterator[str]:
    """The lines, but for a binary file under such a name, which is refused."""
    for line in lines:
        if "\0" in line:
            raise DataError(f"{path} holds null bytes; expected text in UTF-8: save it as a CSV file anew")
        yield line


def _parquet() -> Any:
    with needing("pyarrow", "a .parquet file", "parquet"):
        from pyarrow import parquet
    return parquet


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What is wrong with the file itself, as an error of the user's."""
    try:
        yield
    except DataError:
        raise
    except UnicodeDecodeError as error:
        at = error.object[max(0, error.start - 12) : error.end]
        raise DataError(
            f"{path} is no text in UTF-8 (it holds {at!r}), but perhaps in Windows-1252; expected UTF-8: "
            'save it anew, in Excel as "CSV UTF-8", or with iconv -f WINDOWS-1252 -t UTF-8'
        ) from error
    except (
        OSError,
        EOFError,
        ValueError,
        csv.Error,
        zlib.error,
        MemoryError,
        NotImplementedError,
        KeyError,
        RecursionError,  # of JSON
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path} cannot be read ({reason}); expected a whole CSV or JSON Lines file in UTF-8, or a "
            "Parquet file: save it anew"
        ) from error
