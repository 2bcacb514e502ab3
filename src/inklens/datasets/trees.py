"""What lies in a class-per-folder tree, by names alone; no image is opened. Standard library only."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from inklens.errors import DataError
from inklens.pixels import IMAGE_SUFFIXES
from inklens.printable import is_printable, printable

TEST_SHARE = 0.2  # held out of training data that come without a test part
HELD_OUT = "no test part of its own"  # how the note begins that says so
_PARTS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}


@dataclass(frozen=True)
class Tree:
    """The image files of a class-per-folder tree.

    Args:
        root: its top folder.
        class_names: in natural order, so that "10" comes after "9".
        parts: for "train" and perhaps "test" and "validation": (path below root, label) of each image.
        ignored: how many other files there are.
    """

    root: Path
    class_names: tuple[str, ...]
    parts: dict[str, list[tuple[str, int]]]
    ignored: int

    @property
    def images(self) -> int:
        """How many image files there are in all parts."""
        return sum(map(len, self.parts.values()))


def scan_tree(root: Path, *, least_classes: int = 2) -> Tree:
    """Walk root/CLASS/**/IMAGE, or root/{train,test,validation}/CLASS/**/IMAGE where there is a train.

    Hidden files and folders, and folders without an image, do not count. `val` and `valid` are known too.

    Args:
        root: the top folder.
        least_classes: how many there are to be; nothing can be learnt from one.

    Raises:
        DataError: not a folder, no images, too few classes, a class that training has no image of,
            or a class folder whose name is not printable on one line.
    """
    try:
        found = _parts(root)
        files = sum(len(names) for _, _, names in os.walk(root))
    except OSError as error:
        raise DataError(
            f"{root} cannot be read ({error.strerror}); expected one folder of images for each class"
        ) from error
    return _labelled(root, found, files, least_classes)


def natural_key(name: str) -> tuple[list[str | int], str]:
    """A key that sorts "a10" after "a9"."""
    pieces = re.split(r"(\d+)", name.casefold())
    return [int(piece) if piece.isdecimal() else piece for piece in pieces], name


def _labelled(root: Path, found: dict[str, dict[str, list[str]]], files: int, least_classes: int) -> Tree:
    class_names = tuple(sorted(found["train"], key=natural_key))
    if len(class_names) < least_classes:
        given = f"images of one class only, {class_names[0]}" if class_names else "no images in folders"
        raise DataError(
            f"{root} holds {given}; expected two or more folders with images, one for each class "
            f"({', '.join(sorted(IMAGE_SUFFIXES))})"
        )
    labels = {name: label for label, name in enumerate(class_names)}
    parts: dict[str, list[tuple[str, int]]] = {}
    for part, classes in found.items():
        if strange := sorted(set(classes) - set(class_names)):
            raise DataError(
                f"{root} has the class {strange[0]} in its {part} part; expected the classes of the training "
                f"part, {', '.join(class_names)}: add training images of it or take it out"
            )
        parts[part] = [(path, labels[name]) for name in class_names for path in classes.get(name, [])]
    images = sum(map(len, parts.values()))
    return Tree(root, class_names, {part: rows for part, rows in parts.items() if rows}, files - images)


def _parts(root: Path) -> dict[str, dict[str, list[str]]]:
    """Part -> class -> images; everything is "train" where the top folders are classes."""
    classes = _classes(root, root)
    parts = {name: _PARTS[name.lower()] for name in classes if name.lower() in _PARTS}
    if "train" not in parts.values() or len(parts) == 1 < len(classes):
        return {"train": classes}
    if len(set(parts.values())) < len(classes):
        raise DataError(
            f"{root} holds the folders {', '.join(sorted(classes))}; "
            "expected either one for each class, or train, test and validation with the classes in them"
        )
    return {part: _classes(root, root / name) for name, part in parts.items()}


def _classes(root: Path, folder: Path) -> dict[str, list[str]]:
    """The images in each class folder that has any, in natural order, as paths below root."""
    classes = {
        path.name: _images(root, path)
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".")
    }
    classes = {name: images for name, images in classes.items() if images}
    for name in classes:
        if not is_printable(name):
            raise DataError(
                f"{printable(str(folder))} has the class folder {name!a}; expected a printable name "
                "in UTF-8, on one line: rename the folder"
            )
    return classes


def _images(root: Path, folder: Path) -> list[str]:
    images: list[str] = []
    for above, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(above).relative_to(root).as_posix()
        images += [
            f"{below}/{name}"
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES
        ]
    return sorted(images, key=natural_key)


def _raise(error: OSError) -> None:
    raise error
