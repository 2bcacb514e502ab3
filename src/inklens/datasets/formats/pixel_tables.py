"""Images as rows of a CSV or Parquet file: a column for each pixel, or one of all of them, and a label."""

import math
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.dataset import Dataset, from_labelled_images
from inklens.datasets.formats.array_values import check_range, rgb_images
from inklens.datasets.formats.emnist import upright_classes
from inklens.datasets.formats.tables import Table, is_number, open_table
from inklens.datasets.labels import as_numbers, classes_named
from inklens.datasets.layout.columns import (
    grid,
    in_order,
    is_index,
    label_column,
    numbered_alike,
    part_column,
    parts_of_rows,
)
from inklens.datasets.layout.part_files import Files
from inklens.datasets.options import LoadOptions
from inklens.datasets.splits import Split
from inklens.errors import DataError
from inklens.pixels import IMAGE_SUFFIXES, PixelSpec, as_batch

_LEAST_SIDE = 4  # pixels; columns of less are no image
_LOOKED_AT = 2000  # rows that show which column is the label
_LISTED = 6  # columns that a message names
_LIST = str.maketrans("[],", "   ")


class PixelColumns(NamedTuple):
    """Where the pixels and labels of a table are.

    Args:
        pixels: the columns, in order; one column of text where `packed`.
        shape: (height, width, channels).
        label: the column with the label; None where there is none.
        packed: whether all pixels of an image are one text, with spaces or commas between them.
        unused: further columns.
    """

    pixels: tuple[str, ...]
    shape: tuple[int, int, int]
    label: str | None
    packed: bool = False
    unused: tuple[str, ...] = ()


def pixel_columns(table: Table) -> PixelColumns | None:
    """Where the pixels of a table are; None where its columns are no square image, grey or RGB."""
    first = dict(zip(table.names, table.first, strict=True))
    label = label_column(table.names) if table.header else None
    for name in table.names:
        values = _values(first[name])
        if len(values) >= _LEAST_SIDE**2 and (shape := _shape(len(values))):
            return PixelColumns((name,), shape, label, packed=True)
    others = {label, part_column(table.names) if table.header else None}
    rest = [name for name in table.names if name not in others]
    pixels = tuple(name for name in rest if not (table.header and is_index(name)))
    if pixels and PurePath(first[pixels[0]]).suffix.lower() in IMAGE_SUFFIXES:
        return None  # the name of a file, and a column for each class
    size = grid(pixels)
    if shape := ((*size, 1) if size else _shape(len(pixels))):
        return PixelColumns(in_order(pixels), shape, label)
    alike = numbered_alike(pixels) if table.header else ()
    if label is None and (shape := _shape(len(pixels) - 1)):
        label = _label_at_an_end(table, pixels, alike)
        return PixelColumns(in_order([name for name in pixels if name != label]), shape, label)
    if 2 * len(alike) > len(pixels) and (shape := _shape(len(alike))):
        unused = tuple(name for name in pixels if name not in alike)
        return PixelColumns(in_order(alike), shape, label, unused=unused)
    return None


def has_pixels(path: Path) -> bool:
    """Whether the rows of a table are images.

    Raises:
        DataError: it cannot be read.
    """
    return pixel_columns(open_table(path)) is not None


def load_pixel_tables(files: Files, name: str, options: LoadOptions) -> Dataset:
    """Tables of pixels and labels as a data set; without a test part, a stratified fifth is held out.

    Args:
        files: those of each part; "train" at least. Those without labels are left out, and a note says so.
        name: what the data set is called.

    Raises:
        DataError: no label column, or rows that cannot be used.
    """
    read: dict[str, list[tuple[NDArray[np.uint8], list[str]]]] = {}
    notes = []
    for part, paths in files.items():
        for path in paths:
            table = open_table(path)
            columns = pixels_of(table)
            if columns.label is None:
                notes.append(_without_labels(table, part))
                continue
            labels = _labels(table, columns)
            images, said = read_pixels(table, columns)
            parts, also = parts_of_rows(table.names, table.texts) if table.header else (None, [])
            notes += [*said, *also, *_unused(columns)]
            of_rows = np.array(parts or [part] * len(labels))
            for inner in sorted(set(of_rows.tolist())):
                rows = np.flatnonzero(of_rows == inner)
                read.setdefault(inner, []).append((images[rows], [labels[row] for row in rows]))
    first = files["train"][0]
    if "train" not in read:
        raise DataError(f"{first} has no row of a training part; expected some")
    names = (
        classes_named(np.array([text for _, labels in read["train"] for text in labels]), str(first)) or ()
    )
    splits = {part: _split(blocks, names, str(first)) for part, blocks in read.items()}
    splits, names, turned = upright_classes(splits, first, names, options.kind)
    return from_labelled_images(
        name, splits["train"], splits.get("test"), validation=splits.get("validation"), source=str(first),
        seed=options.seed, kind=options.kind, class_names=names, path=str(first.resolve()),
        hold_out=options.hold_out, notes=[*dict.fromkeys(notes), *turned],
    )  # fmt: skip


