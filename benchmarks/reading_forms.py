"""Reads 20 simulated photographs of a form of 20 fields: fields found, digits, errors above the threshold.

    python benchmarks/reading_forms.py runs/mnist-fast-1

Each photograph has perspective, a fold, a shadow, blur and noise, and lies on a photo of INKLENS_DATA. The
digits are MNIST's test digits. The simulator shares no code with what finds the form.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import inklens
import record
from inklens.reading.form.form_file import Form
from inklens.reading.form.form_proposal import propose_form
from inklens.reading.form.read_form import LOOK_AT, FieldReading, FormReader
from inklens.reading.paper.photo import open_page

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from sheets.filled_forms import FormField, draw_empty_form, fill_form, form_of, photograph_form


def desks() -> list[np.ndarray]:
    """Photos on which the forms are laid, uint8 (H, W, 3); none without INKLENS_DATA."""
    folder = Path(os.environ.get("INKLENS_DATA", "nowhere"), "photos/sudoku")
    return [cv2.imread(str(path)) for path in sorted(folder.glob("*.jpg"))]


def proposed_right(form: Form, fields: list[FormField]) -> int:
    """How many fields of a form `inklens form` proposes with their kind, place and number of cells."""
    return sum(
        any(
            (own.kind, own.rows, own.columns) == (field.kind, field.rows, field.columns)
            and abs(own.box[0] - field.left) < field.side / 4
            and abs(own.box[1] - field.top) < field.side / 4
            for own in form.fields
        )
        for field in fields
    )


def count(read: FieldReading, truth: list[str], counts: Counter) -> str:
    """Counts one field; what was wrong with it, or nothing."""
    if read.field.kind == "check":
        truth = [text or "0" for text in truth]
    right = [own == said for own, said in zip(truth, read.cells, strict=True)]
    sure = read.confidence >= LOOK_AT
    counts["fields"] += 1
    counts["fields_found"] += read.found
    counts["fields_right"] += all(right)
    counts["fields_above_threshold"] += sure
    counts["wrong_above_threshold"] += sure and not all(right)
    for own, said, same in zip(truth, read.cells, right, strict=True):
        kind = "checks" if read.field.kind == "check" else "digits" if own else "blanks"
        counts[kind] += 1
        counts[f"{kind}_right"] += same
        counts["digits_unknown"] += kind == "digits" and said == "?"
    return "" if all(right) else f"{read.field.name}: {truth} as {read.cells} at {read.confidence:.3f}"


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("model", type=Path, help="a run folder or model.onnx")
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--first", type=int, default=1000, help="seed of the first photograph")
    given = parser.parse_args()
    empty, fields = draw_empty_form()
    backgrounds = desks()
    counts: Counter = Counter()
    wrong: dict[int, list[str]] = {}
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "empty.png")
        cv2.imwrite(str(page), empty)
        counts["fields_proposed_right"] = proposed_right(propose_form(page), fields)
        reader = FormReader(form_of(page, fields), inklens.Classifier.open(given.model))
        for seed in range(given.first, given.first + given.photos):
            filled, truth = fill_form(empty, fields, seed)
            desk = backgrounds[seed % len(backgrounds)] if backgrounds else None
            photo = Path(folder, f"{seed}.jpg")
            cv2.imwrite(str(photo), photograph_form(filled, seed, desk))
            began = time.perf_counter()
            counts["photos"] += 1
            try:
                read = reader.read(open_page(photo))
            except inklens.InklensError as error:
                wrong[seed] = [str(error)]
                continue
            seconds.append(time.perf_counter() - began)
            counts["photos_found"] += 1
            said = [count(own, truth[own.field.name], counts) for own in read]
            wrong |= {seed: [line for line in said if line]} if any(said) else {}
            print(seed, f"{seconds[-1]:.2f} s", *wrong.get(seed, ["all right"]), sep="\n  ", flush=True)
    figures: dict[str, Any] = {
        **counts,
        "digit_share": round(counts["digits_right"] / counts["digits"], 5),
        "blank_share": round(counts["blanks_right"] / counts["blanks"], 5),
        "threshold": LOOK_AT,
        "median_s": round(sorted(seconds)[len(seconds) // 2], 3),
        "goals": {"fields_found": "all", "digit_share": 0.985, "wrong_above_threshold": 0},
        "not_right": wrong,
    }
    print({name: value for name, value in figures.items() if name != "not_right"})
    record.write("reading_forms", figures, dry=given.dry)


if __name__ == "__main__":
    main()
