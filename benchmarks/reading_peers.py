"""Photographed numbers, read by `inklens read` and by what one would pick instead: RapidOCR and Tesseract.

    apt-get install tesseract-ocr
    python -m venv peers; peers/bin/pip install rapidocr-onnxruntime
    python benchmarks/reading_peers.py runs/mnist-accurate-1 --peers peers/bin/python

The photos are those of INKLENS_DATA: seven numbers, and ten single digits that were drawn. All three are told
nothing of the photos; Tesseract is told that there are only digits, with the page segmentation mode that is
right most often. RapidOCR's letters are left out of its answers. A digit is right if it stays in place when
the answer is edited into the truth in the fewest steps.
"""

import json
import shutil
import subprocess
from pathlib import Path

import record
from inklens.classifier import Classifier
from inklens.datasets.places import data_dir
from inklens.reading import read
from known_numbers import KNOWN_NUMBERS, matching_digits

MODES = ("6", "7", "8", "10", "11", "13")
RAPID = """
import json, re, sys
from importlib.metadata import version
from rapidocr_onnxruntime import RapidOCR
ocr = RapidOCR()
answers = []
for path in sys.argv[1:]:
    found, _ = ocr(path)
    answers.append(re.sub("[^0-9]", "", "".join(text for _, text, _ in found or [])))
print(json.dumps([answers, version("rapidocr-onnxruntime")]))
"""


def photos() -> dict[Path, str]:
    """Each photo with the number on it."""
    folder = (data_dir() or Path()) / "photos"
    numbers = {folder / "numbers" / name: number for name, number in KNOWN_NUMBERS.items()}
    return numbers | {path: path.stem for path in sorted((folder / "digits").glob("[0-9].png"))}


def inklens_reads(run: Path, paths: list[Path]) -> list[str]:
    classifier = Classifier.open(run)
    return ["".join(number.text for number in read(path, classifier).numbers) for path in paths]


def rapid_reads(python: Path, paths: list[Path]) -> tuple[list[str], str]:
    """The answers, and the version."""
    command = [str(python.absolute()), "-c", RAPID, *map(str, paths)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answers, version = json.loads(printed.splitlines()[-1])
    return answers, version


def tesseract_reads(path: Path, mode: str) -> str:
    options = ["--psm", mode, "-c", "tessedit_char_whitelist=0123456789"]
    command = ["tesseract", str(path), "-", *options]
    printed = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return "".join(printed.split())


def figures(answers: list[str], truths: list[str]) -> dict:
    """How many numbers are exact, and how many digits right."""
    right = [matching_digits(truth, answer) for answer, truth in zip(answers, truths, strict=True)]
    return {
        "exact": sum(answer == truth for answer, truth in zip(answers, truths, strict=True)),
        "digits_right": sum(right) / sum(map(len, truths)),
        "answers": answers,
    }


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path, help="a run folder with model.onnx")
    parser.add_argument("--peers", type=Path, help="Python with rapidocr-onnxruntime")
    given = parser.parse_args()
    truths = photos()
    paths, numbers = list(truths), list(truths.values())
    found = {"inklens": figures(inklens_reads(given.run, paths), numbers)}
    if given.peers is not None:
        answers, version = rapid_reads(given.peers, paths)
        found["rapidocr"] = {**figures(answers, numbers), "version": version}
    if shutil.which("tesseract"):
        modes = {mode: figures([tesseract_reads(path, mode) for path in paths], numbers) for mode in MODES}
        best = max(modes, key=lambda mode: (modes[mode]["exact"], modes[mode]["digits_right"]))
        said = subprocess.run(["tesseract", "--version"], check=True, capture_output=True, text=True).stdout
        found["tesseract"] = {**modes[best], "mode": best, "version": said.split()[1]}
    for name, of_one in found.items():
        print(f"{name:<10} {of_one['exact']} of {len(paths)} exact, {of_one['digits_right']:.1%} of digits")
    record.write(
        "reading_peers", {"photos": [path.name for path in paths], "numbers": numbers, **found}, dry=given.dry
    )


if __name__ == "__main__":
    main()
