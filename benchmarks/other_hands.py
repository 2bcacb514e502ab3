"""Accuracy on digits as other hands and other data sets write them, made of digits that were held out.

    python benchmarks/other_hands.py runs/accuracy/mnist-fast-seed0 runs/accuracy/mnist-accurate-seed0

Nothing is trained here, and settings may be chosen on it. Each kind changes MNIST training images that the
run was validated on: how they are written (a 9 with a curled tail, a 7 with a wave and a bar), or how the
picture was made (faint, stretched to a square). The picture is framed as `inklens predict` does it. Nothing
here is drawn by what draws the training's own examples. docs/notes.md says what was chosen by it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import inklens
import record
from inklens.datasets import Split
from inklens.pixels import PixelSpec, frame
from inklens.recipes import training_split

Canvas = NDArray[np.float32]  # (H, W), 0 (paper) to 1 (ink)
Point = tuple[float, float]  # column, row

SEED = 20
EACH = 100  # cases of each digit and kind, and five times as many where the kind is of one digit only
FINE = 4  # pixels of a canvas for one of MNIST


class Digit:
    """A digit of MNIST on a larger canvas: uint8 (28, 28, 1), 0-255, bright on black."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        size = (FINE * image.shape[1], FINE * image.shape[0])
        large = cv2.resize(image[..., 0], size, interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
        self.canvas: Canvas = np.pad(large, FINE * 16)
        self.left, self.top, width, self.height = cv2.boundingRect((self.canvas > 0.5).view(np.uint8))
        self.right, self.bottom = self.left + width - 1, self.top + self.height - 1
        depth = cv2.distanceTransform((self.canvas > 0.5).view(np.uint8), cv2.DIST_L2, 5)
        self.pen = 2 * float(np.percentile(depth[depth > 0], 90))

    def row(self, share: float) -> int:
        """A row, by the share of the height above it."""
        return self.top + round(share * (self.height - 1))

    def ends(self, first: float, last: float) -> tuple[Point, Point]:
        """The leftmost and the rightmost ink between two shares of the height."""
        rows, columns = np.nonzero(self.canvas[self.row(first) : self.row(last) + 1] > 0.5)
        rows = rows + self.row(first)
        if not len(rows):
            raise ValueError("no ink between these rows")
        left, right = columns.argmin(), columns.argmax()
        return (float(columns[left]), float(rows[left])), (float(columns[right]), float(rows[right]))

    def stroke(self, *points: Point) -> None:
        """A Bezier curve by its control points, as wide as the digit's own strokes."""
        at = np.linspace(0, 1, 40)[:, None]
        path = np.repeat(np.array([points]), len(at), axis=0)  # (40, points, 2)
        while path.shape[1] > 1:  # de Casteljau
            path = path[:, :-1] + at[..., None] * (path[:, 1:] - path[:, :-1])
        drawn = np.zeros(self.canvas.shape, np.uint8)
        sixteenths = np.round(16 * path[:, 0]).astype(np.int32)
        cv2.polylines(drawn, [sixteenths], False, 255, max(1, round(self.pen)), cv2.LINE_AA, shift=4)
        self.canvas = np.maximum(self.canvas, drawn.astype(np.float32) / 255)

    def moved(self, right: Canvas | float, down: Canvas | float) -> None:
        """Ink moves by so many pixels, which differ from place to place."""
        row, column = np.mgrid[: self.canvas.shape[0], : self.canvas.shape[1]].astype(np.float32)
        self.canvas = cv2.remap(
            self.canvas, column - np.float32(right), row - np.float32(down), cv2.INTER_LINEAR
        )

    def crop(self, margin: int = 0) -> Canvas:
        """The canvas around the ink."""
        left, top, width, height = cv2.boundingRect((self.canvas > 0.5).view(np.uint8))
        return np.pad(self.canvas[top : top + height, left : left + width], margin)


Random = np.random.Generator


def curled_nine(digit: Digit, random: Random) -> Canvas:
    """A 9 whose stem swings to the right and ends in a curl to the left."""
    high = digit.height
    along = (np.arange(len(digit.canvas), dtype=np.float32)[:, None] - digit.row(0.5)) / (0.5 * high)
    swing = np.where(along > 0, np.sin(np.pi * np.clip(along, 0, 1)), 0)
    digit.moved(high * random.uniform(0, 0.15) * swing, 0)
    (left, _), (right, _) = digit.ends(0.96, 1)
    x, y = (left + right) / 2, digit.bottom - digit.pen / 2
    wide, deep = high * random.uniform(0.4, 0.9), high * random.uniform(0.05, 0.2)
    end = y - high * random.uniform(-0.05, 0.3)
    digit.stroke((x, y), (x, y + deep), (x - 0.6 * wide, y + 1.5 * deep), (x - wide, end))
    return digit.crop(2)


def looped_nine(digit: Digit, random: Random) -> Canvas:
    """A 3 whose upper bow is closed to a loop: a 9 written in one go from the loop to the curl."""
    start, _ = digit.ends(0, 0.4)
    waist, _ = digit.ends(0.4, 0.62)
    out = min(start[0], waist[0]) - digit.height * random.uniform(0, 0.2)
    half = digit.pen / 2
    begin, end = (start[0] + half, start[1]), (waist[0] + half, waist[1])
    digit.stroke(begin, (out, start[1] + half), (out, waist[1]), end)
    return digit.crop(2)


def waved_seven(digit: Digit, random: Random) -> Canvas:
    """An upright 7 whose head begins with a long stroke and sags, with a bar below that stroke."""
    high = digit.height
    lower = np.arange(len(digit.canvas), dtype=np.float32)[:, None] - digit.top
    digit.moved(random.uniform(0, 0.35) * lower, 0)
    wide = max(digit.right - digit.left, 0.5 * high)
    along = (np.arange(digit.canvas.shape[1], dtype=np.float32)[None] - digit.left) / wide
    digit.moved(0, high * random.uniform(0, 0.2) * np.sin(np.pi * np.clip(along / 0.7, 0, 1)))
    (x, y), _ = digit.ends(0, 0.35)
    x += digit.pen / 2
    bar = random.uniform(0.45, 0.78)
    down, out = high * random.uniform(0.15, bar - 0.2), wide * random.uniform(0.1, 0.45)
    digit.stroke((x, y), (x - 0.2 * out, y - 0.1 * high), (x - out, y + down))
    row = digit.row(bar)
    (left, _), (right, _) = digit.ends(bar, bar + 0.05)
    middle, half = (left + right) / 2, high * random.uniform(0.2, 0.45)
    tilt = half * random.uniform(-0.1, 0.4)
    digit.stroke((middle - half, row + tilt), (middle + half, row - tilt))
    return digit.crop(2)


def upstroke_one(digit: Digit, random: Random) -> Canvas:
    """A 1 with a long upstroke, straight or bent."""
    high = digit.height
    (left, _), (right, _) = digit.ends(0, 0.06)
    x, y = (left + right) / 2, digit.top + digit.pen / 2
    (below, _), _ = digit.ends(0.9, 1)
    lean = np.arctan2(max(0.0, x - below), high)
    angle, long = lean + np.radians(random.uniform(22, 45)), high * random.uniform(0.45, 0.9)
    end = (x - long * np.sin(angle), y + long * np.cos(angle))
    bend = high * random.uniform(-0.08, 0.08)
    digit.stroke((x, y), ((x + end[0]) / 2, (y + end[1]) / 2 + bend), end)
    return digit.crop(2)


def footed_one(digit: Digit, random: Random) -> Canvas:
    """A 1 with an upstroke and a foot, which need not be level."""
    upstroke_one(digit, random)
    (left, _), (right, _) = digit.ends(0.95, 1)
    x, y = (left + right) / 2, digit.bottom - digit.pen / 2
    half = digit.height * random.uniform(0.2, 0.45)
    tilt = half * random.uniform(-0.1, 0.35)
    digit.stroke((x - half, y + tilt), (x + half, y - tilt))
    return digit.crop(2)


def narrow(digit: Digit, random: Random) -> Canvas:
    """Written half as wide."""
    return _scaled(digit.crop(), random.uniform(0.45, 0.7), 1)


def wide(digit: Digit, random: Random) -> Canvas:
    """Written up to twice as wide."""
    return _scaled(digit.crop(), random.uniform(1.4, 2), 1)


def square(digit: Digit, random: Random) -> Canvas:
    """Stretched to 16x16 pixels, as several data sets are."""
    return _sized(digit.crop(), 16, 16)


def coarse(digit: Digit, random: Random) -> Canvas:
    """Nine to thirteen pixels high."""
    crop = digit.crop(2)
    share = random.integers(9, 14) / crop.shape[0]
    return np.pad(_scaled(crop, share, share), 1)


def binary(digit: Digit, random: Random) -> Canvas:
    """Ink or none, without grey edges, at 20 to 28 pixels."""
    crop = digit.crop(1)
    share = random.integers(20, 29) / crop.shape[0]
    return np.pad((_scaled(crop, share, share) > random.uniform(0.3, 0.6)).astype(np.float32), 1)


def faint(digit: Digit, random: Random) -> Canvas:
    """A thin and pale pen, a fifth to two fifths as dark as the others."""
    inside = (digit.canvas > 0.5).view(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    digit.canvas = np.clip(depth - 0.3 * digit.pen + 0.5, 0, 1).astype(np.float32)
    if not (digit.canvas > 0.5).any():
        raise ValueError("nothing is left")
    return (digit.crop(8) * random.uniform(0.2, 0.4)).astype(np.float32)


def broken(digit: Digit, random: Random) -> Canvas:
    """Two gaps in its strokes, up to a stroke's width each."""
    rows, columns = np.nonzero(digit.canvas > 0.5)
    gap = np.zeros(digit.canvas.shape, np.uint8)
    for at in random.integers(len(rows), size=2):
        angle, reach = random.uniform(0, np.pi), 0.75 * digit.pen
        x, y = reach * np.cos(angle), reach * np.sin(angle)
        ends = [(round(columns[at] + sign * x), round(rows[at] + sign * y)) for sign in (-1, 1)]
        cv2.line(gap, *ends, 1, max(1, round(digit.pen * random.uniform(0.3, 0.8))))
    digit.canvas[gap > 0] = 0
    return digit.crop(2)


def with_neighbour(digit: Digit, random: Random) -> Canvas:
    """Ink of the digit beside it comes in from the side of the crop, near and not touching."""
    crop = digit.crop(3)
    high = crop.shape[0]
    deep, gap = (round(high * random.uniform(*share)) for share in ((0.08, 0.2), (0.06, 0.15)))
    beside = np.zeros((high, gap + deep), np.float32)
    radius = round(high * random.uniform(0.25, 0.6))
    centre = (gap + radius, round(high * random.uniform(0.2, 0.8)))
    drawn = cv2.circle(
        np.zeros(beside.shape, np.uint8), centre, radius, 255, max(1, round(digit.pen)), cv2.LINE_AA
    )
    beside[:] = drawn / np.float32(255)
    return np.hstack([beside[:, ::-1], crop] if random.random() < 0.5 else [crop, beside])


def as_it_is(digit: Digit, random: Random) -> Canvas:
    """The digit itself."""
    return digit.crop(2)


Make = Callable[[Digit, Random], Canvas]
ALL = tuple(range(10))
# By name: how it is made, of which digits, and which digit it then is (None: the same).
KINDS: dict[str, tuple[Make, tuple[int, ...], int | None]] = {
    "as it is": (as_it_is, ALL, None),
    "curled 9": (curled_nine, (9,), None),
    "looped 9": (looped_nine, (3,), 9),
    "waved 7": (waved_seven, (7,), None),
    "1 with an upstroke": (upstroke_one, (1,), None),
    "1 with a foot": (footed_one, (1,), None),
    "narrow": (narrow, ALL, None),
    "wide": (wide, ALL, None),
    "square": (square, tuple(digit for digit in ALL if digit != 1), None),  # a 1 becomes a filled square
    "coarse": (coarse, ALL, None),
    "binary": (binary, ALL, None),
    "faint": (faint, ALL, None),
    "broken": (broken, ALL, None),
    "neighbour": (with_neighbour, ALL, None),
}


def _sized(canvas: Canvas, high: int, wide: int) -> Canvas:
    shrinks = high <= canvas.shape[0] and wide <= canvas.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(canvas, (wide, high), interpolation=way), np.float32)


def _scaled(canvas: Canvas, across: float, down: float) -> Canvas:
    return _sized(canvas, max(1, round(canvas.shape[0] * down)), max(1, round(canvas.shape[1] * across)))


def picture(canvas: Canvas, random: Random) -> NDArray[np.uint8]:
    """Dark ink on light paper that is not quite even: uint8 (H, W), 0-255."""
    grey = 235 * (1 - 0.9 * canvas) + random.normal(0, 2, canvas.shape)
    return np.clip(np.round(grey), 0, 255).astype(np.uint8)


def cases(
    images: NDArray[np.uint8], labels: NDArray[np.int64], kind: str, each: int = EACH, seed: int = SEED
) -> tuple[list[NDArray[np.uint8]], NDArray[np.int64]]:
    """Pictures of a kind, and which digits they show.

    Args:
        images: uint8 (N, 28, 28, 1), 0-255, bright on black.
        labels: of them, 0 to 9.
        kind: one of `KINDS`.
        each: cases of each digit; five times as many where the kind is of one digit.
    """
    make, digits, becomes = KINDS[kind]
    random = np.random.default_rng((seed, list(KINDS).index(kind)))
    pictures, shown = [], []
    for digit in digits:
        there = random.permutation(np.flatnonzero(labels == digit))
        wanted = each * (5 if len(digits) == 1 else 1)
        for at in there:
            if not wanted:
                break
            try:
                canvas = make(Digit(images[at]), random)
            except ValueError:  # it has no ink where the stroke would begin
                continue
            pictures.append(picture(canvas, random))
            shown.append(digit if becomes is None else becomes)
            wanted -= 1
    return pictures, np.array(shown, np.int64)


def measured(
    path: Path, made: dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]], held_out: Split
) -> dict[str, Any]:
    """The figures of one run."""
    classifier = inklens.Classifier.open(path)
    figures: dict[str, Any] = {"run": path.as_posix(), "preset": classifier.metadata.recipe.get("preset")}
    said = classifier.predict(held_out)
    figures["held out"] = {"n": len(held_out), "errors": int((said.indices != held_out.labels).sum())}
    for kind, (framed, labels) in made.items():
        said = classifier.predict_framed(framed)
        right = said.indices == labels
        unknown = np.array([status != "ok" for status in said.status])
        figures[kind] = {
            "n": len(labels),
            "accuracy": float(right.mean()),
            "right_but_unknown": float((right & unknown).mean()),
        }
    own = [figures[kind]["accuracy"] for kind in made if kind != "as it is"]
    figures["mean_of_kinds"] = float(np.mean(own))
    print(
        f"{path.name}: {figures['held out']['errors']} of {len(held_out)} held-out digits wrong", flush=True
    )
    for kind in made:
        found = figures[kind]
        print(
            f"  {kind}: {100 * found['accuracy']:.1f}%, unknown though right "
            f"{100 * found['right_but_unknown']:.1f}%",
            flush=True,
        )
    print(f"  mean {100 * figures['mean_of_kinds']:.2f}%", flush=True)
    return figures


def framed_cases(held_out: Split, spec: PixelSpec, kinds: Sequence[str] = tuple(KINDS)) -> dict[str, Any]:
    """By kind, framed pictures and their labels."""
    ink = PixelSpec(spec.height, spec.width, spec.channels, "ink")
    images = held_out.whole()
    made = {}
    for kind in kinds:
        pictures, labels = cases(images, held_out.labels, kind)
        made[kind] = np.stack([frame(one, ink) for one in pictures]), labels
    return made


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="trained on MNIST, the same images held out")
    given = parser.parse_args()
    results, made = [], {}
    for path in given.runs:
        run = inklens.Run.open(path)
        held_out = training_split(run.load_data(), run.recipe)[1]
        if held_out.digest not in made:
            made[held_out.digest] = framed_cases(held_out, run.spec)
        results.append(measured(path, made[held_out.digest], held_out))
    record.write("other_hands", {"seed": SEED, "runs": results}, dry=given.dry)


if __name__ == "__main__":
    main()