def _unused(columns: PixelColumns) -> list[str]:
    return [f"not used: {', '.join(columns.unused)}"] if columns.unused else []


def _without_labels(table: Table, part: str) -> str:
    """The note that a file is left out; of the training part, an error."""
    if part == "train":
        raise DataError(
            f"{table.path} has no label column ({_named(table)}); expected one called label: give "
            "the file to "
            "inklens predict if it has no labels"
        )
    return f"{table.path.name} has no labels and is left out: give it to inklens predict"


def _split(blocks: list[tuple[NDArray[np.uint8], list[str]]], names: tuple[str, ...], where: str) -> Split:
    shapes = {images.shape[1:] for images, _ in blocks}
    if len(shapes) > 1:
        raise DataError(f"{where} and the files beside it hold images of {shapes}; expected one size")
    numbers = [as_numbers(np.array(labels), names, where) for _, labels in blocks]
    return Split(np.concatenate([images for images, _ in blocks]), np.concatenate(numbers))


def read_pixels(table: Table, columns: PixelColumns) -> tuple[NDArray[np.uint8], list[str]]:
    """The images of a table: uint8 (N, H, W, C), 0-255; and notes.

    Raises:
        DataError: a row that is no image, or values that are surely of another range.
    """
    height, width, channels = columns.shape
    flat = _unpacked(table, columns) if columns.packed else table.numbers(columns.pixels)
    given, notes = rgb_images(flat, width) if channels == 3 else (flat.reshape(-1, height, width, 1), [])
    try:
        images = as_batch(given, PixelSpec(height, width, channels))
    except DataError as error:
        raise DataError(f"{table.path}: {error}") from error
    check_range(given, images, str(table.path))
    return np.ascontiguousarray(images), notes


def _values(cell: str) -> list[str]:
    """The numbers in a cell: "0 255 7", or a list, "[0, 255, 7]", perhaps of lists."""
    return (cell.translate(_LIST) if cell.startswith("[") else cell).split()


def _unpacked(table: Table, columns: PixelColumns) -> NDArray[np.generic]:
    texts = table.texts(columns.pixels[0])
    try:
        rows = [np.array(_values(text), np.float32) for text in texts]
    except ValueError as error:
        raise DataError(f"{table.path} holds pixels that are no numbers ({error}); mend them") from error
    if {len(row) for row in rows} != {math.prod(columns.shape)}:
        raise DataError(
            f"{table.path} holds images of different sizes; expected {math.prod(columns.shape)} "
            "pixels in each row"
        )
    return np.stack(rows)


def _labels(table: Table, columns: PixelColumns) -> list[str]:
    """The labels as text; 3.0 is 3."""
    texts = table.texts(columns.label or "")
    if "" in texts:
        raise DataError(
            f"{table.path} has no label in row {texts.index('') + 1}; expected one in each row: "
            "add it, or take "
            "the row out"
        )
    return [text.removesuffix(".0") if text[:-2].isdecimal() else text for text in texts]


def pixels_of(table: Table) -> PixelColumns:
    """Where the pixels of a table are.

    Raises:
        DataError: its columns are no square image.
    """
    columns = pixel_columns(table)
    if columns is None:
        raise DataError(
            f"{table.path} has {len(table.names)} columns ({_named(table)}); expected those of "
            "square images, "
            "grey or RGB, such as 784 for 28x28, and a label"
        )
    return columns


def _shape(count: int) -> tuple[int, int, int] | None:
    """(height, width, channels) of square images of so many values."""
    for channels in (1, 3):
        side = math.isqrt(max(0, count // channels))
        if side >= _LEAST_SIDE and side * side * channels == count:
            return side, side, channels
    return None


def _label_at_an_end(table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> str:
    """The first of the columns or the last one, whichever is the label.

    It is not called as the others are, or is no number, or is less like the pixel beside it.
    """
    if len(alike) == len(names) - 1:
        return next(name for name in names if name not in alike)
    first, last = (_unlikeness(table, *ends) for ends in (names[:2], names[:-3:-1]))
    return names[-1] if last > first else names[0]


def _unlikeness(table: Table, name: str, beside: str) -> float:
    """The mean difference of two columns in the first rows; that of text is infinite."""
    one, other = (table.texts(column, _LOOKED_AT) for column in (name, beside))
    if not all(map(is_number, one + other)):
        return math.inf
    return float(np.abs(np.array(one, float) - np.array(other, float)).mean())


def _named(table: Table) -> str:
    more = ", ..." if len(table.names) > _LISTED else ""
    return ", ".join(table.names[:_LISTED]) + more if table.header else "without a header"
