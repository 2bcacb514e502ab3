"""Data sets in one .npz file: `images` and `labels`, or Keras's `x_train`, `y_train`, `x_test`, `y_test`."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.dataset import Dataset, from_labelled_images
from inklens.datasets.labels import as_labels, as_numbers, classes_named
from inklens.datasets.options import LoadOptions
from inklens.datasets.splits import Split
from inklens.errors import DataError
from inklens.pixels import PixelSpec, as_batch

_KEYS = "images and labels, or x_train, y_train, x_test and y_test"
_LARGEST = 8 * 2**30  # bytes that an array may unpack to


def is_npz(path: Path) -> bool:
    """Whether a path is a file whose name ends in .npz."""
    return path.is_file() and path.suffix.lower() == ".npz"


def load_npz(path: Path, options: LoadOptions) -> Dataset:
    """An .npz file as a data set; without a test part, a stratified fifth is held out.

    Images are (N, H, W) or (N, H, W, C), uint8 0-255 or floats 0-1; labels are whole numbers from 0, or the
    classes' names as text, which then are in natural order, as the names of class folders are.

    Raises:
        DataError: no .npz file, other names in it, or images and labels that cannot be used.
    """
    train, test, names = _read(path)
    return from_labelled_images(
        path.stem,
        train,
        test,
        source=str(path),
        seed=options.seed,
        kind=options.kind,
        class_names=names,
        path=str(path.resolve()),
        hold_out=options.hold_out,
    )


def _read(path: Path) -> tuple[Split, Split | None, tuple[str, ...] | None]:
    """(train, test, class names); there may be no test part, and labels that are numbers have no names."""
    try:
        with path.open("rb") as opened:
            # NumPy would take another file for a pickle, and advise to trust it.
            start = opened.read(6)
            opened.seek(0)
            if start == b"\x93NUMPY":
                raise DataError(
                    f"{path} holds a single array; expected an .npz file with {_KEYS}: use np.savez"
                )
            if not zipfile.is_zipfile(opened):
                raise DataError(
                    f"{path} is no .npz file, or is cut short, and cannot be read; "
                    f"expected an .npz file with {_KEYS}: save it anew with np.savez"
                )
            opened.seek(0)
            with np.load(opened, allow_pickle=False) as file:
                keys = ("x_train", "y_train") if "x_train" in file else ("images", "labels")
                if not set(keys) <= set(file):
                    raise DataError(f"{path} holds {', '.join(file.files) or 'nothing'}; expected {_KEYS}")
                labels = _array(file, keys[1], path)
                names = classes_named(labels, str(path))
                train = _split(_array(file, keys[0], path), labels, names, path)
                if not {"x_test", "y_test"} <= set(file):
                    return train, None, names
                test = _split(_array(file, "x_test", path), _array(file, "y_test", path), names, path)
                return train, test, names
    except (
        OSError,
        ValueError,
        EOFError,
        MemoryError,
        NotImplementedError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path} cannot be read ({reason}); expected an .npz file with {_KEYS}: save it anew"
        ) from error


def _array(file: "np.lib.npyio.NpzFile", key: str, path: Path) -> NDArray[np.generic]:
    """One array of the file; its size is known before it is unpacked, and never more is read."""
    archive = file.zip
    if archive is None:
        raise DataError(f"{path} is closed; expected an .npz file with {_KEYS}: open it anew")
    names = archive.namelist()
    size = archive.getinfo(key if key in names else f"{key}.npy").file_size
    if size > _LARGEST:
        raise DataError(
            f"{path} holds {key} of {size:,} bytes; expected at most {_LARGEST:,} (8 GiB): "
            "save fewer or smaller images, as uint8"
        )
    try:
        array = file[key]
    except ValueError as error:
        if "pickle" not in str(error):
            raise
        raise DataError(
            f"{path} holds Python objects as {key}, which are refused because reading them can run code; "
            "expected plain arrays: save images as uint8, labels as integers or as text, labels.astype(str)"
        ) from error
    if not isinstance(array, np.ndarray):
        raise DataError(
            f"{path} holds {key}, which is no array; expected {_KEYS}: save it anew with np.savez"
        )
    return array


def _split(
    images: NDArray[np.generic], labels: NDArray[np.generic], names: tuple[str, ...] | None, path: Path
) -> Split:
    channels = 1 if images.ndim == 3 else images.shape[-1] if images.ndim == 4 else 0
    if channels not in (1, 3) or images.size == 0:
        raise DataError(
            f"{path} holds images of shape {images.shape}; expected (N, H, W), (N, H, W, 1) or (N, H, W, 3)"
        )
    if labels.shape not in ((len(images),), (len(images), 1)):
        raise DataError(
            f"{path} holds labels of shape {labels.shape} for {len(images):,} images; "
            f"expected ({len(images)},): a whole number or a name for each image, not one-hot"
        )
    whole = as_labels(labels, str(path)) if names is None else as_numbers(labels, names, str(path))
    try:
        batch = as_batch(images, PixelSpec(images.shape[1], images.shape[2], channels))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return Split(batch, whole)
