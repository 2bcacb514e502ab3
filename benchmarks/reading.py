"""Reading pages of known numbers, pages of words and doodles, and photos, by one network.

    python benchmarks/reading.py runs/mnist-accurate-1 --pages 300 --photos data/photos

The pages are made by tests/pages.py from MNIST's test digits, which the network has not seen.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import inklens
import record

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import page_scores
import pages

PHOTOS = {
    "numbers/img-20210114-124240.png": "237845", "numbers/img-20210114-124351.png": "19624",
    "numbers/img-20210114-124510.png": "99999", "numbers/img-20210114-125102.png": "9987",
    "numbers/img-20210114-125339.png": "197", "numbers/img-20210114-125513.png": "1717",
    "numbers/student_info_num.jpg": "0001250981",
    **{f"digits/{digit}.png": str(digit) for digit in range(10)},
}  # fmt: skip


def shares(counts: Counter) -> dict:
    return {
        **counts,
        "digit_accuracy": round(counts["digits_right"] / counts["digits"], 5),
        "whole_numbers": round(counts["numbers_right"] / counts["numbers"], 5),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a run folder, or a model.onnx")
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--first-seed", type=int, default=10_000)
    parser.add_argument("--photos", type=Path, help="the folder with numbers/ and digits/")
    options = parser.parse_args()
    classifier = inklens.Classifier.open(options.model)
    test = inklens.load("mnist").test
    images = test.batch(slice(0, len(test)))[..., 0]
    kinds = {kind: Counter() for kind in pages.KINDS}
    for number in range(options.pages):
        kind = pages.KINDS[number % len(pages.KINDS)]
        page = pages.digit_page(images, test.labels, options.first_seed + number, kind)
        kinds[kind] += page_scores.score(page, inklens.read(page.picture, classifier))
    false = Counter()
    wordless = options.pages // 3
    for number in range(wordless):
        page = pages.wordless_page(options.first_seed + number)
        false += page_scores.score(page, inklens.read(page.picture, classifier))
    read = {}
    for name in PHOTOS if options.photos else ():
        read[name] = inklens.read(options.photos / name, classifier).text
    figures = {
        "pages": options.pages,
        "all": shares(sum(kinds.values(), Counter())),
        "kinds": {kind: shares(counts) for kind, counts in kinds.items()},
        "pages_of_words_and_doodles": wordless,
        "false_digits_per_page_of_words": round(false["false_digits"] / max(1, wordless), 4),
        "photos": len(read),
        "photos_right": sum(read[name] == PHOTOS[name] for name in read),
        "photos_wrong": {name: text for name, text in read.items() if text != PHOTOS[name]},
        "goals": {"digit_accuracy": 0.985, "whole_numbers": 0.93, "false_digits_per_page_of_words": 0.1},
    }
    print(figures)
    record.write("reading", figures)


if __name__ == "__main__":
    main()
