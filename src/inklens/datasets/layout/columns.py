"""What the columns of a table are, by their names."""

import re
from collections.abc import Sequence

_LABELS = (
    "label", "labels", "class", "target", "category", "class_name", "classname", "label_name", "fine_label",
    "fine_labels", "emotion", "digit", "letter", "character", "y", "classid", "class_id", "label_id",
    "species", "breed", "diagnosis", "dx", "type", "has_cactus", "tag", "answer",
)  # fmt: skip
_PARTS = ("split", "usage", "set", "subset", "part", "partition", "dataset")
_INDICES = ("id", "index", "imageid", "image_id", "unnamed: 0", "idx", "", "row_id")
_GRID = re.compile(r"(\d+)x(\d+)")


def plain(name: str) -> str:
    """A column's name as these lists have it."""
    return name.strip().lower().replace(" ", "_")


def label_column(names: Sequence[str]) -> str | None:
    """The column with the label, the likeliest name first; None where none is called so."""
    known = {plain(name): name for name in reversed(names)}
    return next((known[label] for label in _LABELS if label in known), None)


def part_column(names: Sequence[str]) -> str | None:
    """The column that says which part a row belongs to; None where none is called so."""
    return next((name for name in names if plain(name) in _PARTS), None)


def is_index(name: str) -> bool:
    """Whether a column is called as one that numbers the rows."""
    return plain(name) in ("unnamed:_0", *_INDICES)


def grid(names: Sequence[str]) -> tuple[int, int] | None:
    """(height, width), where the columns are called 1x1 to HEIGHTxWIDTH; None where they are not."""
    match = _GRID.fullmatch(plain(names[-1])) if names else None
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    return size if size[0] * size[1] == len(names) > 0 else None
