"""Sheets to read: MNIST's test digits on paper, in all the ways that make a page hard to read, truth known.

    page = draw("squared", seed=3)
    page.picture, [number.text for number in page.numbers]

A page depends on its kind and seed alone. The truth's boxes lie where the ink is in the photo.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from sheets import paper
from sheets.doodles import scatter
from sheets.glyphs import Setting, draw_digit, set_in_cells, set_number

Points = NDArray[np.float64]

_INKS = ((28, 45, 140), (32, 32, 38), (40, 60, 160), (30, 30, 60), (176, 38, 44))
# How well each covers the paper, from and to, and how much the paper's grain shows through
_COVER = {
    "pen": ((0.8, 1), 0.08),
    "pencil": ((0.55, 0.9), 0.3),
    "chalk": ((0.75, 0.95), 0.25),
    "marker": ((0.9, 1), 0.0),
}


@dataclass(frozen=True)
class Style:
    """What one kind of page is like; lengths are in digit heights unless they say otherwise.

    Args:
        height: of a digit, in pixels, from and to.
        stroke: the width of a stroke.
        angle: of the lines, in degrees either way.
        gap: between the strokes of adjacent digits.
        touching: the share of adjacent digits that run into each other.
        broken: the share of digits with a slit through them.
        ruling: "", "lines" or "squares" under the writing, or "boxes" around each digit.
        ink: "pen", "pencil", "marker" or "chalk".
        doodles: how many words and drawings there are, from and to.
    """

    height: tuple[float, float] = (32, 110)
    stroke: tuple[float, float] = (0.07, 0.13)
    angle: tuple[float, float] = (0, 1.5)
    gap: tuple[float, float] = (0.08, 0.3)
    touching: float = 0.0
    broken: float = 0.0
    ruling: str = ""
    ink: str = "pen"
    shadow: bool = False
    columns: bool = False
    numbers: bool = True
    doodles: tuple[int, int] = (0, 0)


KINDS = {
    "plain": Style(height=(24, 160), touching=0.02),
    "ruled": Style(ruling="lines"),
    "squared": Style(ruling="squares"),
    "boxes": Style(height=(28, 90), ruling="boxes"),
    "shadow": Style(shadow=True),
    "slanted": Style(angle=(3, 12)),
    "diagonal": Style(height=(28, 80), angle=(15, 35)),
    "columns": Style(height=(24, 70), columns=True),
    "touching": Style(touching=0.5),
    "broken": Style(broken=0.25),
    "pencil": Style(stroke=(0.05, 0.08), ink="pencil"),
    "marker": Style(height=(50, 160), stroke=(0.16, 0.24), gap=(0.12, 0.3), ink="marker"),
    "small": Style(height=(24, 30)),
    "chalk": Style(height=(40, 120), stroke=(0.09, 0.15), ink="chalk"),
    "mixed": Style(height=(32, 80), doodles=(3, 6)),
    "words": Style(height=(28, 90), numbers=False, doodles=(6, 14)),
}


class Number(NamedTuple):
    """One number of the truth; box: float64 (4, 2), corners in pixels, turned with the line of writing."""

    text: str
    box: Points


class Page(NamedTuple):
    """A picture, uint8 RGB (H, W, 3), and the numbers on it in reading order."""

    picture: NDArray[np.uint8]
    numbers: tuple[Number, ...]


class _Placed(NamedTuple):
    setting: Setting
    to_page: NDArray[np.float64]  # (2, 3), from the setting's pixels to the page's

    def corners(self, box: tuple[float, float, float, float]) -> Points:
        left, top, right, bottom = box
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
        return corners @ self.to_page[:, :2].T + self.to_page[:, 2]

    @property
    def box(self) -> tuple[float, float, float, float]:
        boxes = np.array(self.setting.boxes)
        return (*boxes[:, :2].min(0), *boxes[:, 2:].max(0))


def draw(kind: str, seed: int, size: tuple[int, int] | None = None) -> Page:
    """The page of this kind and seed; `KINDS` names the kinds.

    Args:
        size: height and width of the picture in pixels; None lets the digits' height decide.
    """
    style = KINDS[kind]
    rng = np.random.default_rng([seed, crc32(kind.encode())])
    height = float(np.exp(rng.uniform(*np.log(style.height))))
    size = size or _page_size(rng, height)
    desk = bool(rng.random() < 0.15)
    sheet = paper.make_paper(rng, size, board=style.ink == "chalk")
    placed = list(_place_numbers(rng, style, height, size)) if style.numbers else []
    _print_ruling(rng, style, height, sheet, placed)
    ink = np.zeros(size, np.float32)
    for each in placed:
        np.maximum(ink, cv2.warpAffine(each.setting.mask, each.to_page, size[::-1]), out=ink)
    if style.doodles[1]:
        kept_free = [each.corners(each.box) for each in placed]
        ink = np.maximum(ink, scatter(rng, size, height, int(rng.integers(*style.doodles)), kept_free))
    _write(rng, style, sheet, ink)
    camera = paper.choose_camera(rng, size, tilt=1.5, perspective=0.015, desk=desk)
    picture = paper.photograph(rng, sheet, camera, shadow=style.shadow, desk=desk)
    numbers = (
        Number("".join(map(str, each.setting.labels)), camera.place(each.corners(each.box)))
        for each in placed
    )
    return Page(picture, tuple(numbers))


def _page_size(rng: np.random.Generator, height: float) -> tuple[int, int]:
    width = int(np.clip(height * rng.uniform(10, 16), 640, 1700))
    return int(np.clip(width * rng.uniform(0.65, 1.1), 480, 1500)), width


def _set(rng: np.random.Generator, style: Style, height: float, stroke: float, length: int) -> Setting:
    glyphs = [
        draw_digit(rng, height * rng.uniform(0.88, 1.08), stroke, broken=bool(rng.random() < style.broken))
        for _ in range(length)
    ]
    if style.ruling == "boxes":
        return set_in_cells(rng, glyphs, height=height, space=float(rng.choice([0, 0, 0.12, 0.25])))
    return set_number(rng, glyphs, height=height, gap=style.gap, jitter=0.06, touching=style.touching)


def _place_numbers(
    rng: np.random.Generator, style: Style, height: float, size: tuple[int, int]
) -> Iterator[_Placed]:
    """Numbers along lines (or under each other) at the page's angle, each wholly on the page."""
    angle = np.deg2rad(rng.uniform(*style.angle) * rng.choice([-1, 1]))
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    centre, reach = np.array(size[::-1]) / 2, float(np.hypot(*size)) / 2
    margin = 0.07 * max(size)
    stroke = rng.uniform(*style.stroke)
    pitch = height * (rng.uniform(1.5, 2.0) if style.columns else rng.uniform(1.9, 2.8))
    pitch *= 1.3 if style.ruling == "boxes" else 1
    column = height * rng.uniform(4.5, 6)
    longest = 4 if style.columns else int(np.clip((min(size) - 2 * margin) / (1.2 * height), 2, 8))
    for v in np.arange(-reach + rng.uniform(0, pitch), reach, pitch):
        u = -reach + (0 if style.columns else rng.uniform(0, 2) * height)
        while u < reach:
            length = int(rng.integers(1 if rng.random() < 0.1 else 2, longest + 1))
            start = centre + u * along + v * down
            span = 0.9 * height * length
            if not _inside(np.array([start - down * height, start + along * span]), size, margin):
                u += column if style.columns else height
                continue
            if rng.random() < (0.1 if style.columns else 0.2):
                u += column if style.columns else span
                continue
            setting = _set(rng, style, height, stroke, length)
            each = _at(setting, start, along, down)
            if _inside(each.corners(each.box), size, margin):
                yield each
            boxes = np.array(setting.boxes)
            advance = boxes[:, 2].max() - boxes[:, 0].min() + height * rng.uniform(1.8, 3)
            u += max(column, np.ceil(advance / column) * column) if style.columns else advance


