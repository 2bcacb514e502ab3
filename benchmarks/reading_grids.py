"""Reads the sudoku photos of INKLENS_DATA: the grid found, digits, blank cells and candidates.

    python benchmarks/reading_grids.py runs/mnist-fast-1

Each photo is read with `grid="auto"`: nothing says where the grid is, nor its rows and columns. A cell with
candidates (tiny pencil marks) is right if it is said to hold some.
"""

import os
import time
from collections import Counter
from pathlib import Path

import inklens
import record
from inklens.reading import Number, read

_CANDIDATES = 10  # in truth.tsv


def truths(folder: Path) -> dict[str, list[int]]:
    """For each photo 81 answers, row by row: 0 for a blank cell."""
    rows = (line.split("\t") for line in (folder / "truth.tsv").read_text().splitlines()[1:])
    return {name: list(map(int, cells.replace("|", " ").split())) for name, _, cells in rows}


def kind_and_right(truth: int, number: Number) -> tuple[str, bool]:
    """Which kind of cell this is, and whether it was read right."""
    if truth == 0:
        return "blanks", number.status == "empty"
    if truth == _CANDIDATES:
        return "candidates", number.status == "candidates"
    return "digits", number.status == "ok" and number.text == str(truth)


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("model", type=Path, help="a run folder or model.onnx")
    parser.add_argument("--photos", nargs="*", help="parts of names; all without")
    given = parser.parse_args()
    classifier = inklens.Classifier.open(given.model)
    folder = Path(os.environ["INKLENS_DATA"], "photos/sudoku")
    counts: Counter = Counter()
    wrong: dict[str, list[str]] = {}
    seconds = []
    for name, cells in sorted(truths(folder).items()):
        if given.photos and not any(part in name for part in given.photos):
            continue
        began = time.perf_counter()
        reading = read(folder / name, classifier, grid="auto")
        seconds.append(time.perf_counter() - began)
        found = [(grid.rows, grid.columns) for grid in reading.grids]
        counts["photos"] += 1
        counts["grids_found"] += found == [(9, 9)]
        missed = [f"grid {found}"] if found != [(9, 9)] else []
        for place, truth in enumerate(cells):
            number = reading.numbers[place] if found == [(9, 9)] else Number((), 0, ())
            kind, right = kind_and_right(truth, number)
            counts[kind] += 1
            counts[f"{kind}_right"] += right
            if not right:
                missed.append(
                    f"row {place // 9} column {place % 9}: {truth} as {number.text!r} {number.status}"
                )
        wrong |= {name: missed} if missed else {}
        print(f"{name:<36} {seconds[-1]:.2f} s  {'; '.join(missed) or 'all right'}", flush=True)
    figures = {
        **counts,
        "digit_share": round(counts["digits_right"] / counts["digits"], 5),
        "blank_share": round(counts["blanks_right"] / max(1, counts["blanks"]), 5),
        "median_s": round(sorted(seconds)[len(seconds) // 2], 3),
        "goals": {"grids": "all", "digit_share": 0.99, "blank_share": 0.995},
        "not_right": wrong,
    }
    print({name: value for name, value in figures.items() if name != "not_right"})
    record.write("reading_grids", figures, dry=given.dry)


if __name__ == "__main__":
    main()
