"""Parquet files with the bytes of images, as Hugging Face keeps data sets, and with its class names."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from inklens.datasets.dataset import Dataset
from inklens.datasets.formats.image_trees import load_tree
from inklens.datasets.labels import check_names
from inklens.datasets.layout.columns import image_column, label_column, other_labels, parts_of_rows
from inklens.datasets.layout.part_files import Files
from inklens.datasets.layout.stores import Content
from inklens.datasets.options import LoadOptions
from inklens.datasets.trees import Tree, natural_key
from inklens.errors import DataError, ImageError, needing

_ROWS = 64  # read at a time: of photos, each has megabytes
_UNLABELLED = -1  # Hugging Face's label of a row that has none
# What pyarrow raises for a damaged file: NotImplementedError for a type that it does not have.
_UNREADABLE = (OSError, ValueError, NotImplementedError, TypeError, MemoryError)


class ImageColumns(NamedTuple):
    """Where images and labels are in a Parquet file.

    Args:
        image: a column of bytes, or of structures {bytes, path}.
        label: the column with the label; None where there is none.
        names: the classes, where the file names them.
        unused: further columns of images or labels.
    """

    image: str
    label: str | None
    names: tuple[str, ...]
    unused: tuple[str, ...] = ()


def image_columns(path: Path) -> ImageColumns | None:
    """Where the images of a Parquet file are; None where no column holds bytes.

    Raises:
        DataError: it cannot be read.
        MissingPackageError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    try:
        schema = parquet.read_schema(path)
    except _UNREADABLE as error:
        raise _damaged(path, error) from error
    images = [
        field.name
        for field in schema
        if _is_bytes(arrow, field.type)
        or (arrow.types.is_struct(field.type) and "bytes" in {inner.name for inner in field.type})
    ]
    if not images:
        return None
    features = _features(schema)
    labels = [name for name in schema.names if features.get(name, {}).get("_type") == "ClassLabel"]
    label = label_column(labels) or label_column(schema.names) or next(iter(labels), None)
    names = features.get(label, {}).get("names") or () if label else ()
    image = image_column(images)
    others = [name for name in images if name != image]
    others += [name for name in other_labels(schema.names, label) if name not in images]
    return ImageColumns(image, label, tuple(map(str, names)), tuple(others))


def load_parquet_images(files: Files, name: str, options: LoadOptions) -> Dataset:
    """Parquet files with the bytes of images; without a test part, a stratified fifth is held out.

    Args:
        files: those of each part, "train" at least; several are its shards.
        name: what the data set is called.

    Raises:
        DataError: a damaged file, or one without labels.
        MissingPackageError: pyarrow is not installed.
    """
    first = files["train"][0]
    columns = image_columns(first)
    if columns is None or columns.label is None:
        raise DataError(f"{first} has no column of images and none of labels; expected image and label")
    every = [shard for shards in files.values() for shard in shards]
    root = Path(os.path.commonpath([shard.parent for shard in every]))
    labels: dict[str, list[Any]] = {}
    paths: dict[str, list[str]] = {}
    notes = [f"not used: {', '.join(columns.unused)}"] if columns.unused else []
    for part, shards in files.items():
        for shard in shards:
            try:
                of_rows, inner, said = _rows(shard, columns.label, part)
            except KeyError:
                notes.append(f"{shard.name} has no column {columns.label} and is left out")
                continue
            notes += said
            path = shard.relative_to(root).as_posix()
            for row, (own, label) in enumerate(zip(inner, of_rows, strict=True)):
                labels.setdefault(own, []).append(label)
                paths.setdefault(own, []).append(f"{path}#{row}")
    for part in [part for part, every in labels.items() if part != "train" and set(every) == {_UNLABELLED}]:
        notes.append(f"the {part} part has no labels and is left out: give its files to inklens predict")
        del labels[part], paths[part]
    names, numbers = _numbered(labels, columns.names, first)
    parts = {part: list(zip(paths[part], numbers[part], strict=True)) for part in paths if paths[part]}
    store = ParquetStore({shard.relative_to(root).as_posix(): shard for shard in every}, columns.image)
    tree = Tree(root, names, parts, store, tuple(dict.fromkeys(notes)))
    return load_tree(tree, name, options, path=first)


def images_of_rows(path: Path) -> Iterator[bytes] | None:
    """The bytes of the image in each row, empty where there is none; None where no column holds images.

    Raises:
        DataError: it cannot be read.
        MissingPackageError: pyarrow is not installed.
    """
    columns = image_columns(path)
    if columns is None:
        return None
    _, parquet = _pyarrow()
    rows = parquet.read_metadata(path).num_rows
    contents = ParquetStore({path.name: path}, columns.image).contents(
        [f"{path.name}#{row}" for row in range(rows)]
    )
    return map(_bytes_of, contents)


def _bytes_of(content: Content) -> bytes:
    try:
        if isinstance(content, Path):
            return content.read_bytes()
    except (OSError, ValueError):  # ValueError: a null byte in the name
        return b""
    return content if isinstance(content, bytes) else b""


