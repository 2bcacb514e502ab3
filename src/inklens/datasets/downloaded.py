"""KMNIST, EMNIST, CIFAR-10 and CIFAR-100: found, or fetched with the checksums that their authors publish."""

import tarfile
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inklens.atomic_file import atomic
from inklens.datasets.places import cache_dir, data_dir, first_with_idx, named_folders
from inklens.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inklens.datasets.dataset import Dataset
    from inklens.datasets.splits import Split

# MD5 of the files as they are fetched, as their authors publish them.
KMNIST_MD5 = {
    "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
    "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
    "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
    "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
}
KMNIST_MIRRORS = (
    "https://codh.rois.ac.jp/kmnist/dataset/kmnist",
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
)
KMNIST_CLASSES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
EMNIST_MD5 = {"gzip.zip": "58c8d27c78d21e728a6bc7b3cc06412e"}
EMNIST_MIRRORS = ("https://biometrics.nist.gov/cs_links/EMNIST",)
CIFAR_MIRRORS = ("https://www.cs.toronto.edu/~kriz",)
CIFAR_MD5 = {
    "cifar10": {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
    "cifar100": {"cifar-100-binary.tar.gz": "03b5dce01913d631647c71ecec9e9cb8"},
}
_CIFAR_NAMES = {"cifar10": "batches.meta.txt", "cifar100": "fine_label_names.txt"}
_DAMAGED = (
    OSError,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
)
_SIDE, _PIXELS = 32, 3 * 32 * 32


def find_kmnist() -> Path | None:
    """The folder that holds KMNIST."""
    return first_with_idx(named_folders("kmnist", "KMNIST"))


def load_kmnist() -> "Dataset":
    """Kuzushiji-MNIST (Clanuwat and others 2018), ten cursive hiragana.

    Raises:
        DataError: it is damaged.
        DownloadError: it lies nowhere and could not be fetched.
        MissingPackageError: it would have to be fetched and pooch is not installed.
    """
    from inklens.datasets.download import fetch_files
    from inklens.datasets.formats.idx import read_idx_folder

    folder = find_kmnist()
    cached = cache_dir() / "kmnist"
    # A process that was killed between two files has left the first ones.
    if folder is None or (folder == cached and not all((cached / name).is_file() for name in KMNIST_MD5)):
        folder = cached
        fetch_files(KMNIST_MD5, KMNIST_MIRRORS, folder)
    dataset = read_idx_folder(folder, name="kmnist", seed=0, kind="writing", turn=False)
    return replace(dataset, class_names=KMNIST_CLASSES[: dataset.classes], path=None)


def find_emnist(split: str) -> Path | None:
    """The file of training images of one of EMNIST's splits, or the archive of all of them."""
    name = f"emnist-{split}-train-images-idx3-ubyte"
    for folder in named_folders("emnist", "EMNIST"):
        inner = (folder, folder / "raw", folder / "gzip", folder / "raw" / "gzip", folder / name)
        for path in (one / file for one in inner for file in (name, f"{name}.gz", "gzip.zip")):
            if path.is_file():
                return path
    return None


def load_emnist(split: str) -> "Dataset":
    """EMNIST (Cohen and others 2017), letters and digits: upright, with the characters as class names.

    Args:
        split: "byclass", "bymerge", "balanced", "letters", "digits" or "mnist".

    Raises:
        DataError: it is damaged.
        DownloadError: it lies nowhere and could not be fetched.
        MissingPackageError: it would have to be fetched and pooch is not installed.
    """
    from inklens.datasets.download import fetch_files
    from inklens.datasets.formats.idx import read_idx_folder

    path = find_emnist(split)
    if path is None:
        fetch_files(EMNIST_MD5, EMNIST_MIRRORS, cache_dir() / "emnist")
        path = cache_dir() / "emnist" / "gzip.zip"
    if path.suffix == ".zip":
        path = _unzipped(path, split)
    return replace(read_idx_folder(path, name=f"emnist-{split}", seed=0, kind="writing"), path=None)


def find_cifar(name: str) -> Path | None:
    """The archive of CIFAR-10's or CIFAR-100's binary version, or the folder that it was unpacked to."""
    (archive,) = CIFAR_MD5[name]
    folder = {"cifar10": "cifar-10-batches-bin", "cifar100": "cifar-100-binary"}[name]
    above = data_dir()
    places = [*([above] if above else []), *named_folders(name, name.upper(), f"cifar-{name[5:]}")]
    found = (place / one for place in places for one in (folder, archive))
    return next((path for path in found if path.exists()), None)


def load_cifar(name: str) -> "Dataset":
    """CIFAR-10 or CIFAR-100 with its fine labels (Krizhevsky 2009): 60,000 colour images of 32x32.

    Args:
        name: "cifar10" or "cifar100".

    Raises:
        DataError: it is damaged.
        DownloadError: it lies nowhere and could not be fetched.
        MissingPackageError: it would have to be fetched and pooch is not installed.
    """
    from inklens.datasets.dataset import from_labelled_images
    from inklens.datasets.download import fetch_files

    path = find_cifar(name)
    if path is None:
        fetch_files(CIFAR_MD5[name], CIFAR_MIRRORS, cache_dir() / name)
        path = cache_dir() / name / next(iter(CIFAR_MD5[name]))
    files = _cifar_files(path)
    names = tuple(files.get(_CIFAR_NAMES[name], b"").decode("ascii", "replace").split())
    train = [files[one] for one in sorted(files) if one.startswith(("data_batch", "train"))]
    test = [files[one] for one in sorted(files) if one.startswith("test")]
    if not (names and train and test):
        raise DataError(f"{path} lacks files of {name}; expected its binary version: get it anew")
    labels = 1 if name == "cifar10" else 2
    parts = [_records(b"".join(one), labels, path) for one in (train, test)]
    dataset = from_labelled_images(name, *parts, source=str(path), seed=0, kind="things", class_names=names)
    return replace(dataset, path=None)


def _unzipped(archive: Path, split: str) -> Path:
    """The file of training images, once the split's four files are in the cache."""
    folder = cache_dir() / "emnist" / split
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            for part in ("train", "test"):
                for what in ("labels-idx1", "images-idx3"):
                    name = f"emnist-{split}-{part}-{what}-ubyte.gz"
                    with atomic(folder / name, remedy="make room there") as whole:
                        whole.write_bytes(packed.read(f"gzip/{name}"))
    except _DAMAGED as error:
        raise DataError(
            f"{archive} cannot be read ({error}); expected EMNIST's gzip.zip: get it anew"
        ) from error
    return folder / f"emnist-{split}-train-images-idx3-ubyte.gz"


def _cifar_files(path: Path) -> dict[str, bytes]:
    """The content of each file of the binary version, by its name."""
    try:
        if path.is_dir():
            return {
                file.name: file.read_bytes() for file in path.iterdir() if file.suffix in (".bin", ".txt")
            }
        files = {}
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isreg() and (opened := archive.extractfile(member)):
                    files[Path(member.name).name] = opened.read()
        return files
    except _DAMAGED as error:
        raise DataError(f"{path} cannot be read ({error}); expected a whole archive: get it anew") from error


def _records(content: bytes, labels: int, path: Path) -> "Split":
    """Records of labels, the finest last, and the planes of red, green and blue."""
    import numpy as np

    from inklens.datasets.splits import Split

    if not content or len(content) % (labels + _PIXELS):
        raise DataError(f"{path} has records that are cut short; expected {labels + _PIXELS} bytes each")
    table: NDArray[np.uint8] = np.frombuffer(content, np.uint8).reshape(-1, labels + _PIXELS)
    images = table[:, labels:].reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return Split(np.ascontiguousarray(images), table[:, labels - 1].astype(np.int64))
