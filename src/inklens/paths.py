"""Paths as users give them."""

import os
from pathlib import Path


def given_path(path: str | Path) -> Path:
    """The path with `~` as the home directory; as it is where there is none, for its reader to refuse.

    Example:
        >>> given_path("~nobody-here/runs")
        PosixPath('~nobody-here/runs')
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 (that of pathlib raises where there is no such user)
