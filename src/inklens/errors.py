"""Every error that a user can meet, as one tree.

    InklensError                 what was given cannot be used; exit code 2
    ├── DataError                a data set, a folder of images, or labels
    │   ├── ImageError           one image file: truncated, empty, no image, a bomb
    │   └── DownloadError        a fetched file that is short, wrong, or out of reach
    ├── OptionError              an option or a recipe: unknown name, value out of range
    │   ├── MissingPackageError  a package that an option needs is not installed
    │   └── DivergedError        a training whose loss is no finite number, or far above guessing; exit code 3
    ├── RunError                 a run folder: exists already, cannot be written, lacks a file
    │   └── StoppedError         a run that stopped half-way and can be gone on with; exit code 3
    ├── ModelError               a model file: damaged, not ours, refused because it is not safe
    ├── CheckError               data in which a check found something serious; exit code 4
    └── ExportError              an exported file does not say what the network says; exit code 4

The message of each is one line: what was given, what is expected, how to put it right.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import util


class InklensError(Exception):
    """The root of the tree: catch this to catch everything that a user's input can cause."""

    exit_code = 2


class DataError(InklensError):
    """A data set, a folder of images, or labels that cannot be used."""


class ImageError(DataError):
    """One image file that cannot be decoded or is refused."""


class DownloadError(DataError):
    """A file that could not be fetched whole and right."""


class OptionError(InklensError):
    """An option or a field of a recipe that is unknown or out of range."""


class MissingPackageError(OptionError):
    """An option asks for a package that is not installed."""


class DivergedError(OptionError):
    """A training whose loss is NaN, infinite or far above guessing; the last good checkpoint is kept."""

    exit_code = 3


class RunError(InklensError):
    """A run folder that exists already, cannot be written, or lacks a file."""


class StoppedError(RunError):
    """A run that stopped half-way; what is done of it is kept, and `inklens train --resume` goes on."""

    exit_code = 3


class ModelError(InklensError):
    """A model file that is damaged, does not fit, or is refused because it is not safe to load."""


class CheckError(InklensError):
    """Data from which nothing should be learnt before what a check found in them is mended."""

    exit_code = 4


class ExportError(InklensError):
    """An exported file, loaded afresh, does not say what the network says; the file is not kept."""

    exit_code = 4


@contextmanager
def needing(package: str, what: str, extra: str = "train") -> Iterator[None]:
    """An import inside that fails says what needs the package, and how to install it.

    Raises:
        MissingPackageError: it is not installed.

    Example:
        >>> with needing("scipy", "evaluation"):
        ...     from scipy.stats import binomtest
    """
    try:
        yield
    except ImportError as error:
        raise MissingPackageError(
            f"{what} needs {package}, which is not installed; pip install 'inklens[{extra}]'"
        ) from error


def require_packages(packages: Iterable[str], what: str, extra: str) -> None:
    """Refuses to start work whose results would be lost.

    Raises:
        MissingPackageError: a package is not installed.
    """
    for package in packages:
        if util.find_spec(package) is None:
            raise MissingPackageError(
                f"{what} needs {package}, which is not installed; pip install 'inklens[{extra}]'"
            )
