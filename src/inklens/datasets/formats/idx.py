"""IDX files, the format of MNIST: a big-endian header of magic number and sizes, then bytes; .gz or not."""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.dataset import FRAMING_OF, Dataset, from_labelled_images
from inklens.datasets.formats.emnist import upright
from inklens.datasets.layout.idx_files import idx_pairs, idx_sets, is_idx_images
from inklens.datasets.options import LoadOptions
from inklens.datasets.splits import Split
from inklens.errors import DataError

_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049
_LARGEST = 8 * 2**30  # bytes that a header may ask for
_PIECE = 2**20


def is_idx(path: Path) -> bool:
    """Whether a path is a folder that holds IDX files of images, perhaps in folders in it, or one such file.

    Raises:
        DataError: images without labels.
    """
    return is_idx_images(path) or (path.is_dir() and bool(idx_sets(path)))


def load_idx_folder(path: Path, options: LoadOptions) -> Dataset:
    """A folder of IDX files, or one of them, as a data set that counts as framed by those who made it.

    Raises:
        DataError: see `read_idx_folder`.
    """
    dataset = read_idx_folder(
        path, name=path.resolve().name, seed=options.seed, kind=options.kind, hold_out=options.hold_out
    )
    return dataset.framed_by_maker(options.framing or FRAMING_OF[dataset.kind])


def read_idx_folder(
    folder: Path,
    *,
    name: str,
    seed: int,
    kind: str | None = None,
    hold_out: bool = True,
    checksums: Mapping[str, str] | None = None,
    turn: bool = True,
) -> Dataset:
    """A folder of IDX files; without a test pair, a stratified fifth is held out.

    Args:
        name: what the data set is called.
        seed: of that fifth.
        kind: "writing" or "things"; None looks at the images.
        hold_out: whether it is held out.
        turn: whether images that look as if rows and columns were swapped are turned.
        checksums: SHA-256 of each file's decompressed content, by the file's name without .gz.

    Raises:
        DataError: a file is missing, damaged, of another checksum, or the labels do not fit the images.
    """
    pairs = idx_pairs(folder)
    splits = {part: _read_pair(*pair, checksums or {}) for part, pair in pairs.items()}
    names, notes = None, list[str]()
    if turn and not checksums:
        splits, names, notes = upright(splits, pairs["train"][0])
    return from_labelled_images(
        name,
        splits["train"],
        splits.get("test"),
        validation=splits.get("validation"),
        source=str(folder),
        seed=seed,
        kind=kind,
        class_names=names,
        path=str(folder.resolve()),
        hold_out=hold_out,
        notes=notes,
    )


def _read_pair(images_path: Path, labels_path: Path, checksums: Mapping[str, str]) -> Split:
    images = _read(images_path, _IMAGES_MAGIC, checksums)[..., None]
    labels = _read(labels_path, _LABELS_MAGIC, checksums).astype(np.int64)
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images):,} images and {labels_path.name} {len(labels):,} labels; "
            "expected a label for each image: get both files anew from one source"
        )
    return Split(images, labels)


def _read(path: Path, magic: int, checksums: Mapping[str, str]) -> NDArray[np.uint8]:
    with _opened(path) as file:
        header = _beginning(file, 4 + 4 * (magic & 0xFF), path)
        sizes = _sizes(header, path, magic)
        expected = math.prod(sizes)
        asked = f"{' x '.join(map(str, sizes))} = {expected:,}"
        if expected > _LARGEST:
            raise DataError(
                f"{path} asks for {asked} bytes; expected at most {_LARGEST:,} (8 GiB): get the file anew"
            )
        # One byte more than there should be tells a longer file, and a bomb is never unpacked.
        content = header + _beginning(file, expected + 1, path)
    body = np.frombuffer(content, np.uint8, offset=len(header))
    if len(body) != expected or expected == 0:
        more = " or more" if len(body) > expected else ""
        raise DataError(
            f"{path} holds {len(body):,}{more} bytes after its header; expected {asked}: get the file anew"
        )
    wanted = checksums.get(path.name.removesuffix(".gz"))
    if wanted and hashlib.sha256(content).hexdigest() != wanted:
        raise DataError(
            f"{path} has other content than its SHA-256 says; expected {wanted}: get the file anew"
        )
    return body.reshape(sizes)


def decompressed(path: Path, at_most: int) -> bytes:
    """The content of a file, unpacked if it is gzip, whatever its name says.

    Raises:
        DataError: cannot be read, the .gz is cut short or damaged, or it has more than `at_most` bytes.
    """
    with _opened(path) as file:
        content = _beginning(file, at_most + 1, path)
    if len(content) > at_most:
        raise DataError(f"{path} holds more than {at_most:,} bytes; expected fewer: get the file anew")
    return content


def _beginning(file: IO[bytes], count: int, path: Path) -> bytes:
    """The next `count` bytes, or fewer where the file ends; takes memory only for those it gives."""
    pieces: list[bytes] = []
    try:
        while count and (piece := file.read(min(count, _PIECE))):
            pieces.append(piece)
            count -= len(piece)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, error) from error
    return b"".join(pieces)


def _opened(path: Path) -> IO[bytes]:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); expected an IDX file") from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is cut short or damaged ({error}); expected a whole file: get it anew")


def _sizes(header: bytes, path: Path, magic: int) -> tuple[int, ...]:
    """The sizes of the axes that an IDX header gives: three for images, one for labels."""
    axes = magic & 0xFF
    if len(header) < 4 + 4 * axes:
        raise DataError(
            f"{path} has {len(header)} bytes; expected an IDX header of {4 + 4 * axes}: get it anew"
        )
    found, *sizes = struct.unpack(f">{1 + axes}I", header[: 4 + 4 * axes])
    if found != magic:
        what = "images" if magic == _IMAGES_MAGIC else "labels"
        raise DataError(
            f"{path} starts with the magic number {found}; expected {magic}, an IDX file of {what}: "
            "get it anew, or mend its name if it is another file"
        )
    return tuple(sizes)
