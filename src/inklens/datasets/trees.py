"""What lies in a class-per-folder tree, by names alone; no image is opened. Standard library only."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from inklens.datasets.layout.file_listing import MASKED, list_images, passed_over, without_masks
from inklens.datasets.layout.stores import FolderStore, ImageStore
from inklens.datasets.layout.tree_layout import Layout, layout_of
from inklens.errors import DataError
from inklens.pixels import IMAGE_SUFFIXES
from inklens.printable import is_printable, printable

_MOST_NAMED = 100
_LISTS = frozenset({".csv", ".tsv", ".txt", ".lst", ".json", ".jsonl", ".xml", ".xlsx", ".mat"})
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"})
TEST_SHARE = 0.2  # held out of training data that come without a test part
HELD_OUT = "no test part of its own"  # how the note begins that says so


@dataclass(frozen=True)
class Tree:
    """Image files with a class each: of class folders, of an archive of them, or of a list.

    Args:
        root: its top folder, or the archive.
        class_names: in natural order, so that "10" comes after "9".
        parts: for "train" and perhaps "test" and "validation": (path in the store, label) of each image.
        store: where their bytes lie.
        notes: what the user should know of it, one line each.
    """

    root: Path
    class_names: tuple[str, ...]
    parts: dict[str, list[tuple[str, int]]]
    store: ImageStore
    notes: tuple[str, ...] = field(default=())

    @property
    def images(self) -> int:
        """How many image files there are in all parts."""
        return sum(map(len, self.parts.values()))

    def state(self) -> str:
        """SHA-256, in hexadecimal, of which images there are, and of what changes when one of them does."""
        digest = hashlib.sha256()
        for part, rows in self.parts.items():
            for path, label in rows:
                digest.update(repr((part, path, label, self.store.state(path))).encode())
        return digest.hexdigest()

    @cached_property
    def state_when_listed(self) -> str:
        """Their state when it was first asked for: of a million files it takes seconds."""
        return self.state()


def scan_tree(root: Path, *, least_classes: int = 2) -> Tree:
    """Walk root/CLASS/**/IMAGE, or root/PART/CLASS/**/IMAGE under any usual name of a part.

    Wrapping folders are seen through. Hidden files, thumbnails, and folders without an image do not count.

    Args:
        root: the top folder.
        least_classes: how many there are to be; nothing can be learnt from one.

    Raises:
        DataError: not a folder, no images, too few classes, a class that training has no image of,
            or a class folder whose name is not printable on one line.
    """
    try:
        images, passed = list_images(root)
    except OSError as error:
        raise DataError(
            f"{root} cannot be read ({error.strerror}); expected one folder of images for each class"
        ) from error
    return tree_of(root, images, passed, FolderStore(root), least_classes=least_classes)


def tree_of(
    root: Path, images: list[str], passed: Counter[str], store: ImageStore, *, least_classes: int = 2
) -> Tree:
    """The tree of images that were listed; what was passed over is its last note.

    Args:
        root: the folder or archive, for messages.
        images: paths in the store, with "/" between their parts.
        passed: how many files of each kind are no images.

    Raises:
        DataError: as of `scan_tree`.
    """
    images, masks = without_masks(images)
    layout = layout_of(root, images)
    if masks:
        layout.passed[MASKED] = masks
    layout.parts = {part: _composed(classes) for part, classes in layout.parts.items()}
    names = {name for classes in layout.parts.values() for name in classes}
    for name in names:
        if not is_printable(name):
            raise DataError(
                f"{printable(str(root))} has the class folder {name!a}; expected a printable name "
                "in UTF-8, on one line: rename the folder"
            )
    notes = (*layout.notes, *passed_over(passed + layout.passed))
    try:
        return _labelled(root, layout, store, notes, least_classes)
    except DataError as error:
        if len(layout.parts["train"]) < least_classes and (hint := _hint(passed)):
            raise DataError(f"{error}; {hint}") from None
        raise


def _composed(classes: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same, names that look alike made one: macOS writes "é" as two characters, other systems as one."""
    found: dict[str, list[str]] = {}
    for name, paths in classes.items():
        found.setdefault(unicodedata.normalize("NFC", name), []).extend(paths)
    return found


def _hint(passed: Counter[str]) -> str:
    """What to do where the labels seem to lie in a file of another kind."""
    if _LISTS & passed.keys():
        return (
            "labels may also stand in a CSV file with the columns file and label, which lies beside the "
            "images, unpacked, and has their names"
        )
    return "unpack the archives, or give one by its path" if _ARCHIVES & passed.keys() else ""


def natural_key(name: str) -> tuple[list[str | int], str]:
    """A key that sorts "a10" after "a9"."""
    pieces = re.split(r"(\d+)", name.casefold())
    return [int(piece) if piece.isdecimal() else piece for piece in pieces], name


def some_of(class_names: Sequence[str]) -> str:
    """The classes for a message: a thousand of them would fill the screen."""
    more = len(class_names) - _MOST_NAMED
    return ", ".join(class_names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _labelled(root: Path, layout: Layout, store: ImageStore, notes: tuple[str, ...], least: int) -> Tree:
    found = layout.parts
    class_names = tuple(sorted(found["train"], key=natural_key))
    if len(class_names) < least:
        given = f"images of one class only, {class_names[0]}" if class_names else "no images in folders"
        also = f"; {'; '.join(notes)}" if notes else ""
        raise DataError(
            f"{root} holds {given}; expected two or more folders with images, one for each class "
            f"({', '.join(sorted(IMAGE_SUFFIXES))}){also}"
        )
    labels = {name: label for label, name in enumerate(class_names)}
    parts: dict[str, list[tuple[str, int]]] = {}
    for part, classes in found.items():
        if strange := sorted(set(classes) - set(class_names)):
            raise DataError(
                f"{root} has the class {strange[0]} in its {part} part; expected the classes of the training "
                f"part, {some_of(class_names)}: add training images of it or take it out"
            )
        parts[part] = [
            (path, labels[name])
            for name in class_names
            for path in sorted(classes.get(name, []), key=natural_key)
        ]
    return Tree(root, class_names, {part: rows for part, rows in parts.items() if rows}, store, notes)
