"""What the columns of a table are, by their names."""

import re
from collections.abc import Callable, Sequence

from inklens.datasets.layout.part_names import part_of, settled

_LABELS = (
    "label", "labels", "class", "target", "category", "class_name", "classname", "label_name", "fine_label",
    "fine_labels", "emotion", "digit", "letter", "character", "y", "classid", "class_id", "label_id",
    "species", "breed", "diagnosis", "dx", "type", "has_cactus", "tag", "answer",
)  # fmt: skip
_PARTS = ("split", "usage", "set", "subset", "part", "partition", "dataset")
_INDICES = ("id", "index", "imageid", "image_id", "unnamed: 0", "idx", "", "row_id")
_IMAGES = ("image", "img", "picture", "photo", "images", "jpg", "png", "webp")
_GRID = re.compile(r"(\d+)x(\d+)")
_NUMBERED = re.compile(r"(.*?)(\d+)")
_FLAG = re.compile(r"(?:is|in)_([a-z]+?)(?:_(?:img|image|set|part))?")  # is_training, in_test_set
_YES_NO = {"1": True, "0": False, "1.0": True, "0.0": False, "true": True, "false": False}
_LISTED = 4  # values of a column that a note names


def plain(name: str) -> str:
    """A column's name as these lists have it."""
    return name.strip().lower().replace(" ", "_")


def label_column(names: Sequence[str]) -> str | None:
    """The column with the label, the likeliest name first; None where none is called so."""
    known = {plain(name): name for name in reversed(names)}
    return next((known[label] for label in _LABELS if label in known), None)


def other_labels(names: Sequence[str], chosen: str | None) -> list[str]:
    """The columns that are called as one with labels is, besides the one that is used."""
    return [name for name in names if name != chosen and (plain(name) in _LABELS or "label" in plain(name))]


def image_column(names: Sequence[str]) -> str:
    """The likeliest of columns that hold images."""
    known = {plain(name): name for name in reversed(names)}
    return next((known[image] for image in _IMAGES if image in known), names[0])


def part_column(names: Sequence[str]) -> str | None:
    """The column that says which part a row belongs to; None where none is called so."""
    named = (name for name in names if plain(name) in _PARTS)
    return next(named, None) or next((name for name in names if _flagged(name)), None)


def parts_of_rows(
    names: Sequence[str], texts: Callable[[str], list[str]]
) -> tuple[list[str] | None, list[str]]:
    """The part of each row where a column says it, and a note where one might and is not understood.

    Args:
        names: of the columns.
        texts: reads one as text.

    Returns:
        (train, test or validation for each row, or None; notes).
    """
    column = part_column(names)
    if column is None:
        return None, []
    every = texts(column)
    found = _named_parts(column, set(every))
    if None in found.values():
        values = ", ".join(sorted(found)[:_LISTED]) + (", ..." if len(found) > _LISTED else "")
        return None, [f"the column {column} is not used ({values}); expected train, validation and test"]
    if "train" not in found.values():
        return None, []
    use = settled({part for part in found.values() if part})
    return [use[found[text] or ""] for text in every], []


def _named_parts(column: str, values: set[str]) -> dict[str, str | None]:
    flag = _flagged(column)
    if flag and all(value.lower() in _YES_NO for value in values):
        other = "test" if flag == "train" else "train"
        return {value: flag if _YES_NO[value.lower()] else other for value in values}
    return {value: part_of(value) for value in values}


def _flagged(name: str) -> str | None:
    """The part whose rows have a 1 in a column of this name."""
    match = _FLAG.fullmatch(plain(name))
    return part_of(match[1]) if match else None


def numbered_alike(names: Sequence[str]) -> tuple[str, ...]:
    """The columns that are called alike but for a number, such as pixel0 to pixel783: most of them."""
    groups: dict[str, list[str]] = {}
    for name in names:
        if match := _NUMBERED.fullmatch(name.strip()):
            groups.setdefault(match[1], []).append(name)
    most: list[str] = max(groups.values(), key=len, default=[])
    return tuple(most)


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Columns that are called alike but for a number, by that number; others as they are.

    A tool that sorts columns by their names puts pixel10 before pixel2.
    """
    if len(numbered_alike(names)) < len(names):
        return tuple(names)
    numbers = [int(match[2]) for name in names if (match := _NUMBERED.fullmatch(name.strip()))]
    if sorted(numbers) != list(range(min(numbers), min(numbers) + len(numbers))):
        return tuple(names)
    return tuple(name for _, name in sorted(zip(numbers, names, strict=True)))


def is_index(name: str) -> bool:
    """Whether a column is called as one that numbers the rows."""
    return plain(name) in ("unnamed:_0", *_INDICES)


def grid(names: Sequence[str]) -> tuple[int, int] | None:
    """(height, width), where the columns are called 1x1 to HEIGHTxWIDTH; None where they are not."""
    match = _GRID.fullmatch(plain(names[-1])) if names else None
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    return size if size[0] * size[1] == len(names) > 0 else None
