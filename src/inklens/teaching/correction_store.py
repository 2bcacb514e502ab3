"""Corrected images and classes of one's own, in one SQLite file.

Several processes may use it at once. What was added is on the disk before the call returns (WAL with full
synchronisation), so a process that is killed loses nothing.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inklens.errors import OptionError
from inklens.teaching.store_file import FullError, reading, require_content, require_writable, writing

MAX_EXAMPLES, MAX_CLASSES, MAX_NAME = 20_000, 100, 100
_FOLDER_BYTES = 255  # of a name, as file systems allow


@dataclass(frozen=True)
class TaughtClass:
    """A class that examples belong to.

    Args:
        id: cannot be guessed; "model:NAME" for one of a model's.
        name: as shown.
        own: made by the user, rather than one of a model's.
        examples: how many there are.
    """

    id: str
    name: str
    own: bool
    examples: int


@dataclass(frozen=True, eq=False)
class Example:
    """An image with its right class, and what a model said of it.

    Args:
        id: cannot be guessed.
        class_id: of its class.
        label: the class's name.
        answer: what the model said; None where it gave no label.
        status: of `inklens.Predictions`.
        probability: of the answer, 0 to 1.
        model: its name.
        fingerprint: SHA-256 of its file.
        source: where the image is from: draw, file, paste, camera or read.
        time: ISO 8601, UTC.
        held_out: kept for comparing, not for learning.
        image: the file's bytes; empty where only the rest was asked for.
    """

    id: str
    class_id: str
    label: str
    answer: str | None
    status: str
    probability: float
    model: str
    fingerprint: str
    source: str
    time: str
    held_out: bool
    image: bytes = b""


class CorrectionStore:
    """The file; it is made when something is written into it for the first time.

    Args:
        path: of the SQLite file.

    Raises:
        DataError: from any method: the file is no such store, or cannot be read.
        FullError: from those that write: no room.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def require_content(self) -> None:
        """Refuses, with a DataError, a file that is not there or is empty."""
        require_content(self.path)

    def require_writable(self) -> None:
        """Refuses, with a DataError, a place where nothing can be kept, before there is anything to keep."""
        require_writable(self.path)

    def classes(self) -> list[TaughtClass]:
        """All classes, the oldest first."""
        rows = self._all(
            "SELECT classes.id, name, own, COUNT(examples.id) FROM classes "
            "LEFT JOIN examples ON examples.class = classes.id GROUP BY classes.id ORDER BY classes.rowid"
        )
        return [TaughtClass(id, name, bool(own), count) for id, name, own, count in rows]

    def named(self, name: str) -> TaughtClass | None:
        """The class of this name, or None."""
        return next((each for each in self.classes() if each.name == name), None)

    def add_class(self, name: str, *, own: bool = True) -> TaughtClass:
        """Makes a class; one of a model's own has the id "model:NAME".

        Raises:
            OptionError: no usable name, or there is one of this name.
            FullError: there are too many.
        """
        name = _checked_name(name)
        with writing(self.path) as connection:
            if connection.execute("SELECT COUNT(*) FROM classes").fetchone()[0] >= MAX_CLASSES:
                raise FullError(f"{MAX_CLASSES} classes are there already; delete one first")
            made = TaughtClass(_new_id() if own else f"model:{name}", name, own, 0)
            try:
                connection.execute("INSERT INTO classes VALUES (?, ?, ?, ?)", (made.id, name, own, now()))
            except sqlite3.IntegrityError as error:
                raise OptionError(f"there is a class {name!r} already; expected another name") from error
        return made

    def rename_class(self, id: str, name: str) -> bool:
        """Gives a class of the user's own another name; False where there is no such class.

        Raises:
            OptionError: no usable name, another class has it, or the class is a model's.
        """
        name = _checked_name(name)
        with writing(self.path) as connection:
            found = connection.execute("SELECT own FROM classes WHERE id = ?", (id,)).fetchone()
            if found and not found[0]:
                raise OptionError("a class of the model keeps its name; expected one of your own")
            try:
                done = connection.execute("UPDATE classes SET name = ? WHERE id = ?", (name, id))
            except sqlite3.IntegrityError as error:
                raise OptionError(f"there is a class {name!r} already; expected another name") from error
            return done.rowcount > 0

    def delete_class(self, id: str) -> bool:
        """Deletes a class with its examples; False where there is no such class."""
        with writing(self.path) as connection:
            return connection.execute("DELETE FROM classes WHERE id = ?", (id,)).rowcount > 0

    def examples(
        self, class_id: str | None = None, offset: int = 0, limit: int = -1
    ) -> tuple[int, list[Example]]:
        """How many examples there are, and some of them without their images, the newest first."""
        where, values = ("WHERE examples.class = ?", [class_id]) if class_id else ("", [])
        total = self._all(f"SELECT COUNT(*) FROM examples {where}", values)[0][0]
        rows = self._all(
            f"SELECT {_COLUMNS}, x'' FROM examples JOIN classes ON classes.id = examples.class {where} "
            "ORDER BY examples.rowid DESC LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        return total, [_example(row) for row in rows]

    def example(self, id: str) -> Example | None:
        """One example with its image, or None."""
        rows = self._all(
            f"SELECT {_COLUMNS}, image FROM examples JOIN classes ON classes.id = examples.class "
            "WHERE examples.id = ?",
            [id],
        )
        return _example(rows[0]) if rows else None

    def with_images(self) -> Iterator[Example]:
        """Every example with its image, the oldest first."""
        query = f"SELECT {_COLUMNS}, image FROM examples JOIN classes ON classes.id = examples.class"
        with reading(self.path) as connection:
            yield from map(_example, connection.execute(f"{query} ORDER BY examples.rowid"))

    def add_example(
        self,
        class_id: str,
        image: bytes,
        *,
        answer: str | None,
        status: str,
        probability: float,
        model: str,
        fingerprint: str,
        source: str,
    ) -> Example:
        """Keeps an image; of each class every second one is held out, the first is not.

        Raises:
            OptionError: there is no such class.
            FullError: there are too many, or the disk is full.
        """
        with writing(self.path) as connection:
            if connection.execute("SELECT COUNT(*) FROM examples").fetchone()[0] >= MAX_EXAMPLES:
                raise FullError(f"{MAX_EXAMPLES:,} examples are there already; delete some first")
            found = connection.execute("SELECT name FROM classes WHERE id = ?", (class_id,)).fetchone()
            if found is None:
                raise OptionError("there is no such class; expected the id of one")
            made = Example(
                _new_id(), class_id, found[0], answer, status, probability, model, fingerprint, source,
                now(), _holds_next_out(connection, class_id), image,
            )  # fmt: skip
            connection.execute(
                "INSERT INTO examples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    made.id, class_id, image, answer, status, probability, model, fingerprint, source,
                    made.time, made.held_out,
                ),
            )  # fmt: skip
        return made

    def move_example(self, id: str, class_id: str) -> bool:
        """Puts an example into another class; False where there is no such example or class.

        It is held out, or not, as if it were added there.
        """
        with writing(self.path) as connection:
            if connection.execute("SELECT 1 FROM classes WHERE id = ?", (class_id,)).fetchone() is None:
                return False
            done = connection.execute(
                "UPDATE examples SET class = ?, held_out = ? WHERE id = ?",
                (class_id, _holds_next_out(connection, class_id, but=id), id),
            )
            return done.rowcount > 0

    def delete_examples(self, ids: Sequence[str] | None = None) -> int:
        """Deletes these examples, or all, and gives how many there were; empty classes of a model go too."""
        with writing(self.path) as connection:
            if ids is None:
                count = connection.execute("DELETE FROM examples").rowcount
            else:
                count = sum(
                    connection.execute("DELETE FROM examples WHERE id = ?", (id,)).rowcount for id in ids
                )
            connection.execute("DELETE FROM classes WHERE NOT own AND id NOT IN (SELECT class FROM examples)")
            return count

    def trainings(self) -> list[tuple[str, str, str]]:
        """(id, state, content) of each training, the oldest first; the content is JSON."""
        return self._all("SELECT id, state, content FROM trainings ORDER BY number")

    def save_training(
        self,
        id: str,
        state: str,
        content: str,
        *,
        only_from: Sequence[str] = (),
        unless_any: Sequence[str] = (),
    ) -> bool:
        """Writes a training down, new or changed.

        Args:
            id: of the training.
            state: that it is in now.
            content: JSON.
            only_from: the states that it must be in; () for any, or none.
            unless_any: the states that no training may be in.

        Returns:
            Whether it was written down.
        """
        with writing(self.path) as connection:
            found = connection.execute("SELECT state FROM trainings WHERE id = ?", (id,)).fetchone()
            if only_from and (found is None or found[0] not in only_from):
                return False
            states = connection.execute("SELECT state FROM trainings").fetchall() if unless_any else []
            if any(each in unless_any for (each,) in states):
                return False
            if found is None:
                connection.execute(
                    "INSERT INTO trainings (id, state, content) VALUES (?, ?, ?)", (id, state, content)
                )
            else:
                connection.execute(
                    "UPDATE trainings SET state = ?, content = ? WHERE id = ?", (state, content, id)
                )
        return True

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with reading(self.path) as connection:
            return connection.execute(query, values).fetchall()


