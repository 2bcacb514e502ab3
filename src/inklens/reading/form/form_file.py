"""A form: named fields by region of a reference page, as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.atomic_file import atomic
from inklens.choices import check_choice
from inklens.errors import OptionError

FORMAT = 1
KINDS = ("number", "grid", "check")
_MOST = 200  # rows or columns of a field


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Args:
        name: the column of its answers.
        kind: "number" (one row of boxes, a digit in each), "grid" (a number in each cell) or "check".
        box: left, top, width and height, in pixels of the upright reference page.
        rows, columns: of its cells; a check box has one.
    """

    name: str
    kind: str
    box: tuple[float, float, float, float]
    rows: int = 1
    columns: int = 1

    @property
    def lattice(self) -> NDArray[np.float64]:
        """Where its lines cross on the reference page: (rows + 1, columns + 1, 2), x and y in pixels."""
        left, top, width, height = self.box
        x = np.linspace(left, left + width, self.columns + 1)
        y = np.linspace(top, top + height, self.rows + 1)
        return np.stack(np.meshgrid(x, y), axis=2)


@dataclass(frozen=True)
class Form:
    """A reference page and its fields.

    Args:
        page: the picture of the empty form.
        fields: in the order of the columns.
    """

    page: Path
    fields: tuple[Field, ...]


def load_form(path: Path) -> Form:
    """Load a form.json; the path of its page is relative to the file's folder.

    Raises:
        OptionError: no such file, no JSON, another format, or a field that is none; the message names it.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no JSON"
        raise OptionError(
            f"--form {path} cannot be read: {why}; make one with inklens form PICTURE"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("fields"), list) or "page" not in content:
        raise OptionError(f'--form {path} has no "page" and "fields"; make one with inklens form PICTURE')
    if type(content.get("format")) is not int or content["format"] != FORMAT:
        raise OptionError(
            f"--form {path} has the format {content.get('format')!r}; expected {FORMAT}: make it again "
            "with inklens form PICTURE"
        )
    _check_known(content, ("format", "page", "fields"), f"--form {path}")
    page = content["page"]
    if not isinstance(page, str) or not page:
        raise OptionError(
            f'--form {path} has {page!r} as its "page"; expected the picture of the empty form, by its path '
            f"from the folder of {path.name}"
        )
    fields = tuple(_field(each, path) for each in content["fields"])
    if not fields:
        raise OptionError(f"--form {path} has no field; expected one at least")
    if len({field.name for field in fields}) < len(fields):
        raise OptionError(f"--form {path} has two fields of one name; expected a name of its own for each")
    return Form(path.parent / page, fields)


def _check_known(content: dict[str, Any], known: Iterable[str], where: str) -> None:
    """Raises OptionError where there is a name that has no meaning: it may be misspelt."""
    try:
        for name in content:
            check_choice("field", name, known)
    except OptionError as error:
        raise OptionError(f"{where}: {error}") from error


def _field(content: Any, path: Path) -> Field:
    if isinstance(content, dict):
        named = str(content.get("name", "a field"))[:80]
        _check_known(content, Field.__annotations__, f"--form {path}, {named}")
    try:
        left, top, width, height = (float(_typed(side, int, float)) for side in content["box"])
        name, kind = _typed(content["name"], str), _typed(content["kind"], str)
        rows, columns = _typed(content.get("rows", 1), int), _typed(content.get("columns", 1), int)
        one = {"number": rows, "check": rows * columns}.get(kind, 1)
        finite = bool(np.isfinite([left, top, width, height]).all())
        within = min(left, top) >= 0 and min(width, height) > 0
        counts = one == 1 and min(rows, columns) >= 1 and max(rows, columns) <= _MOST
        if name and kind in KINDS and finite and within and counts:
            return Field(name, kind, (left, top, width, height), rows, columns)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        pass
    raise OptionError(
        f"--form {path} has the field {str(content)[:120]}; expected a name, a kind ({', '.join(KINDS)}), "
        f"a box of left, top, width and height in pixels, and from 1 to {_MOST} whole rows and columns (a "
        "number has one row, a check box one cell)"
    )


def _typed(value: Any, *types: type) -> Any:
    """The value, where it is of one of these types; `true` is no number."""
    if type(value) not in types:
        raise TypeError
    return value


def save_form(path: Path, form: Form) -> None:
    """Write a form as JSON, with the path of its page from the file's folder.

    Raises:
        RunError: the file cannot be written.
    """
    page = form.page.resolve()
    with suppress(ValueError):  # it lies on another drive
        page = Path(os.path.relpath(page, path.parent.resolve()))
    fields = [asdict(field) for field in form.fields]
    content = {"format": FORMAT, "page": page.as_posix(), "fields": fields}
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
