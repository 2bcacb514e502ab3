"""Class folders in a .zip or .tar file, read where they are: nothing is unpacked, so no path can leave it."""

import bz2
import gzip
import lzma
import struct
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from inklens.datasets.dataset import Dataset
from inklens.datasets.formats.image_trees import load_tree
from inklens.datasets.layout.file_listing import kind_passed_over
from inklens.datasets.layout.stores import Content
from inklens.datasets.options import LoadOptions
from inklens.datasets.trees import tree_of
from inklens.errors import DataError, ImageError

_LARGEST_IMAGE = 2**28  # bytes that an image file may unpack to
_LARGEST_TAR = 2**36  # bytes that a compressed .tar may unpack to
_PIECE = 2**20
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_PACKED: dict[bytes, Callable[[Path], IO[bytes]]] = {
    b"\x1f\x8b": lambda path: cast("IO[bytes]", gzip.open(path)),  # noqa: SIM115 (its caller closes it)
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
_DAMAGED = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, LookupError, OverflowError, MemoryError,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError, struct.error,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether a path is a file whose name ends as that of a zip or tar archive."""
    return path.is_file() and path.name.lower().endswith((".zip", *TARS))


def load_archive(path: Path, options: LoadOptions) -> Dataset:
    """Class folders in a .zip or .tar file (.gz, .bz2 or .xz), as `load_folder` takes them from a disk.

    Raises:
        DataError: a damaged or encrypted archive, or no class folders in it.
        ImageError: `options.strict`, and an image cannot be used.
    """
    with opened_archive(path) as (store, images, passed):
        tree = tree_of(path, images, passed, store, least_classes=2 if options.hold_out else 1)
        return load_tree(tree, path.name[: path.name.lower().rindex(_suffix(path))], options)


@contextmanager
def opened_archive(path: Path) -> "Iterator[tuple[ArchiveStore, list[str], Counter[str]]]":
    """The store of an archive, the paths of the images in it, and how many files of each kind are none.

    Raises:
        DataError: a damaged or encrypted archive, or no images in it.
    """
    store: ArchiveStore
    try:
        store = ZipStore(path) if path.suffix.lower() == ".zip" else TarStore(path)
    except _DAMAGED as error:
        raise _damaged(path, error) from error
    with store:
        images, passed = _images(store.names)
        if not images:
            held = ", ".join(f"{count:,} {kind}" for kind, count in passed.most_common(5)) or "nothing"
            raise DataError(
                f"{path} holds no images, but {held}; expected a folder of images for each class: "
                "unpack it and give the folder or the file in it"
            )
        yield store, images, passed


class ArchiveStore:
    """The files in an archive.

    Args:
        path: the archive.

    Attributes:
        names: the path of each file in it, as often as it is there.
    """

    names: list[str]

    def __init__(self, path: Path) -> None:
        self._path = path
        state = path.stat()
        self._state = (state.st_size, state.st_mtime_ns)

    def __enter__(self) -> "ArchiveStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the archive."""
        raise NotImplementedError

    def state(self, path: str) -> object:
        """Size and time of the last change of the whole archive."""
        return self._state

    def contents(self, paths: Sequence[str]) -> Iterator[Content]:
        """The bytes of each file, unpacked."""
        for path in paths:
            try:
                content = self._read(path)
            except _DAMAGED as error:
                reason = " ".join(str(error).split()) or type(error).__name__
                yield ImageError(
                    f"{self._path}/{path} cannot be unpacked ({reason}); expected a whole archive"
                )
                continue
            if len(content) > _LARGEST_IMAGE:
                yield ImageError(
                    f"{self._path}/{path} unpacks to more than {_LARGEST_IMAGE:,} bytes; expected an image"
                )
            else:
                yield content

    def _read(self, path: str) -> bytes:
        """The content of a file, and at most one byte more than an image may have."""
        raise NotImplementedError


class ZipStore(ArchiveStore):
    """The files in a .zip."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._archive = zipfile.ZipFile(path)
        files = [one for one in self._archive.infolist() if not one.is_dir()]
        if any(one.flag_bits & 1 for one in files):
            self._archive.close()
            raise DataError(f"{path} is encrypted; expected no password: unpack it and give the folder")
        # Windows writes "\", which the standard library turns into "/" on Windows only.
        self.names = [_plain(one.filename.replace("\\", "/")) for one in files]
        self._members = dict(zip(self.names, files, strict=True))

    def close(self) -> None:
        """Closes the archive."""
        self._archive.close()

    def _read(self, path: str) -> bytes:
        with self._archive.open(self._members[path]) as file:
            return file.read(_LARGEST_IMAGE + 1)


class TarStore(ArchiveStore):
    """The files in a .tar; a compressed one is unpacked whole into a temporary file that has no name."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = threading.Lock()
        self._file = _uncompressed(path)
        try:
            with tarfile.open(fileobj=self._file, mode="r:") as archive:
                files = [one for one in archive if not one.isdir()]
        except BaseException:
            self._file.close()
            raise
        self._places = {
            _plain(one.name): (one.offset_data, one.size) for one in files if one.isreg() and not one.sparse
        }
        names = [_plain(one.name) for one in files]
        self.names = [name if name in self._places else f"{name}.link" for name in names]

    def close(self) -> None:
        """Closes the archive."""
        self._file.close()

    def _read(self, path: str) -> bytes:
        offset, size = self._places[path]
        with self._lock:
            self._file.seek(offset)
            content = self._file.read(min(size, _LARGEST_IMAGE + 1))
        if len(content) < min(size, _LARGEST_IMAGE + 1):
            raise EOFError("it ends early")
        return content


def _uncompressed(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        start = file.read(6)
    opened = next((opens for begins, opens in _PACKED.items() if start.startswith(begins)), None)
    if opened is None:
        return path.open("rb")
    with opened(path) as packed, ExitStack() as unless_whole:
        whole = unless_whole.enter_context(tempfile.TemporaryFile())
        while piece := packed.read(_PIECE):
            whole.write(piece)
            if whole.tell() > _LARGEST_TAR:
                raise ValueError(f"it unpacks to more than {_LARGEST_TAR:,} bytes")
        whole.seek(0)
        unless_whole.pop_all()
    return whole


def _plain(name: str) -> str:
    """A path in an archive without the "./" that some tools begin it with."""
    return name.removeprefix("./")


def _images(names: Sequence[str]) -> tuple[list[str], Counter[str]]:
    """The images among the files of an archive, each once, and how many of each kind are none."""
    images: dict[str, None] = {}
    passed: Counter[str] = Counter()
    for name in names:
        parts = name.split("/")
        if ".." in parts or not parts[0] or ":" in parts[0]:
            passed["with a path that leaves the archive"] += 1
        elif name in images:
            passed["in it twice"] += 1
        elif kind := kind_passed_over(name):
            passed[kind] += 1
        else:
            images[name] = None
    return list(images), passed


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return max((suffix for suffix in (".zip", *TARS) if name.endswith(suffix)), key=len)


def _damaged(path: Path, error: BaseException) -> DataError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return DataError(f"{path} cannot be read ({reason}); expected a whole archive: get it anew")
