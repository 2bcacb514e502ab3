"""MNIST (LeCun, Cortes, Burges) and Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), found by name."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from inklens.datasets.dataset import Dataset
from inklens.datasets.download import fetch
from inklens.datasets.idx import idx_pairs, load_idx_folder
from inklens.datasets.places import cache_dir, cache_name, cached_folders, data_dir, find_fashion, find_mnist
from inklens.errors import DataError, DownloadError

MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://yann.lecun.com/exdb/mnist",
)
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def load_mnist(mirrors: Sequence[str] = MNIST_MIRRORS) -> Dataset:
    """MNIST from INKLENS_DATA, from the user's cache, or fetched into that cache; every content is checked.

    Raises:
        DataError: what lies in INKLENS_DATA is not MNIST.
        DownloadError: it lies nowhere and could not be fetched, or there is no cache that can be written.
        MissingPackageError: it would have to be fetched and pooch is not installed.
    """
    folder = find_mnist()
    if folder is not None:
        try:
            return _checked_mnist(folder)
        except DataError:
            if folder not in cached_folders("mnist"):
                raise
            # What the cache holds is ours to mend: fetch it anew.
    cached = cache_dir() / "mnist"
    fetch(MNIST_SHA256, mirrors, cached)
    return _checked_mnist(cached)


def load_named_mnist() -> Dataset:
    """`load_mnist` for a user who asked for it by name: a failed download says what to do instead."""
    try:
        return load_mnist()
    except DownloadError as error:
        raise DownloadError(
            f"mnist is not in INKLENS_DATA ({data_dir() or 'not set'}), not in {cache_name()}, and {error}; "
            "expected its four IDX files: set INKLENS_DATA to a folder that holds them, or take --data sample"
        ) from error


def load_fashion() -> Dataset:
    """Fashion-MNIST from INKLENS_DATA or the user's cache, in whatever order it lies there.

    Raises:
        DataError: it lies in neither, or is damaged.
    """
    folder = find_fashion()
    if folder is None:
        raise DataError(
            f"fashion-mnist is neither in INKLENS_DATA ({data_dir() or 'not set'}) nor in {cache_name()}; "
            "expected its four IDX files in a folder fashion-mnist in either: put them there"
        )
    dataset = load_idx_folder(folder, name="fashion-mnist", seed=0)
    if dataset.classes != len(FASHION_CLASSES):
        raise DataError(f"{folder} has {dataset.classes} classes; expected the 10 of Fashion-MNIST")
    return replace(dataset, class_names=FASHION_CLASSES, path=None)


def _checked_mnist(folder: Path) -> Dataset:
    if "test" not in idx_pairs(folder):
        raise DataError(
            f"{folder} lacks MNIST's test pair; expected t10k-images-idx3-ubyte and its labels too"
        )
    dataset = load_idx_folder(folder, name="mnist", seed=0, checksums=MNIST_SHA256)
    return replace(dataset, kind="writing", path=None)
