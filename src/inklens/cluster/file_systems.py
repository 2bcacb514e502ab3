"""Paths on a disk or in object storage, as pyarrow and fsspec understand them: S3, GCS, HDFS, and others."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inklens.atomic_file import atomic
from inklens.errors import DataError, MissingPackageError, OptionError, needing
from inklens.paths import given_path

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.I)  # a drive of Windows has one letter


def is_remote(path: str) -> bool:
    """Whether a path is an address, such as s3://bucket/folder."""
    return _ADDRESS.match(path) is not None


@dataclass(frozen=True)
class Place:
    """A file or folder in a file system.

    Args:
        address: as it was given; it may hold a key.
        files: pyarrow's file system.
        path: in it.
    """

    address: str = field(repr=False)
    files: Any
    path: str

    @classmethod
    def of(cls, address: str) -> Place:
        """The place that an address names.

        Raises:
            OptionError: no such kind of file system, or an address that cannot be read.
            MissingPackageError: the package for it is not installed.
        """
        with needing("pyarrow", "object storage", "cluster"):
            from pyarrow import ArrowException, fs
        if not is_remote(address):
            path = given_path(address).absolute()
            return cls(address, fs.LocalFileSystem(), path.as_posix())
        try:
            return cls(address, *fs.FileSystem.from_uri(address))
        except (ArrowException, NotImplementedError):
            return cls(address, *_of_fsspec(address))

    @property
    def name(self) -> str:
        """What people call it: without keys and options."""
        return f"{urlsplit(self.address).scheme}://{self.path}" if is_remote(self.address) else self.address

    def below(self, path: str) -> str:
        """The name of a path in the same file system."""
        return f"{urlsplit(self.address).scheme}://{path}"

    def found(self) -> list[str]:
        """The paths of all files at and below it, sorted.

        Raises:
            DataError: there is nothing, or it is out of reach.
        """
        from pyarrow import ArrowException, fs

        try:
            here = self.files.get_file_info(self.path)
            if here.type == fs.FileType.File:
                return [self.path]
            below = self.files.get_file_info(fs.FileSelector(self.path, recursive=True, allow_not_found=True))
        except (OSError, ArrowException) as error:
            raise DataError(f"{self.name} cannot be listed ({_reason(error)}); {_EXPECTED}") from error
        found = sorted(info.path for info in below if info.type == fs.FileType.File)
        if not found:
            raise DataError(f"{self.name} holds no files; {_EXPECTED}")
        return found

    def read(self, path: str) -> bytes:
        """The content of a file in the same file system; raises OSError."""
        with self.files.open_input_stream(path) as stream:
            content: bytes = stream.read()
        return content

    def write(self, name: str, content: bytes) -> None:
        """Writes a file in this folder, whole or not at all.

        Raises:
            RunError, DataError: it cannot be written.
        """
        if not is_remote(self.address):
            with atomic(Path(self.path, name)) as temporary:
                temporary.write_bytes(content)
            return
        try:  # an object is there once it has been sent whole
            with self.files.open_output_stream(f"{self.path}/{name}") as stream:
                stream.write(content)
        except OSError as error:
            raise DataError(
                f"{self.name}/{name} cannot be written ({_reason(error)}); {_EXPECTED}"
            ) from error

    @contextmanager
    def on_disk(self, path: str) -> Iterator[Path]:
        """A file of this file system as one on the disk; a copy, but for those that are there already.

        Raises:
            OSError: it cannot be fetched.
        """
        if not is_remote(self.address):
            yield Path(path)
            return
        with tempfile.TemporaryDirectory(prefix="inklens-") as folder:
            copy = Path(folder, os.path.basename(path))  # noqa: PTH119 (of an address)
            with self.files.open_input_stream(path) as stream, copy.open("wb") as file:
                while piece := stream.read(2**22):
                    file.write(piece)
            yield copy


_EXPECTED = "expected a path or an address that can be reached, such as s3://bucket/folder?region=eu-west-1"


def _of_fsspec(address: str) -> tuple[Any, str]:
    from pyarrow import fs

    with needing("fsspec", "object storage", "cluster"):
        import fsspec
    try:
        files, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise MissingPackageError(f"{address} cannot be opened: {error}") from error
    except (ValueError, OSError) as error:
        raise OptionError(f"{address} cannot be opened ({_reason(error)}); {_EXPECTED}") from error
    return fs.PyFileSystem(fs.FSSpecHandler(files)), path


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
