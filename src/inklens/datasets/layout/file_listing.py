"""Which files of a folder are images, each once, and how many others there are. Standard library only."""

import os
import posixpath
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from inklens.pixels import HEIF_REMEDY, IMAGE_SUFFIXES, UNREADABLE_SUFFIXES

# Folders that systems and network drives keep beside the user's files, with thumbnails and what was deleted.
SYSTEM_FOLDERS = frozenset(
    {
        *("@eadir", "@recycle", "#recycle", "@recently-snapshot", "#snapshot", "@tmp", "@synoresource"),
        *("__macosx", "$recycle.bin", "system volume information", "lost+found", "__pycache__"),
    }
)
_LINKED = "links to what is read anyway"


def kind_passed_over(path: str) -> str | None:
    """What a file is that is no image to be read, for the count of them; None for an image.

    Args:
        path: below the root, with "/" between its parts.
    """
    for part in path.split("/"):
        if part.lower() in SYSTEM_FOLDERS:
            return f"in {part}"
        if part.startswith("."):
            return "hidden"
    suffix = posixpath.splitext(path)[1].lower()
    if suffix in IMAGE_SUFFIXES:
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
