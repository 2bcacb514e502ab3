"""How long framing="ink" takes: a 28x28 image, a photo of one digit, the ink of a page of 12 megapixels.

    python benchmarks/framing.py --rounds 20

Beside them, what the tutorials do instead (resize, and invert where it is bright). The median over all images
of the fastest of the rounds, on one thread.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

import inklens
import record
from inklens.pixels import PixelSpec, find_ink, frame, keep_writing, place_ink

SPEC = PixelSpec(28, 28, 1, "ink")


def microseconds(work: Callable[[Any], Any], inputs: Sequence[Any], rounds: int) -> float:
    fastest = []
    for each in inputs:
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            work(each)
            times.append(time.perf_counter() - start)
        fastest.append(min(times))
    return round(1e6 * statistics.median(fastest), 1)


def tutorial(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, (28, 28), interpolation=cv2.INTER_AREA)
    return 255 - small if small.mean() > 127 else small


def photo(digit: np.ndarray, side: int) -> np.ndarray:
    """A digit dark on paper, in light that falls to the right."""
    ink = cv2.resize(digit, (side, side), interpolation=cv2.INTER_CUBIC) / 255.0
    return np.rint((225 - 170 * ink) * np.linspace(1, 0.6, side)[None]).astype(np.uint8)


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    images = list(inklens.load("mnist").test.batch(slice(0, 200)))
    dark = [255 - image for image in images]
    inks = [find_ink(image) for image in images]
    photos = [photo(image[..., 0], 400) for image in images[:20]]
    page = np.tile(photo(images[0][..., 0], 250), (12, 16))
    figures = {
        "28x28 light on dark": microseconds(lambda image: frame(image, SPEC), images, given.rounds),
        "28x28 dark on light": microseconds(lambda image: frame(image, SPEC), dark, given.rounds),
        "find_ink of 28x28": microseconds(find_ink, images, given.rounds),
        "keep_writing of 28x28": microseconds(keep_writing, inks, given.rounds),
        "place_ink of 28x28": microseconds(lambda ink: place_ink(ink, SPEC), inks, given.rounds),
        "the tutorials' way, 28x28": microseconds(
            tutorial, [image[..., 0] for image in images], given.rounds
        ),
        "400x400 photo": microseconds(lambda image: frame(image, SPEC), photos, given.rounds),
        "find_ink of 3000x4000": microseconds(lambda image: find_ink(image, widest=40), [page], 3),
    }
    for name, taken in figures.items():
        print(f"{name:<26} {taken:>10,.1f} us")
    record.write("framing", {"microseconds": figures, "rounds": given.rounds}, dry=given.dry)


if __name__ == "__main__":
    main()
