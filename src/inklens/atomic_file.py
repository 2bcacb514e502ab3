"""Files that are either whole or not there, whatever dies while they are written."""

import errno
import glob
import hashlib
import os
import platform
import re
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from inklens.errors import OptionError, RunError

PARTIAL = ".partial-"  # begins the name of a file that is being written; see `_partial`
REMEDY = "give another place with --output"
IN_A_RUN = "make room there, or let it be written to"
_STALE_SECONDS = 3600
_TOKEN = re.compile(re.escape(PARTIAL) + r"[0-9a-f]{8}\.([0-9a-f]{8})\.([0-9]+)-")


@contextmanager
def atomic(target: Path, *, new: bool = False, remedy: str = REMEDY) -> Iterator[Path]:
    """Gives a temporary path beside `target`; what was written there takes its place on leaving.

    The target is at every moment the old file or the whole new one. An error inside leaves the old
    one and removes the temporary file. A killed process cannot clean up: what it left is removed by
    `remove_partial_of_dead`, or by the first write of the same file after an hour.

    Args:
        new: of processes that write the same file at once, the first one does; it is not overwritten.
        remedy: what to do where it cannot be written.

    Raises:
        RunError: the file cannot be written.
        FileExistsError: it is there, and should be new.
    """
    temporary = _partial(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(target)
        try:
            yield temporary
            _flush(temporary)
            if new:
                _claim_file(temporary, target)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        _flush_folder(target.parent)
    except OSError as error:
        if new and isinstance(error, FileExistsError):
            raise
        raise RunError(f"{target} cannot be written: {reason(error)}; {remedy}") from error
    except Exception as error:
        if full := _says_full(error):
            raise RunError(f"{target} cannot be written: {full}; {remedy}") from error
        raise


def check_place(option: str, given: Path, folder: Path) -> None:
    """Refuse a place in which no file can be written, before any work is done; nothing is made.

    Args:
        option: which it was given with, such as "output".
        given: its value.
        folder: what the files are written into; it need not be there.

    Raises:
        OptionError: it, or what is above it, is a file or is closed.
    """
    places = (folder.absolute(), *folder.absolute().parents)
    there = next(place for place in places if os.path.exists(place))  # noqa: PTH110 (raises in closed folders)
    folder_there = os.path.isdir(there)  # noqa: PTH112
    if folder_there and os.access(there, os.W_OK | os.X_OK):
        return
    problem = "is read-only" if folder_there else "is no folder"
    raise OptionError(
        f"--{option} {given} cannot be written: {there} {problem}; give another place with --{option}"
    )


def _says_full(error: BaseException | None) -> str | None:
    """What the system says of a full disk, where a library, such as HDF5, has made another error of it."""
    while error is not None:
        for says in map(os.strerror, (errno.ENOSPC, errno.EDQUOT)):
            if says in str(error):
                return says
        error = error.__cause__ or error.__context__
    return None


def put_in_place(temporary: Path, target: Path) -> None:
    """Moves a file that is whole to its place, so that it is there whole after a power cut too."""
    _flush(temporary)
    temporary.replace(target)
    _flush_folder(target.parent)


def _flush(path: Path) -> None:
    with path.open("rb+") as written:
        os.fsync(written.fileno())


def _claim_file(temporary: Path, target: Path) -> None:
    """Takes a name that no process has taken yet, with the content; where there are no links, without it."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        target.open("x").close()


def reason(error: OSError) -> str:
    """What the system says of an error, in a few words."""
    return error.strerror or str(error)


def _remove_stale(target: Path) -> None:
    for left in target.parent.glob(f"{PARTIAL}????????*-{glob.escape(target.name)}"):
        with suppress(FileNotFoundError):  # another process may have removed it first
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink()


def remove_partial(folder: Path) -> None:
    """Removes what killed processes have left of `atomic` in a folder that no other process writes into."""
    for left in folder.glob(f"{PARTIAL}????????*-*"):
        left.unlink(missing_ok=True)


def remove_partial_of_dead(folder: Path) -> None:
    """Removes from a folder, and from those in it, what processes of this machine have left of `atomic` that
    live no more; one that is about to write there is left alone."""
    if not Path("/proc/self").exists():  # there they go after an hour
        return
    for left in folder.rglob(f"{PARTIAL}*"):
        named = _TOKEN.match(left.name)
        if named and named[1] == _machine() and not Path("/proc", named[2]).exists():
            with suppress(OSError):
                left.unlink()


def _partial(target: Path) -> Path:
    """The temporary path beside a file: with a number by chance, the machine, and the process."""
    return target.with_name(f"{PARTIAL}{os.urandom(4).hex()}.{_machine()}.{os.getpid()}-{target.name}")


@cache
def _machine() -> str:
    """Where the numbers of processes mean what they mean here: on this machine and in this container."""
    space = ""
    with suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 (no path)
    return hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:8]


def keep_links(folder: Path, kept: Path, last: str, besides: Collection[str] = ()) -> None:
    """Links every file of a folder into another one, or copies it where there are no links.

    Args:
        kept: the other folder, which may lie in the first.
        last: the file that is linked last: where it is there, all are.
        besides: names of folders that are left out; so are files whose name begins with a dot.

    Raises:
        OSError: one cannot be linked or copied.
    """
    (kept / last).unlink(missing_ok=True)
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in besides]
        there = kept / Path(place).relative_to(folder)
        there.mkdir(parents=True, exist_ok=True)
        for name in names:
            if not name.startswith(".") and (Path(place) != folder or name != last):
                _link(Path(place, name), there / name)
        _flush_folder(there)
    _link(folder / last, kept / last)
    _flush_folder(kept)


def drop_links(folder: Path, kept: Path, last: str) -> None:
    """Removes from the other folder of `keep_links` what the first one has too, `last` first of all.

    Raises:
        OSError: something cannot be removed.
    """
    (kept / last).unlink(missing_ok=True)
    for place, _, names in os.walk(kept, topdown=False):
        for name in names:
            if (folder / Path(place).relative_to(kept) / name).exists():
                Path(place, name).unlink()
        with suppress(OSError):  # it holds what was written since
            Path(place).rmdir()


def _link(file: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(file)
    except OSError:  # the file system has no links, or allows none
        shutil.copy2(file, target)
        _flush(target)


def _flush_folder(folder: Path) -> None:
    """Makes the renaming itself outlast a power cut; Windows neither needs nor allows it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
