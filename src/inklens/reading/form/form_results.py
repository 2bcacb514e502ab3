"""Read forms as JSON or CSV, a row for each photo, and crops of the fields that a person should look at."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

from inklens.atomic_file import atomic
from inklens.errors import OptionError
from inklens.pixels import encode_png
from inklens.reading.form.form_file import Form
from inklens.reading.form.read_form import FieldReading

FORMAT = 1  # of the columns and of the names in JSON

FormReading = tuple[str, Sequence[FieldReading], str]  # a file's name, its fields, and why there are none


def check_columns(form: Form) -> None:
    """Refuse names of fields that would give two columns of one name, before any work is done.

    Raises:
        OptionError: as said.
    """
    columns = _columns(form)
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise OptionError(f"a field of the form would be a second column {twice!r}; give it another name")


def _columns(form: Form) -> list[str]:
    fields = [column for field in form.fields for column in (field.name, f"{field.name}_confidence")]
    return ["file", *fields, "look_at", "reason", "format"]


def write_form_readings(path: Path, form: Form, readings: Sequence[FormReading], below: float) -> None:
    """Write what was read: JSON with a list of photos, or CSV with a row for each photo.

    CSV has two columns for each field, its text and `NAME_confidence`; `look_at` names the fields whose
    confidence is below the threshold, separated by "; ".

    Args:
        path: its suffix, .json or .csv, decides the format.
        readings: for each photo its name, the fields, and the reason if there are none.
        below: the threshold, 0-1.

    Raises:
        RunError: the file cannot be written.
    """
    with atomic(path) as temporary:
        if path.suffix.lower() == ".json":
            photos = [
                {
                    "file": name,
                    "fields": [{**read.to_dict(), "look_at": read.confidence < below} for read in fields],
                    "reason": reason,
                    "format": FORMAT,
                }
                for name, fields, reason in readings
            ]
            temporary.write_text(json.dumps(photos, indent=1) + "\n", encoding="utf-8")
            return
        with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            rows = csv.DictWriter(file, _columns(form), lineterminator="\n")
            rows.writeheader()
            for name, fields, reason in readings:
                row: dict[str, object] = {"file": name, "reason": reason, "format": FORMAT}
                for read in fields:
                    row[read.field.name] = read.text
                    row[f"{read.field.name}_confidence"] = round(read.confidence, 4)
                row["look_at"] = "; ".join(read.field.name for read in fields if read.confidence < below)
                rows.writerow(row)


def write_crops(folder: Path, fields: Sequence[FieldReading], below: float) -> int:
    """Write a PNG of each field below the threshold, named as the field; how many there are.

    Raises:
        RunError: a file cannot be written.
    """
    unsure = [(number, read) for number, read in enumerate(fields, 1) if read.confidence < below]
    for number, read in unsure:
        name = re.sub(r"[^\w.-]+", "-", read.field.name)[:80]
        with atomic(folder / f"{number:03}-{name}.png") as temporary:
            temporary.write_bytes(encode_png(read.crop))
    return len(unsure)
