"""Data sets in one .npz file: `images` and `labels`, or Keras's `x_train`, `y_train`, `x_test`, `y_test`."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.dataset import Dataset, from_labelled_images
from inklens.datasets.splits import Split
from inklens.errors import DataError
from inklens.pixels import PixelSpec, as_batch

_KEYS = "images and labels, or x_train, y_train, x_test and y_test"


def load_npz(path: Path, *, seed: int) -> Dataset:
    """An .npz file as a data set of kind "things"; without a test part, a stratified fifth is held out.

    Images are (N, H, W) or (N, H, W, C), uint8 0-255 or floats 0-1; labels are whole numbers from 0.

    Raises:
        DataError: no .npz file, other names in it, or images and labels that cannot be used.
    """
    try:
        with path.open("rb") as opened:
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path} holds a single array; expected an .npz file with {_KEYS}")
            train_keys = ("x_train", "y_train") if "x_train" in file else ("images", "labels")
            missing = [key for key in train_keys if key not in file]
            if missing:
                raise DataError(f"{path} holds {', '.join(file.files) or 'nothing'}; expected {_KEYS}")
            train = _split(file[train_keys[0]], file[train_keys[1]], path)
            test = _split(file["x_test"], file["y_test"], path) if {"x_test", "y_test"} <= set(file) else None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}); expected an .npz file with {_KEYS}") from error
    return from_labelled_images(path.stem, train, test, source=str(path), seed=seed)


def _split(images: NDArray[np.generic], labels: NDArray[np.generic], path: Path) -> Split:
    channels = 1 if images.ndim == 3 else images.shape[-1]
    if images.ndim not in (3, 4) or channels not in (1, 3) or images.size == 0:
        raise DataError(
            f"{path} holds images of shape {images.shape}; expected (N, H, W), (N, H, W, 1) or (N, H, W, 3)"
        )
    if labels.shape not in ((len(images),), (len(images), 1)):
        raise DataError(
            f"{path} holds labels of shape {labels.shape} for {len(images):,} images; "
            f"expected ({len(images)},): a whole number for each image, not one-hot"
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{path} holds labels of type {labels.dtype}; expected whole numbers from 0 on")
    if labels.min() < 0:
        raise DataError(f"{path} holds the label {labels.min()}; expected whole numbers from 0 on")
    try:
        batch = as_batch(images, PixelSpec(images.shape[1], images.shape[2], channels))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return Split(batch, labels.reshape(-1).astype(np.int64))
