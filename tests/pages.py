"""Pages of known numbers: MNIST's test digits written on paper, photographed, with the truth beside them.

Every page draws its own pen, paper, light, camera and layout from its seed, so that reading is measured on
thousands of numbers of many looks, and each page can be made again.
"""

from dataclasses import dataclass

import cv2
import numpy as np

KINDS = ("plain", "ruled", "squared", "boxes", "columns", "diagonal", "touching", "broken")
WORDS = (
    "total", "name", "date", "Mathematics", "please", "sum", "answer", "Anna", "question", "from", "garden",
    "yes", "weight", "kg", "Friday", "price", "and", "river", "Thomas", "check",
)  # fmt: skip
_SCRIPTS = (cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX, cv2.FONT_HERSHEY_SIMPLEX)


@dataclass(frozen=True)
class Written:
    """A number on a page: its text and the middle of its box, x and y."""

    text: str
    middle: tuple[float, float]


@dataclass(frozen=True, eq=False)
class TestPage:
    """picture: uint8 (H, W, 3); numbers in reading order, line by line."""

    __test__ = False
    picture: np.ndarray
    lines: tuple[tuple[Written, ...], ...]
    kind: str

    @property
    def numbers(self):
        return tuple(number for line in self.lines for number in line)


def digit_page(images, labels, seed, kind=None):
    """A page of numbers. images: uint8 (N, 28, 28), ink bright; labels: (N,) 0-9."""
    random = np.random.default_rng(seed)
    kind = kind or str(random.choice(KINDS))
    tall = int(np.exp(random.uniform(np.log(25), np.log(150))))
    tall = min(tall, 90) if kind in ("columns", "boxes") else tall
    height = int(random.uniform(600, 1100) if tall < 80 else random.uniform(900, 1400))
    width = int(height * random.uniform(0.75, 1.5))
    ink, print_ = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    writer = _Writer(images, labels, random, ink, tall, kind)
    lines = _layout(writer, print_, kind)
    if random.random() < 0.3 and kind in ("plain", "ruled"):
        _write_word(ink, random, (0.05 * width, height - 0.1 * tall), min(tall, 60))
    return _photograph(ink, print_, lines, random, kind, tall)


def wordless_page(seed):
    """A page of words and doodles without a single digit."""
    random = np.random.default_rng((seed, 7))
    tall = int(random.uniform(30, 90))
    height, width = int(random.uniform(600, 1000)), int(random.uniform(700, 1300))
    ink, print_ = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    y = 1.6 * tall
    while y < height - 3 * tall:
        x = random.uniform(0.03, 0.15) * width
        while x < 0.75 * width:
            x += _write_word(ink, random, (x, y), tall) + random.uniform(0.5, 1.2) * tall
        y += random.uniform(1.7, 2.6) * tall
        if random.random() < 0.35:
            _doodle(ink, random, (random.uniform(0.2, 0.8) * width, y), 1.2 * tall)
            y += 2 * tall
    kind = str(random.choice(("plain", "ruled", "squared")))
    if kind != "plain":
        _rule(print_, random, tall, squared=kind == "squared")
    return _photograph(ink, print_, (), random, "words", tall)


