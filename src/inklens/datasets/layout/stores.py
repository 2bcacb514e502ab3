"""Where the bytes of images lie that are files of their own."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from inklens.errors import ImageError

Content = Path | bytes | ImageError  # a file to be read, what was read, or why it cannot be


class ImageStore(Protocol):
    """A place from which images are read by their paths in it."""

    def state(self, path: str) -> object:
        """What changes when the image does: a part of the cache's key."""

    def contents(self, paths: Sequence[str]) -> Iterator[Content]:
        """The content of each path, in this order; one after the other, so that memory stays flat."""


class FolderStore:
    """Files in a folder.

    Args:
        root: the folder that the paths are below.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def state(self, path: str) -> object:
        """Size and time of the last change; None for a broken link, of which decoding will say so."""
        try:
            state = os.stat(f"{self._root}/{path}")  # noqa: PTH116 (pathlib is slower)
        except OSError:
            return None
        return state.st_size, state.st_mtime_ns

    def contents(self, paths: Sequence[str]) -> Iterator[Content]:
        """The files' paths: whoever decodes them reads them, in a thread of its own."""
        return (self._root / path for path in paths)
