"""Which image files are meant by paths, folders and patterns, found as they are asked for."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from inklens.datasets.layout.file_listing import SYSTEM_FOLDERS, kind_passed_over, passed_over
from inklens.errors import DataError
from inklens.pixels import IMAGE_SUFFIXES


def find_images(
    paths: Iterable[str],
    *,
    strict: bool = True,
    passed: Counter[str] | None = None,
    also: tuple[str, ...] = (),
) -> Iterator[str]:
    """The image files that `paths` mean, each folder in sorted order.

    A folder means all images in it and below, by their suffix, each once, without hidden ones and thumbnails;
    links to folders are followed. A path that is not there
    and has `*`, `?` or `[` in it is a pattern (`**` goes into folders). Any other path is given on as it is.

    Args:
        passed: counts the files of folders that are no images to be read, by kind.
        strict: if not, a path of the following kind is given on as it is too, for whoever opens it to report.
        also: suffixes of files that folders mean too, such as ".zip".

    Raises:
        DataError: a folder without images or that cannot be read, a pattern that fits nothing; and `strict`.
    """
    counts = Counter[str]() if passed is None else passed
    for path in paths:
        pattern = glob.has_magic(path) and not os.path.lexists(path)
        try:
            yield from (_matches if pattern else _file_or_folder)(path, strict, counts, also)
        except DataError:
            if strict:
                raise
            yield path


def _matches(pattern: str, strict: bool, passed: Counter[str], also: tuple[str, ...]) -> Iterator[str]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (pathlib refuses absolute patterns)
    if not matches:
        raise DataError(f"{pattern} fits no file; expected image files: check the folder and the suffix")
    for match in matches:
        # `**` gives a folder and also what lies in it: going into it again would give every image twice.
        if not ("**" in pattern and Path(match).is_dir()):
            yield from _file_or_folder(match, strict, passed, also)


def _file_or_folder(path: str, strict: bool, passed: Counter[str], also: tuple[str, ...]) -> Iterator[str]:
    # Path.is_dir raises where a folder is closed or a name too long; whoever opens the path says so.
    if not os.path.isdir(path):  # noqa: PTH112
        yield path
        return
    found = False
    closed: list[OSError] = []
    seen = {os.path.realpath(path)}
    for folder, inner, names in os.walk(path, onerror=_refuse if strict else closed.append, followlinks=True):
        inner[:] = _unseen(folder, inner, seen)
        for name in sorted(names):
            if kind := kind_passed_over(name, also):
                passed[kind] += 1
            else:
                found = True
                yield str(Path(folder, name))
    yield from (str(error.filename) for error in closed)
    if not found and not closed:
        raise DataError(
            f"{path} holds no images; expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}"
            + "".join(f"; {line}" for line in passed_over(passed))
        )


def _unseen(folder: str, inner: list[str], seen: set[str]) -> list[str]:
    """The folders to go into: not hidden ones, systems' own, or what a link has led to before."""
    chosen = []
    for name in sorted(inner):
        real = os.path.realpath(Path(folder, name))
        if not name.startswith(".") and name.lower() not in SYSTEM_FOLDERS and real not in seen:
            seen.add(real)
            chosen.append(name)
    return chosen


def _refuse(error: OSError) -> NoReturn:
    raise DataError(f"{error.filename} cannot be read ({error.strerror}); expected a folder of images")
