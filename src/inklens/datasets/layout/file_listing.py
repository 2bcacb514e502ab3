"""Which files of a folder are images, each once, and how many others there are. Standard library only."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from inklens.pixels import HEIF_REMEDY, IMAGE_SUFFIXES, UNREADABLE_SUFFIXES

# Folders that systems and network drives keep beside the user's files, with thumbnails and what was deleted.
SYSTEM_FOLDERS = frozenset(
    {
        *("@eadir", "@recycle", "#recycle", "@recently-snapshot", "#snapshot", "@tmp", "@synoresource"),
        *("thumbnails", "__macosx", "$recycle.bin", "system volume information", "lost+found", "__pycache__"),
    }
)
_LINKED = "links to what is read anyway"
IMAGE_FOLDERS = ("images", "image", "imgs", "img", "pictures", "photos")
# A folder of masks, or the end of a mask's name without its suffix, such as 1_mask.png and 1_mask_2.png.
_MASKS = re.compile(r"(?:^|(?<=/))(?:masks?|segmentations?|ground_?truth)(?=/)", re.IGNORECASE)
_MASK = re.compile(r"[-_. ](?:masks?|segmentation|seg|gt)(?:[-_ ]?\d+)?$", re.IGNORECASE)
_SUSPECT = re.compile("mask|seg|truth|gt", re.IGNORECASE)  # quick to look for in a million paths
MASKED = "masks of images"


def kind_passed_over(path: str, also: tuple[str, ...] = ()) -> str | None:
    """What a file is that is no image to be read, for the count of them; None for an image.

    Args:
        path: below the root, with "/" between its parts.
        also: suffixes that are taken beside those of images.
    """
    for part in path.split("/"):
        if part.lower() in SYSTEM_FOLDERS:
            return f"in {part}"
        if part.startswith("."):
            return "hidden"
    suffix = posixpath.splitext(path)[1].lower()
    if suffix in IMAGE_SUFFIXES or path.lower().endswith(also):
        return None
    return suffix if len(suffix) > 1 else "without a suffix"


def list_images(root: Path) -> tuple[list[str], Counter[str]]:
    """The images below a folder as paths below it, and how many files of each kind are passed over.

    Links to folders are followed, unless they lead to what is read anyway; so circles end.

    Raises:
        OSError: a folder cannot be read.
    """
    images: list[str] = []
    linked: list[str] = []
    passed: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    waiting, links = [""], [""]
    while waiting or links:
        below = waiting.pop() if waiting else links.pop()
        folder = root / below
        state = folder.stat()
        if (state.st_dev, state.st_ino) in seen:
            passed[_LINKED] += bool(below)
            continue
        seen.add((state.st_dev, state.st_ino))
        with os.scandir(folder) as entries:
            for entry in entries:
                path = f"{below}/{entry.name}" if below else entry.name
                if is_folder(entry):
                    if entry.name.lower() in SYSTEM_FOLDERS:
                        passed[f"in {entry.name}"] += _files_in(entry.path)
                    elif entry.name.startswith("."):
                        passed["hidden"] += _files_in(entry.path)
                    else:
                        (links if entry.is_symlink() else waiting).append(path)
                elif kind := kind_passed_over(entry.name):
                    passed[kind] += 1
                else:
                    (linked if entry.is_symlink() else images).append(path)
    return images + _not_listed(root, linked, images, passed), passed


def without_masks(images: list[str]) -> tuple[list[str], int]:
    """The images that are no masks of others, and how many are.

    Masks lie in a folder of that name beside one called images, or are called as an image beside them is and
    have mask, seg or gt behind it.
    """
    suspects = [
        path
        for path in filter(_SUSPECT.search, images)
        if _MASKS.search(path) or _MASK.search(posixpath.splitext(path)[0])
    ]
    if not suspects:  # of a million files, a set of names would take memory
        return images, 0
    stems = {posixpath.splitext(path)[0] for path in images}
    folders = {above for path in images for above in _above(path)}
    masks = {path for path in suspects if _is_mask(path, stems, folders)}
    return [path for path in images if path not in masks], len(masks)


def _is_mask(path: str, stems: set[str], folders: set[str]) -> bool:
    stem = posixpath.splitext(path)[0]
    if (match := _MASK.search(stem)) and stem[: match.start()] in stems:
        return True
    beside = (path[: match.start()] for match in _MASKS.finditer(path))
    return any(f"{above}{name}" in folders for above in beside for name in IMAGE_FOLDERS)


def _above(path: str) -> Iterator[str]:
    """Each folder that a path lies in, in lower case but for those above it."""
    while above := path.rpartition("/")[0]:
        outer, slash, name = above.rpartition("/")
        yield f"{outer}{slash}{name.lower()}"
        path = above


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder or a link to one; a link to itself, at which `is_dir` raises, is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def passed_over(counts: Counter[str]) -> list[str]:
    """The note that says what was passed over, by kind; none where there is nothing."""
    if not counts:
        return []
    named = [
        f"{count:,} {kind}" + (f" ({HEIF_REMEDY})" if kind in UNREADABLE_SUFFIXES else "")
        for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return [f"passed over: {', '.join(named)}"]


def _not_listed(root: Path, linked: list[str], images: Iterable[str], passed: Counter[str]) -> list[str]:
    """The links to images that do not lead to an image of the list, nor to what another link leads to."""
    if not linked:
        return []
    real = {os.path.realpath(root / path) for path in images}
    kept = []
    for path in sorted(linked):
        target = os.path.realpath(root / path)
        if target in real:
            passed[_LINKED] += 1
        else:
            real.add(target)
            kept.append(path)
    return kept


def _files_in(folder: str) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))
