"""EMNIST's IDX files: letters and digits whose rows and columns are swapped, and what their labels mean."""

import string
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.kind import kind_by_look, looked_at
from inklens.datasets.splits import Split

# The order of the authors' mapping files: Cohen, Afshar, Tapson, van Schaik (2017), EMNIST.
_MERGED = string.digits + string.ascii_uppercase + "abdefghnqrt"  # lower-case letters unlike the upper-case
CHARACTERS = {
    "byclass": string.digits + string.ascii_uppercase + string.ascii_lowercase,
    "bymerge": _MERGED,
    "balanced": _MERGED,
    "letters": string.ascii_uppercase,
    "digits": string.digits,
    "mnist": string.digits,
}
_LETTERS = string.ascii_uppercase
_CLEAR = 0.12  # of uprightness: half of what MNIST and EMNIST have
# Where nothing else says that it is EMNIST, so many characters are compared; and digits fit their shapes so
# well, as ten classes may be anything.
_ENOUGH, _FITS = 4, 0.81
TURNED = "rows and columns of the images are swapped back, as EMNIST's files have them"


def emnist_split(path: Path) -> str | None:
    """Which of EMNIST's splits a file of images belongs to by its name; None where its name says nothing."""
    name = path.name.lower()
    if "emnist" not in name:
        return None
    return next((split for split in CHARACTERS if split in name.replace("emnist", "", 1)), "")


def upright(
    splits: dict[str, Split], images: Path
) -> tuple[dict[str, Split], tuple[str, ...] | None, list[str]]:
    """The splits with their images upright, the classes' names where they are known, and notes.

    Files called emnist are turned, unless their images look upright already; others are turned if they look
    as if their rows and columns were swapped.

    Args:
        splits: uint8 (N, H, W, 1) with labels as the files have them.
        images: the file of the training images.
    """
    split = emnist_split(images)
    labels = splits["train"].labels
    first = int(
        split == "letters" or (split == "" and labels.min(initial=1) == 1 and labels.max(initial=0) <= 26)
    )
    if first and all(len(one) == 0 or one.labels.min() >= 1 for one in splits.values()):
        splits = {part: replace(one, labels=one.labels - 1) for part, one in splits.items()}
        split = "letters"
    top = max(int(one.labels.max(initial=0)) for one in splits.values())
    characters = CHARACTERS[split] if split else _guessed(top + 1)
    swapped = split is not None
    if characters and top < len(characters):
        swapped = _looks_swapped(splits["train"], characters, split is not None)
    names = tuple(characters[: top + 1]) if split and top < len(characters) else None
    if not swapped:
        return splits, names, []
    turned = {part: replace(one, images=_swapped(one.images)) for part, one in splits.items()}
    return turned, names, [TURNED]


def upright_numbers(
    splits: dict[str, Split], path: Path, kind: str | None
) -> tuple[dict[str, Split], tuple[str, ...] | None, list[str]]:
    """The same as `upright` of a file of another form, whose images may be of any kind.

    Args:
        splits: uint8 (N, H, W, C) with labels as the file has them.
        kind: "writing" or "things"; None where it is to be looked at.
    """
    train = splits["train"]
    if kind == "things" or train.images.shape[3] != 1 or not len(train):
        return splits, None, []
    if emnist_split(path) is None:
        numbers = tuple(map(str, range(int(train.labels.max()) + 1)))
        turned, _, notes = upright_classes(splits, path, numbers, kind)
        return turned, None, notes
    return upright(splits, path)


def upright_classes(
    splits: dict[str, Split], path: Path, names: tuple[str, ...], kind: str | None
) -> tuple[dict[str, Split], tuple[str, ...], list[str]]:
    """The same of data whose classes have names: the splits upright, the names, and notes.

    The names are characters, or the numbers that EMNIST gives them. Images of a file that is not called
    emnist are turned only if they look as if they were swapped, and show writing.

    Args:
        splits: uint8 (N, H, W, C), with labels that are places among the names.
        path: the training images' file.
        kind: "writing" or "things"; None where it is to be looked at.
    """
    train = splits["train"]
    split = emnist_split(path)
    characters = _characters(names, split)
    if kind == "things" or train.images.shape[3] != 1 or not characters:
        return splits, names, []
    if split is not None:
        names = tuple(characters)
    if not _looks_swapped(train, characters, split is not None):
        return splits, names, []
    if kind is None and split is None and kind_by_look(train.batch(looked_at(len(train))))[0] != "writing":
        return splits, names, []
    return {part: replace(one, images=_swapped(one.images)) for part, one in splits.items()}, names, [TURNED]


def _characters(names: tuple[str, ...], split: str | None) -> str:
    """The character of each class; none where they are not known."""
    if not all(name.isascii() and name.isdecimal() for name in names):
        return "".join(names) if all(len(name) == 1 and name.isascii() for name in names) else ""
    numbers = [int(name) for name in names]
    top, letters = max(numbers), min(numbers) >= 1 and max(numbers) <= len(_LETTERS)
    if split == "letters" or (letters and (split == "" or top == len(_LETTERS))):
        known = f" {_LETTERS}"  # numbered from 1
    else:
        known = CHARACTERS[split] if split else _guessed(top + 1)
    return "".join(known[number] for number in numbers) if top < len(known) else ""


def _looks_swapped(train: Split, characters: str, called_emnist: bool) -> bool:
    """Whether rows and columns are swapped: of a file that is called emnist, unless it looks upright."""
    from inklens.pixels import uprightness

    images = train.whole()[..., 0]
    if images.shape[1] != images.shape[2]:
        return called_emnist
    look = uprightness(images, train.labels, characters)
    if called_emnist:
        return look.difference < _CLEAR
    sure = look.fit >= _FITS or not characters.isdecimal()
    return look.difference < -_CLEAR and look.characters >= _ENOUGH and sure


def _guessed(classes: int) -> str:
    """The characters that so many classes mostly are; none where nothing is likely."""
    return {10: string.digits, 26: string.ascii_uppercase, 36: _MERGED[:36], 47: _MERGED}.get(
        classes, CHARACTERS["byclass"] if classes == 62 else ""
    )


def _swapped(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(images.transpose(0, 2, 1, 3))
