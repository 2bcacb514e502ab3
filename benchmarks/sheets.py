"""Reads generated sheets of every kind and the photos of INKLENS_DATA, and says how much was right.

    python benchmarks/sheets.py runs/mnist-accurate-1 --pages 20

A number of the truth meets the number read whose box overlaps its own most; their digits are aligned by edit
distance. A digit that is right has its label and its place in its number. The pages are MNIST's test digits
on paper (tests/sheets), none of which a network trained on the training images has seen.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import inklens
import record
from inklens.reading import read
from known_numbers import KNOWN_NUMBERS, matching_digits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import sheets


def overlap(one: NDArray, other: NDArray) -> float:
    """The area that two convex quadrilaterals (4, 2) share."""
    return cv2.intersectConvexConvex(np.float32(one), np.float32(other))[0]


def score(truth: tuple[sheets.Number, ...], found: tuple) -> tuple[Counter, list[tuple[str, str]]]:
    """Counts for one page, and the numbers that were not exact as (truth, read)."""
    counts: Counter = Counter(
        numbers=len(truth), digits=sum(len(number.text) for number in truth), numbers_read=len(found)
    )
    counts["digits_read"] = sum(digit.label is not None for number in found for digit in number.digits)
    pairs = [
        (overlap(number.box, other.box), row, column)
        for row, number in enumerate(truth)
        for column, other in enumerate(found)
        if other.digits  # a blank cell of a grid has no box
    ]
    met: dict[int, int] = {}
    for shared, row, column in sorted(pairs, reverse=True):
        if shared > 0 and row not in met and column not in met.values():
            met[row] = column
    wrong = []
    for row, number in enumerate(truth):
        text = found[met[row]].text if row in met else ""
        counts["digits_right"] += matching_digits(number.text, text)
        counts["numbers_exact"] += number.text == text
        if number.text != text:
            wrong.append((number.text, text))
    return counts, wrong


def measure_pages(
    classifier: inklens.Classifier, kind: str, count: int, first: int, keep: Path | None
) -> dict:
    """The figures of `count` pages of one kind."""
    counts: Counter = Counter()
    wrong: list[tuple[str, str]] = []
    seconds = []
    for seed in range(first, first + count):
        page = sheets.draw(kind, seed)
        began = time.perf_counter()
        reading = read(page.picture, classifier)
        seconds.append(time.perf_counter() - began)
        of_page, missed = score(page.numbers, reading.numbers)
        counts += of_page
        wrong += missed
        if keep is not None and (missed or of_page["digits_read"] > of_page["digits_right"]):
            keep.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(keep / f"{kind}-{seed}.png"), reading.annotated()[..., ::-1])
    figures = {"pages": count, **counts, "median_s": round(float(np.median(seconds)), 3)}
    if counts["digits"]:
        figures["digit_share"] = round(counts["digits_right"] / counts["digits"], 5)
        figures["number_share"] = round(counts["numbers_exact"] / counts["numbers"], 5)
    figures["false_digits"] = counts["digits_read"] - counts["digits_right"]
    figures["not_exact"] = [f"{truth} read as {text!r}" for truth, text in wrong]
    shown = {name: value for name, value in figures.items() if name != "not_exact"}
    print(f"{kind:<9} {shown}", flush=True)
    return figures


def measure_photos(classifier: inklens.Classifier) -> dict:
    """What is read on the photos of INKLENS_DATA, by the file's name; empty without them."""
    folder = Path(os.environ.get("INKLENS_DATA", "")) / "photos"
    known = {folder / "numbers" / name: text for name, text in KNOWN_NUMBERS.items()}
    known |= {folder / "digits" / f"{digit}.png": str(digit) for digit in range(10)}
    figures = {}
    for path, truth in known.items():
        if path.is_file():
            text = read(path, classifier).text
            figures[f"{path.parent.name}/{path.name}"] = {
                "truth": truth,
                "read": text,
                "exact": truth == text,
            }
    print(
        {name: each["read"] for name, each in figures.items() if not each["exact"]} or "all photos are exact"
    )
    return figures


def total(kinds: dict[str, dict]) -> dict:
    """All kinds with numbers as one, and the false digits on pages without."""
    summed: Counter = Counter()
    for kind, figures in kinds.items():
        if sheets.KINDS[kind].numbers:
            summed.update(
                {
                    name: figures.get(name, 0)
                    for name in ("digits", "digits_right", "numbers", "numbers_exact")
                }
            )
    shares = {}
    if summed["digits"]:
        shares["digit_share"] = round(summed["digits_right"] / summed["digits"], 5)
        shares["number_share"] = round(summed["numbers_exact"] / summed["numbers"], 5)
    blank = [figures for kind, figures in kinds.items() if not sheets.KINDS[kind].numbers]
    if blank:
        false = sum(each.get("digits_read", 0) for each in blank)
        shares["false_digits_per_10_pages"] = round(10 * false / sum(each["pages"] for each in blank), 2)
    return {**summed, **shares}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("model", type=Path, help="a run folder or model.onnx")
    parser.add_argument("--pages", type=int, default=20, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=list(sheets.KINDS), default=list(sheets.KINDS))
    parser.add_argument("--first-seed", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="a folder for the annotated pages that were not all right")
    given = parser.parse_args()
    classifier = inklens.Classifier.open(given.model)
    kinds = {
        kind: measure_pages(classifier, kind, given.pages, given.first_seed, given.keep)
        for kind in given.kinds
    }
    photos = measure_photos(classifier)
    figures = {
        "first_seed": given.first_seed,
        "total": total(kinds),
        "goals": {"digit_share": 0.985, "number_share": 0.93, "false_digits_per_10_pages": 1},
        "kinds": kinds,
        "photos": photos,
    }
    print(figures["total"])
    record.write("sheets", figures, dry=given.dry)


if __name__ == "__main__":
    main()
