"""Where the IDX files of a data set lie, whatever folders they were unpacked into. Standard library only."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from inklens.datasets.layout.file_listing import is_folder
from inklens.errors import DataError

_IMAGES = re.compile(
    r"(?P<set>(.*[-_.])?)(?P<part>train|t10k|test|valid|val)[-_.]images[-_.]idx3-ubyte(\.gz)?"
)
_DEPTH = 3  # folders below the one that is given: MNIST/raw, and files in folders of their own name
_FEW = 12  # entries of a folder whose folders are looked into, whatever they are called
_PARTS = {"train": "train", "valid": "validation", "val": "validation"}

IdxFiles = dict[str, tuple[Path, Path]]  # part -> (images, labels)


def idx_sets(folder: Path) -> dict[str, IdxFiles]:
    """The IDX files of images in a folder and below, with their labels, by set: "", "emnist-letters-", ...

    Raises:
        DataError: images without labels.
    """
    sets: dict[str, IdxFiles] = {}
    # Sorted, a plain file comes before the .gz of the same name and is preferred.
    files = sorted(_files(folder, _DEPTH), key=lambda path: (len(path.parts), path))
    for path in files:
        if match := _IMAGES.fullmatch(path.name):
            part = _PARTS.get(match["part"], "test")
            own = sets.setdefault(match["set"], {})
            if part not in own:
                own[part] = (path, _labels_of(path, files))
    return sets


def idx_pairs(path: Path) -> IdxFiles:
    """The files (images, labels) of a folder's one set, or of the set that a file of images belongs to.

    Raises:
        DataError: images without labels, several sets, or no training pair.
    """
    sets = idx_sets(path if path.is_dir() else path.parent)
    if path.is_file():
        match = _IMAGES.fullmatch(path.name)
        sets = {match["set"]: sets[match["set"]]} if match and match["set"] in sets else {}
    parts = [part for pairs in sets.values() for part in pairs]
    if len(set(parts)) == len(parts):  # a training file and a test file of unlike names
        sets = {"": {part: files for pairs in sets.values() for part, files in pairs.items()}}
    if len(sets) > 1:
        named = ", ".join(name.rstrip("-_.") or "files without a name" for name in sorted(sets))
        first = next(iter(next(iter(sets.values())).values()))[0]
        raise DataError(
            f"{path} holds several sets, {named}; expected one: give a file of it, such as {first}"
        )
    pairs = next(iter(sets.values()), {})
    if pairs and "train" not in pairs:
        raise DataError(f"{path} holds test images only; expected train-images-idx3-ubyte too")
    return pairs


def is_idx_images(path: Path) -> bool:
    """Whether a path is a file that is called as IDX files of images are."""
    return path.is_file() and _IMAGES.fullmatch(path.name) is not None


def has_idx(folder: Path) -> bool:
    """Whether the training images of a set without a name lie in a folder, or in `raw` in it."""
    inner = (folder, folder / "raw")
    return any(
        match is not None and not match["set"] and match["part"] == "train"
        for place in inner
        if place.is_dir()
        for match in (_IMAGES.fullmatch(path.name) for path in place.glob("*images*"))
    )


def _files(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as scanned:
            entries = list(scanned)
    except OSError as error:
        if depth == _DEPTH:
            raise DataError(
                f"{folder} cannot be read ({error.strerror}); expected a folder of data"
            ) from error
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if not is_folder(entry):
            if "idx" in entry.name:
                yield folder / entry.name
        elif depth and (len(entries) <= _FEW or "ubyte" in entry.name):
            yield from _files(folder / entry.name, depth - 1)


def _labels_of(images: Path, files: list[Path]) -> Path:
    stem = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    plain = re.sub(r"[-_.]", "-", stem)
    found = [path for path in files if re.sub(r"[-_.]", "-", path.name.removesuffix(".gz")) == plain]
    near = [path for path in found if path.parent == images.parent] or found
    if not near:
        raise DataError(f"{images} has no labels beside it; expected {stem} or {stem}.gz in the same folder")
    return near[0]