class ParquetStore:
    """Images in the rows of Parquet files.

    Args:
        files: by their paths below one folder, as several may have one name; a path in the store is PATH#ROW.
        column: the one with the images.
    """

    def __init__(self, files: dict[str, Path], column: str) -> None:
        self._files, self._column = files, column
        self._states = {name: (path.stat().st_size, path.stat().st_mtime_ns) for name, path in files.items()}

    def state(self, path: str) -> object:
        """Size and time of the last change of the file that the row is in."""
        return self._states[path.rpartition("#")[0]]

    def contents(self, paths: Sequence[str]) -> Iterator[Content]:
        """The bytes of each row; rows in ascending order are read in one go."""
        name, at = "", 0
        reader: Iterator[Any] = iter(())
        for path in paths:
            file, _, number = path.rpartition("#")
            row = int(number)
            if file != name or row < at:
                name, reader, at = file, self._rows(self._files[file], row), row
            try:
                while True:
                    value = next(reader)
                    at += 1
                    if at > row:
                        break
            except StopIteration:
                yield ImageError(f"{path} is not there; expected a whole file: get it anew")
            except _UNREADABLE as error:
                yield ImageError(str(_damaged(self._files[file], error)))
                name = ""
            else:
                yield self._content(value, path)

    def _rows(self, path: Path, first: int) -> Iterator[Any]:
        """The cells of the image column from a row on; row groups before it are not read."""
        _, parquet = _pyarrow()
        with parquet.ParquetFile(path) as file:
            groups, skipped = list(range(file.num_row_groups)), 0
            while groups and skipped + file.metadata.row_group(groups[0]).num_rows <= first:
                skipped += file.metadata.row_group(groups.pop(0)).num_rows
            before = first - skipped
            for batch in file.iter_batches(batch_size=_ROWS, row_groups=groups, columns=[self._column]):
                column = batch.column(0)
                if before >= len(column):
                    before -= len(column)
                    continue
                yield from (cell.as_py() for cell in column[before:])
                before = 0

    def _content(self, cell: Any, path: str) -> Content:
        content = cell.get("bytes") if isinstance(cell, dict) else cell
        if content:
            return bytes(content)
        beside = PurePath(str(cell.get("path") or "") if isinstance(cell, dict) else "")
        if beside.name and not beside.is_absolute() and ".." not in beside.parts:  # below the table
            return self._files[path.rpartition("#")[0]].parent / beside
        return ImageError(f"{path} holds no image; expected its bytes: replace it or leave it out")


def _numbered(
    labels: dict[str, list[Any]], names: tuple[str, ...], first: Path
) -> tuple[tuple[str, ...], dict[str, list[int]]]:
    """The classes' names, and the labels as their places among them."""
    for part, every in labels.items():
        if None in every:
            raise DataError(f"{first} has a row of the {part} part without a label; expected one in each row")
    if not names or any(isinstance(label, str) for every in labels.values() for label in every):
        texts = {part: list(map(_text, every)) for part, every in labels.items()}
        names = tuple(sorted(set().union(*texts.values()), key=natural_key))
        place = {name: number for number, name in enumerate(names)}
        numbered = {part: [place[text] for text in every] for part, every in texts.items()}
    else:
        numbered = {part: [int(label) for label in every] for part, every in labels.items()}
        used = sorted({label for every in numbered.values() for label in every})
        if used and not 0 <= used[0] <= used[-1] < len(names):
            raise DataError(
                f"{first} has labels from {used[0]} to {used[-1]} for {len(names)} names; expected 0 to "
                f"{len(names) - 1} (-1 stands for unlabelled): leave those rows out"
            )
    check_names(names, str(first))
    return names, numbered


def _text(label: Any) -> str:
    """A label as text; 3.0 is 3."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _rows(path: Path, label: str, part: str) -> tuple[list[Any], list[str], list[str]]:
    """The label and the part of each row, and notes.

    Raises:
        KeyError: there is no such column.
    """
    _, parquet = _pyarrow()
    labels = _column(path, label)
    parts, notes = parts_of_rows(
        parquet.read_schema(path).names, lambda name: [str(value) for value in _column(path, name)]
    )
    return labels, parts or [part] * len(labels), notes


def _column(path: Path, name: str) -> list[Any]:
    _, parquet = _pyarrow()
    try:
        table = parquet.read_table(path, columns=[name])
    except _UNREADABLE as error:
        raise _damaged(path, error) from error
    values: list[Any] = table.column(name).to_pylist()
    return values


def _features(schema: Any) -> dict[str, Any]:
    """What Hugging Face's library says of the columns, or nothing."""
    try:
        kept = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = kept.get("info", {}).get("features", {})
    except (ValueError, AttributeError):
        return {}
    return features if isinstance(features, dict) else {}


def _is_bytes(arrow: Any, kind: Any) -> bool:
    return bool(arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind))


def _pyarrow() -> tuple[Any, Any]:
    with needing("pyarrow", "a .parquet file", "parquet"):
        import pyarrow
        from pyarrow import parquet
    return pyarrow, parquet


def _damaged(path: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return DataError(f"{path} cannot be read ({reason}); expected a whole Parquet file: get it anew")