_COLUMNS = (
    "examples.id, class, name, answer, status, probability, model, fingerprint, source, examples.time, "
    "held_out"
)


def _example(row: Sequence[Any]) -> Example:
    made = Example(*row)  # in the order of the fields
    return replace(made, held_out=bool(made.held_out))


def _holds_next_out(connection: sqlite3.Connection, class_id: str, but: str = "") -> bool:
    """Whether the next example of a class is held out: where fewer are than are learnt from."""
    learnt, held = connection.execute(
        "SELECT COUNT(*) - TOTAL(held_out), TOTAL(held_out) FROM examples WHERE class = ? AND id != ?",
        (class_id, but),
    ).fetchone()
    return bool(held < learnt)


def _checked_name(name: str) -> str:
    """A class's name as it is kept: one that can be a folder's, too."""
    name = " ".join(name.split())
    too_long = len(name) > MAX_NAME or len(name.encode(errors="replace")) > _FOLDER_BYTES
    if not name or too_long or not name.isprintable() or set(name) & set('/\\:*?"<>|'):
        raise OptionError(
            f"a class named {name[:40]!r}; expected 1 to {MAX_NAME} letters, digits or signs other than "
            f'/ \\ : * ? " < > |, at most {_FOLDER_BYTES} bytes'
        )
    if name.startswith("."):
        raise OptionError(f"a class named {name[:40]!r}; expected a name that begins with no dot")
    return name


def _new_id() -> str:
    """An id that cannot be guessed, nor taken for an option on the command line."""
    while (made := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return made


def now() -> str:
    """The time in ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
