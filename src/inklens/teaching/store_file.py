"""The SQLite file of corrections: read without changing it, or written whole; no other program's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

from inklens.atomic_file import reason
from inklens.errors import DataError, InklensError

_FORMAT = 1
_BUSY_SECONDS = 20.0
_OTHER = "give another with --corrections"

_TABLES = """
CREATE TABLE IF NOT EXISTS classes (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, own INTEGER NOT NULL, time TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS examples (
    id TEXT PRIMARY KEY,
    class TEXT NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    image BLOB NOT NULL,
    answer TEXT, status TEXT NOT NULL, probability REAL NOT NULL,
    model TEXT NOT NULL, fingerprint TEXT NOT NULL,
    source TEXT NOT NULL, time TEXT NOT NULL, held_out INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS examples_by_class ON examples (class);
CREATE TABLE IF NOT EXISTS trainings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL, content TEXT NOT NULL
);
"""


class FullError(InklensError):
    """There is no room: on the disk, or within the store's limits."""

    is_disk = False


class DiskFullError(FullError):
    """There is no room on the disk."""

    is_disk = True


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing; to an empty store in memory while nothing was written.

    Raises:
        DataError: the file is no such store, or cannot be read.
    """
    with _failures_said(path), closing(_opened_to_read(path)) as connection:
        yield connection


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction of a writer: all of it is kept, or nothing. The file is made if it is not there.

    Raises:
        DataError: the file is no such store, or cannot be written.
        DiskFullError: no room.
    """
    with _failures_said(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection, is_made = _checked(path, "mode=rwc")
        with closing(connection):
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_mode = WAL")
            if not is_made:  # all at once: nobody sees some of the tables
                connection.executescript(
                    f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_FORMAT}; COMMIT;"
                )
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


def require_content(path: Path) -> None:
    """Refuses a file that is not there, or that is empty.

    Raises:
        DataError: it is.
    """
    with _failures_said(path):
        if not path.exists():
            raise DataError(f"{path} is not there; expected corrections that `inklens serve` has kept")
        if path.is_file() and path.stat().st_size == 0:
            raise DataError(f"{path} is no file of corrections: it is empty; {_OTHER}")


def require_writable(path: Path) -> None:
    """Refuses, before there is anything to keep, a place where nothing can be kept; writes nothing.

    Raises:
        DataError: the file is no such store, or it or its folder cannot be written.
    """
    with reading(path):
        pass
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        if path.exists():
            path.open("r+b").close()
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise DataError(
            f"corrections cannot be kept in {path} ({reason(error)}); {_OTHER}, or keep none with --read-only"
        ) from error


def _opened_to_read(path: Path) -> sqlite3.Connection:
    if not path.exists():
        return _empty()
    try:
        connection, is_made = _checked(path, "mode=rw")  # with mode=ro, SQLite leaves its log behind
    except sqlite3.OperationalError as error:
        log = path.with_name(f"{path.name}-wal")
        if "readonly" not in str(error) or (log.exists() and log.stat().st_size > 0):
            raise
        # The log cannot be made beside it, so nobody writes; SQLite reads it only when told so.
        connection, is_made = _checked(path, "immutable=1")
    if not is_made:
        connection.close()
        return _empty()
    connection.execute("PRAGMA query_only = ON")
    return connection


def _checked(path: Path, mode: str) -> tuple[sqlite3.Connection, bool]:
    """A connection, and whether the tables are there; not in a file that nothing was written into yet."""
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise DataError(f"{path} is {what}; expected a file of corrections: {_OTHER}")
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
    )
    try:
        return connection, _is_made(path, connection)
    except BaseException:
        connection.close()
        raise


def _is_made(path: Path, connection: sqlite3.Connection) -> bool:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _FORMAT):
        raise DataError(
            f"{path} has format {version}; expected {_FORMAT}: it is of another version of Inklens, or of "
            f"another program; {_OTHER}"
        )
    columns = _columns(connection)
    if not columns and version == 0:
        return False
    if not columns >= _our_columns():
        raise DataError(f"{path} is no file of corrections, but another program's database; {_OTHER}")
    return True


def _columns(connection: sqlite3.Connection) -> frozenset[tuple[str, str | None]]:
    return frozenset(
        connection.execute(
            "SELECT here.name, content.name FROM sqlite_master AS here "
            "LEFT JOIN pragma_table_info(here.name) AS content"
        )
    )


@cache
def _our_columns() -> frozenset[tuple[str, str | None]]:
    with closing(_empty()) as connection:
        return _columns(connection)


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(_TABLES)
    return connection


@contextmanager
def _failures_said(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _failure(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            raise DataError(f"{path} is no file of corrections ({error}); {_OTHER}") from error
        raise DataError(f"{path} cannot be used ({error}); restore it from a copy, or {_OTHER}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be used ({reason(error)}); {_OTHER}") from error


def _failure(path: Path, says: str) -> InklensError:
    """What SQLite says of a file that it cannot open, read or write, with the remedy."""
    if "full" in says:
        return DiskFullError(f"{path} cannot grow: the disk is full; free some space")
    if "no such" in says:
        return DataError(f"{path} is no file of corrections ({says}); {_OTHER}")
    if "locked" in says:
        return DataError(f"{path} is in use by another program; wait for its end and try again")
    if "readonly" in says:
        return DataError(
            f"{path} or its folder is read-only; copy the file, with {path.name}-wal if that is there, to a "
            "folder that can be written"
        )
    return DataError(f"{path} cannot be used ({says}); check the rights of the file and of its folder")