def _at(setting: Setting, start: Points, along: Points, down: Points) -> _Placed:
    """Lets the lower left of the first digit lie at `start`."""
    turn = np.stack([along, down], 1)
    origin = np.array([setting.boxes[0][0], max(box[3] for box in setting.boxes)])
    return _Placed(setting, np.hstack([turn, (start - turn @ origin)[:, None]]))


def _inside(points: Points, size: tuple[int, int], margin: float) -> bool:
    return bool((points >= margin).all() and (points <= np.array(size[::-1]) - margin).all())


def _print_ruling(
    rng: np.random.Generator, style: Style, height: float, sheet: paper.Picture, placed: list[_Placed]
) -> None:
    if style.ruling == "lines":
        paper.rule(rng, sheet, (0, height * rng.uniform(1.3, 2.4)), dark=bool(rng.random() < 0.4))
    elif style.ruling == "squares":
        side = max(12.0, height * float(rng.choice([0.5, 0.7, 1.0, 1.3])))
        paper.rule(rng, sheet, (side, side), dark=bool(rng.random() < 0.4))
    elif style.ruling == "boxes":
        paper.print_boxes(rng, sheet, [each.corners(cell) for each in placed for cell in each.setting.cells])


def _write(rng: np.random.Generator, style: Style, sheet: paper.Picture, ink: NDArray[np.float32]) -> None:
    colour = tuple(_INKS[rng.integers(len(_INKS))])
    if style.ink == "pencil":
        grey = int(rng.integers(70, 115))
        colour = (grey, grey, grey + 4)
    elif style.ink == "chalk":
        colour = (226, 226, 218)
    strength, grain = _COVER[style.ink]
    paper.lay_ink(rng, sheet, ink, colour, strength=rng.uniform(*strength), grain=grain)
