"""Fetching files of known content from several mirrors into a folder, whole and right or not at all."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from inklens.atomic_file import put_in_place
from inklens.datasets.formats.idx import decompressed
from inklens.errors import DataError, DownloadError, needing

_LARGEST = 2**30  # bytes unpacked; MNIST's largest file has 47 million
_TIMEOUT = (5, 30)  # seconds to connect, and to wait for the next piece
_SCRATCH, _STALE = "half-", 86_400  # a folder that a killed process has left, and after how many seconds


def fetch(checksums: Mapping[str, str], mirrors: Sequence[str], folder: Path) -> None:
    """Fetch NAME.gz for each name into `folder`; a file appears there only when its content is right, and one
    that is right already is kept.

    Args:
        checksums: SHA-256 of each file's decompressed content (it may be packed anew), by the file's name
            without .gz.
        mirrors: addresses of folders, tried in this order for each file.

    Raises:
        DownloadError: no mirror gave a file whole and right, as it says for each, or the folder cannot be
            written.
        MissingPackageError: pooch is not installed.
    """
    _fetch({f"{name}.gz": checksum for name, checksum in checksums.items()}, _unpacked, mirrors, folder)


def fetch_files(checksums: Mapping[str, str], mirrors: Sequence[str], folder: Path) -> None:
    """The same for files of which the MD5 is known as they are fetched.

    Args:
        checksums: MD5 of each file, by its name.
        mirrors: addresses of folders, tried in this order for each file.

    Raises:
        DownloadError: as `fetch` does.
        MissingPackageError: pooch is not installed.
    """
    _fetch(checksums, _as_it_is, mirrors, folder)


# What is wrong with the content of a file, of which this is the checksum; None where it is right.
Check = Callable[[Path, str], str | None]


def _unpacked(path: Path, checksum: str) -> str | None:
    try:
        right = hashlib.sha256(decompressed(path, _LARGEST)).hexdigest() == checksum
    except DataError:
        return "sent a file that is cut short or damaged"
    return None if right else "sent other content than its SHA-256 says"


def _as_it_is(path: Path, checksum: str) -> str | None:
    with path.open("rb") as file:
        right = hashlib.file_digest(file, "md5").hexdigest() == checksum
    return None if right else "sent other content than its MD5 says"


def _fetch(checksums: Mapping[str, str], wrong: Check, mirrors: Sequence[str], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_SCRATCH}*"):
            with suppress(FileNotFoundError):  # another download may just have ended
                if time.time() - left.stat().st_mtime > _STALE:
                    shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder) as scratch:
            for name, checksum in checksums.items():
                if not _is_right(place := folder / name, checksum, wrong):
                    put_in_place(_fetch_one(name, checksum, wrong, mirrors, Path(scratch)), place)
    except OSError as error:
        raise DownloadError(
            f"the cache {folder} cannot be written ({error.strerror}); set INKLENS_CACHE to a folder that can"
        ) from error


def _is_right(path: Path, checksum: str, wrong: Check) -> bool:
    try:
        return wrong(path, checksum) is None
    except OSError:  # it is not there
        return False


def _fetch_one(name: str, checksum: str, wrong: Check, mirrors: Sequence[str], scratch: Path) -> Path:
    with needing("the package pooch", "downloading"):
        import pooch
    pooch.get_logger().setLevel("WARNING")  # else it announces each file on standard error
    answers: list[str] = []
    for mirror in mirrors:
        try:
            path = Path(
                pooch.retrieve(
                    f"{mirror}/{name}",
                    known_hash=None,  # what is fetched is checked below
                    fname=name,
                    path=scratch,
                    downloader=pooch.HTTPDownloader(timeout=_TIMEOUT),
                )
            )
            if (problem := wrong(path, checksum)) is None:
                return path
            answers.append(f"{urlsplit(mirror).netloc} {problem}")
            path.unlink()
        except (OSError, ValueError) as error:
            answers.append(f"{urlsplit(mirror).netloc}: {_reason(error)}")
    raise DownloadError(f"{name} could not be fetched ({'; '.join(answers)})")


def _reason(error: Exception) -> str:
    """What went wrong, in a few words: the messages of requests are paragraphs."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"answered {status}" if status else type(error).__name__
