"""Arrays out of .npz and .npy files, which are read without running any code and never beyond a size."""

import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError

_LARGEST = 8 * 2**30  # bytes that an array may unpack to
_EXPECTED = "expected an .npz file with images and labels, or x_train, y_train, x_test and y_test"


def is_arrays(path: Path) -> bool:
    """Whether a path is a file whose name ends in .npz or .npy."""
    return path.is_file() and path.suffix.lower() in (".npz", ".npy")


def read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of a file by their names; one that is alone or has no name is called as the file.

    Raises:
        DataError: no such file, a damaged one, or one that holds Python objects.
    """
    with _readable(path), path.open("rb") as opened:
        # NumPy would take another file for a pickle, and advise to trust it.
        start = opened.read(6)
        opened.seek(0)
        if start == b"\x93NUMPY":
            return {
                path.stem: _array(path, path.name, lambda: np.load(path, mmap_mode="r", allow_pickle=False))
            }
        if not zipfile.is_zipfile(opened):
            raise DataError(
                f"{path} is no .npz file, or is cut short, and cannot be read; {_EXPECTED}: "
                "save it anew with np.savez"
            )
        opened.seek(0)
        with np.load(opened, allow_pickle=False) as file:
            arrays = {name: _member(file, name, path) for name in file.files}
    if set(arrays) == {"arr_0"}:
        return {path.stem: arrays["arr_0"]}
    return arrays


def _member(file: "np.lib.npyio.NpzFile", name: str, path: Path) -> NDArray[np.generic]:
    """One array of an .npz file; its size is known before it is unpacked, and never more is read."""
    archive = file.zip
    if archive is None:
        raise DataError(f"{path} is closed; {_EXPECTED}: open it anew")
    names = archive.namelist()
    size = archive.getinfo(name if name in names else f"{name}.npy").file_size
    if size > _LARGEST:
        raise DataError(
            f"{path} holds {name} of {size:,} bytes; expected at most {_LARGEST:,} (8 GiB): "
            "save fewer or smaller images, as uint8"
        )
    return _array(path, name, lambda: file[name])


def _array(path: Path, name: str, read: Callable[[], object]) -> NDArray[np.generic]:
    try:
        array = read()
    except ValueError as error:
        if "pickle" not in str(error) and "Python objects" not in str(error):
            raise
        raise DataError(
            f"{path} holds Python objects as {name}, which are refused because reading them can run code; "
            "expected plain arrays: save images as uint8, labels as integers or as text, labels.astype(str)"
        ) from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path} holds {name}, which is no array; {_EXPECTED}: save it anew with np.savez")
    return array


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():  # a file that Python 2 wrote is as good as another
            warnings.filterwarnings("ignore", "Reading `.npy` or `.npz` file required additional header")
            yield
    except DataError:
        raise
    except (
        OSError,
        ValueError,
        TypeError,
        SyntaxError,
        EOFError,
        LookupError,
        OverflowError,
        MemoryError,
        NotImplementedError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        TokenError,  # NumPy, of a header that is no Python
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path} cannot be read ({reason}); {_EXPECTED}: save it anew") from error