class _Writer:
    """One hand with one pen: draws numbers into the ink."""

    def __init__(self, images, labels, random, ink, tall, kind):
        self.images, self.labels, self.random, self.ink = images, labels, random, ink
        self.tall, self.kind = tall, kind
        self.bold = random.uniform(0.25, 0.6)  # the level at which MNIST's strokes are cut: low is thick
        self.gap = random.uniform(0.08, 0.5)
        self.cells = []

    def digit(self):
        """One digit as float32 (h, w), about `tall` high, and its label."""
        at = int(self.random.integers(len(self.images)))
        ink = self.images[at].astype(np.float32) / 255
        rows, columns = np.flatnonzero(ink.max(1) > 0.2), np.flatnonzero(ink.max(0) > 0.2)
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = self.tall * self.random.uniform(0.85, 1.1) / max(ink.shape[0], 0.7 * ink.shape[1])
        large = cv2.resize(np.pad(ink, 2), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        sharp = np.clip((large - self.bold) * max(2.0, 0.35 * scale) + 0.5, 0, 1)
        if self.kind == "broken" and self.random.random() < 0.25:
            sharp = self._with_gap(sharp, scale)
        rows, columns = np.flatnonzero(sharp.max(1) > 0.3), np.flatnonzero(sharp.max(0) > 0.3)
        return sharp[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], str(self.labels[at])

    def _with_gap(self, ink, scale):
        """A stroke that the pen left out: a thin slanted line without ink."""
        height, width = ink.shape
        gap = np.ones_like(ink)
        y = self.random.uniform(0.25, 0.75) * height
        ends = (0, int(y + self.random.uniform(-0.2, 0.2) * height)), (width, int(y))
        cv2.line(gap, *ends, 0, max(1, int(self.random.uniform(0.5, 1.1) * scale)), cv2.LINE_AA)
        return ink * gap

    def number(self, x, y, count, slope=0.0):
        """Writes a number whose first digit's middle is at x, y; gives what was written, or None."""
        text, places, right = "", [], x
        for place in range(count):
            digit, label = self.digit()
            tall, wide = digit.shape
            gap = self.gap * self.tall * self.random.uniform(0.7, 1.3)
            if self.kind == "touching" and place and self.random.random() < 0.2:
                gap = -0.06 * self.tall
            left = right + (gap if place else 0)
            middle = y + slope * (left + wide / 2 - x) + self.random.uniform(-0.06, 0.06) * self.tall
            top, left = int(middle - tall / 2), int(left)
            if (
                top < 2
                or left < 2
                or top + tall > self.ink.shape[0] - 2
                or left + wide > self.ink.shape[1] - 2
            ):
                break
            self._lay(digit, left, top)
            text, right = text + label, left + wide
            places.append((left + wide / 2, middle))
        return Written(text, tuple(np.mean(places, axis=0).tolist())) if text else None

    def boxed(self, left, top, count, side):
        """A number in printed boxes, one digit each."""
        text, places = "", []
        for place in range(count):
            digit, label = self.digit()
            tall, wide = digit.shape
            x = left + (place + 0.5) * side + self.random.uniform(-0.06, 0.06) * side
            y = top + side * (0.5 + self.random.uniform(-0.06, 0.06))
            self._lay(digit, int(x - wide / 2), int(y - tall / 2))
            text += label
            places.append((x, y))
        return Written(text, tuple(np.mean(places, axis=0).tolist()))

    def _lay(self, digit, left, top):
        part = self.ink[top : top + digit.shape[0], left : left + digit.shape[1]]
        np.maximum(part, digit[: part.shape[0], : part.shape[1]], out=part)


def _layout(writer, print_, kind):
    """Writes a page's numbers; gives them line by line."""
    random, tall = writer.random, writer.tall
    height, width = writer.ink.shape
    lines = []
    if kind == "boxes":
        return _in_boxes(writer, print_)
    if kind in ("ruled", "squared"):
        _rule(print_, random, tall, squared=kind == "squared")
    slope = random.uniform(-0.6, 0.6) if kind == "diagonal" else random.uniform(-0.03, 0.03)
    columns = int(max(1, min(4, width // (7 * tall)))) if kind == "columns" else 1
    y = 1.2 * tall + max(0, -slope) * 0.6 * width
    while y < height - 1.2 * tall - max(0, slope) * 0.5 * width:
        line = []
        x = random.uniform(0.03, 0.1) * width
        for column in range(columns):
            count = int(random.integers(1, 4 if kind == "columns" else 9))
            left = x + column * width / columns * 0.95
            number = writer.number(left, y + slope * (left - x), count, slope)
            if number:
                line.append(number)
        if line:
            lines.append(tuple(line))
        y += random.uniform(1.6, 2.3) * tall + (0.9 * tall if kind == "diagonal" else 0)
    return tuple(lines)


def _in_boxes(writer, print_):
    random, tall = writer.random, writer.tall
    height, width = writer.ink.shape
    side = int(tall * random.uniform(1.3, 1.8))
    thick, dark = int(random.integers(1, 4)), random.uniform(0.4, 1.0)
    lines, top = [], side
    while top < height - 2 * side:
        most = int((width - side) // side)
        if most < 1:
            break
        boxes = int(random.integers(min(3, most), min(12, most) + 1))
        left = int(random.uniform(0.2, 0.6) * side)
        for place in range(boxes):
            corners = (left + place * side, top), (left + (place + 1) * side, top + side)
            cv2.rectangle(print_, *corners, dark, thick, cv2.LINE_AA)
        lines.append((writer.boxed(left, top, int(random.integers(1, boxes + 1)), side),))
        top += int(side * random.uniform(1.5, 2.2))
    return tuple(lines)


def _rule(print_, random, tall, squared):
    height, width = print_.shape
    step = int(tall * (random.uniform(0.5, 1.2) if squared else random.uniform(1.5, 2.2)))
    step, thick, dark = max(12, step), int(random.integers(1, 3)), random.uniform(0.15, 0.6)
    for y in range(int(random.integers(step)), height, step):
        cv2.line(print_, (0, y), (width, y), dark, thick)
    for x in range(int(random.integers(step)), width, step) if squared else ():
        cv2.line(print_, (x, 0), (x, height), dark, thick)


def _write_word(ink, random, at, tall):
    """A word in a script, bent a little; gives its width."""
    word, font = str(random.choice(WORDS)), int(random.choice(_SCRIPTS))
    scale = tall / 30
    thick = max(1, int(tall * random.uniform(0.05, 0.1)))
    (wide, high), _ = cv2.getTextSize(word, font, scale, thick)
    sheet = np.zeros((3 * high, wide + 2 * high), np.uint8)
    cv2.putText(sheet, word, (high, 2 * high), font, scale, 255, thick, cv2.LINE_AA)
    sheet = sheet.astype(np.float32) / 255
    rows, columns = np.mgrid[: sheet.shape[0], : sheet.shape[1]].astype(np.float32)
    wave = random.uniform(0.02, 0.06) * high * np.sin(columns / high * random.uniform(1, 3))
    slant = random.uniform(-0.1, 0.4)
    sheet = cv2.remap(sheet, columns + slant * (rows - 2 * high), rows + wave, cv2.INTER_LINEAR)
    left, top = max(0, int(at[0] - high)), max(0, int(at[1] - 2 * high))
    part = ink[top : top + sheet.shape[0], left : left + sheet.shape[1]]
    np.maximum(part, sheet[: part.shape[0], : part.shape[1]], out=part)
    return wide


def _doodle(ink, random, at, size):
    """A scribble: a smooth curve through random points, or a star, an arrow, a crossing-out."""
    thick = max(2, int(0.05 * size))
    kind = random.integers(3)
    if kind == 0:
        points = np.cumsum(random.normal(size=(7, 2)), axis=0)
        points = np.stack([np.interp(np.linspace(0, 6, 90), range(7), axis) for axis in points.T], 1)
        points = cv2.blur(points, (1, 9)) * size / 4 + at
    elif kind == 1:
        turns = np.arange(6) * 4 * np.pi / 5
        points = np.stack([np.cos(turns), np.sin(turns)], 1) * size / 2 + at
    else:
        x = np.linspace(-1, 1, 14)
        points = np.stack([x, np.where(np.arange(14) % 2, 0.4, -0.4)], 1) * size + at
    cv2.polylines(ink, [np.rint(points).astype(np.int32)], False, 1.0, thick, cv2.LINE_AA)


def _photograph(ink, print_, lines, random, kind, tall):
    """Ink and print on paper, in uneven light, turned, blurred, noisy, as JPEG."""
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.uniform(-3, 3), 0.94)
    ink, print_ = (cv2.warpAffine(each, turn, (width, height)) for each in (ink, print_))
    lines = tuple(
        tuple(Written(number.text, tuple((turn @ (*number.middle, 1)).tolist())) for number in line)
        for line in lines
    )
    pen = np.array([(20, 20, 25), (25, 35, 120), (130, 25, 30), (90, 90, 95)][random.integers(4)], np.float32)
    press = random.uniform(0.75, 1.0) * (1 - 0.25 * random.random() * random.random(ink.shape, np.float32))
    paper = np.array([235, 232, 225], np.float32) + random.uniform(-12, 12, 3).astype(np.float32)
    colour = np.array([(90, 140, 190), (120, 120, 120), (30, 30, 30)][random.integers(3)], np.float32)
    picture = paper * np.ones((height, width, 3), np.float32)
    picture += print_[..., None] * (colour - picture)
    picture += (ink * press)[..., None] * (pen - picture)
    coarse = random.random((3, 4), np.float32) * random.uniform(0.1, 0.5)
    picture *= 1 - cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, max(0.4, tall / 60)))
    picture += random.normal(0, random.uniform(1, 6), (height, width, 1)).astype(np.float32)
    if random.random() < 0.08 and not print_.any():
        picture = 255 - picture
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(50, 95))]
    _, jpeg = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8)[..., ::-1], quality)
    return TestPage(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1].copy(), lines, kind)
