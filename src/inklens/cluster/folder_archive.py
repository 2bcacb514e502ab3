"""A run folder as one string of bytes, and back: whole, checked by its SHA-256, renamed into its place."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

from inklens.atomic_file import PARTIAL
from inklens.errors import RunError
from inklens.training.run_lock import LOCK


def pack(folder: Path) -> tuple[str, bytes]:
    """The files of a folder as a tar, and its SHA-256."""
    with io.BytesIO() as content:
        with tarfile.open(fileobj=content, mode="w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.name != LOCK and not path.name.startswith(PARTIAL):
                    archive.add(path, str(path.relative_to(folder)))
        packed = content.getvalue()
    return hashlib.sha256(packed).hexdigest(), packed


def unpack(packed: tuple[str, bytes], target: Path) -> None:
    """Puts a folder into its place, in which the one that is there is replaced.

    Raises:
        RunError: the content is not whole, or cannot be written.
    """
    digest, content = packed
    if hashlib.sha256(content).hexdigest() != digest:
        raise RunError(f"{target} did not arrive whole from its node; resume the run")
    temporary = target.with_name(f"{PARTIAL}{digest[:8]}-{target.name}")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            archive.extractall(temporary, filter="data")
        if target.exists():
            shutil.rmtree(target)
        temporary.rename(target)
    except (OSError, tarfile.TarError) as error:
        raise RunError(f"{target} cannot be written: {error}; free some space and resume the run") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
