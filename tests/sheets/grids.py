"""Photos of printed grids with digits in their cells: a puzzle, a table or a form, its truth known."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sheets import paper
from sheets.glyphs import draw_digit


class GridPhoto(NamedTuple):
    """A photo, uint8 RGB; where its lines cross, (rows + 1, columns + 1, 2); each cell's text, row by row."""

    picture: NDArray[np.uint8]
    lattice: NDArray[np.float64]
    texts: list[str]


def draw_grid(
    shape: tuple[int, int],
    seed: int = 0,
    *,
    cell: int = 60,
    filled: float = 0.5,
    several: int = 1,
    height: float = 0.65,
    candidates: tuple[int, ...] = (),
    thick_every: int = 0,
    gaps: int = 0,
    bend: float = 0.0,
    angle: float = 0.0,
    squeeze: float = 0.0,
    shadow: bool = False,
) -> GridPhoto:
    """One grid on a sheet on a desk.

    Args:
        shape: rows and columns.
        cell: side of a cell in pixels.
        filled: share of the cells with digits.
        several: digits in a cell.
        height: of a digit, in cells.
        candidates: cells with two tiny digits in their upper part.
        thick_every: every so many lines, one is thick.
        gaps: breaks in the lines.
        bend: by how much lines sag, in cells.
        angle: of the page, in degrees.
        squeeze: by how much the upper side is shorter than the lower one.
    """
    rng = np.random.default_rng(seed)
    rows, columns = shape
    margin = int(2.2 * cell)
    size = (rows * cell + 2 * margin, columns * cell + 2 * margin)
    sheet = paper.make_paper(rng, size)
    _print_lines(rng, sheet, shape, cell, margin, thick_every, gaps)
    ink = np.zeros(size, np.float32)
    texts = []
    for place in range(rows * columns):
        corner = (margin + place % columns * cell, margin + place // columns * cell)
        if place in candidates:
            texts.append(_write(rng, ink, corner, cell, 2, 0.4 * height, 0.3))
        elif rng.random() < filled:
            texts.append(_write(rng, ink, corner, cell, several, height, 0.5))
        else:
            texts.append("")
    paper.lay_ink(rng, sheet, ink, (40, 45, 90), strength=0.9, grain=0.05)
    x = np.arange(columns + 1) * cell + margin
    y = np.arange(rows + 1) * cell + margin
    lattice = np.stack(np.meshgrid(x, y), axis=2).astype(np.float64)
    sheet, lattice = _bent(sheet, lattice, bend * cell)
    photo, lattice = _photographed(rng, sheet, lattice, angle, squeeze, shadow)
    return GridPhoto(photo, lattice, texts)


def _print_lines(
    rng: np.random.Generator, sheet: paper.Picture, shape: tuple[int, int], cell: int, margin: int,
    thick_every: int, gaps: int,
) -> None:  # fmt: skip
    rows, columns = shape
    right, bottom = margin + columns * cell, margin + rows * cell
    lines = np.zeros(sheet.shape[:2], np.uint8)
    for count, upright in ((rows, False), (columns, True)):
        for number in range(count + 1):
            at = margin + number * cell
            ends = ((at, margin), (at, bottom)) if upright else ((margin, at), (right, at))
            thick = 5 if thick_every and number % thick_every == 0 else 2
            cv2.line(lines, *ends, 255, thick)
    for _ in range(gaps):
        x, y = rng.integers(margin, right), rng.integers(margin, bottom)
        if rng.random() < 0.5:
            x = margin + round((x - margin) / cell) * cell
        else:
            y = margin + round((y - margin) / cell) * cell
        cv2.circle(lines, (int(x), int(y)), cell // 6, 0, -1)
    share = (lines / 255.0)[..., None] * 0.8
    sheet *= 1 - share
    sheet += share * np.array((60, 60, 66), np.float32)


def _write(
    rng: np.random.Generator, ink: NDArray[np.float32], corner: tuple[int, int], cell: int, count: int,
    height: float, middle: float,
) -> str:  # fmt: skip
    glyphs = [draw_digit(rng, height * cell, 0.1, broken=False) for _ in range(count)]
    gap = max(2, cell // 15)
    wide = sum(glyph.mask.shape[1] for glyph in glyphs) + gap * (count - 1)
    left = corner[0] + (cell - wide) // 2
    for glyph in glyphs:
        tall, across = glyph.mask.shape
        top = corner[1] + round(middle * cell - tall / 2)
        ink[top : top + tall, left : left + across] = glyph.mask
        left += across + gap
    return "".join(str(glyph.label) for glyph in glyphs)


def _bent(
    sheet: paper.Picture, lattice: NDArray[np.float64], sag: float
) -> tuple[paper.Picture, NDArray[np.float64]]:
    """The sheet with every level line as one arch."""
    height, width = sheet.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))

    def down(at: NDArray) -> NDArray:
        return sag * np.sin(np.pi * at / width)

    bent = cv2.remap(
        sheet, x, (y - down(x)).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    lattice = lattice.copy()
    lattice[..., 1] += down(lattice[..., 0])
    return bent, lattice


def _photographed(
    rng: np.random.Generator, sheet: paper.Picture, lattice: NDArray[np.float64], angle: float,
    squeeze: float, shadow: bool,
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:  # fmt: skip
    """The sheet on a darker desk, larger than it, turned and in perspective."""
    height, width = sheet.shape[:2]
    whole = (int(1.5 * height), int(1.5 * width))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    placed = corners - (width / 2, height / 2)
    placed[:2, 0] *= 1 - squeeze
    turn = np.radians(angle)
    placed = placed @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    placed = (placed + np.array([whole[1] / 2, whole[0] / 2])).astype(np.float32)
    to_photo = cv2.getPerspectiveTransform(corners, placed)
    desk = (96, 78, 60) + 12 * rng.standard_normal((*whole, 1), np.float32)
    desk = cv2.GaussianBlur(desk, (0, 0), 1.5)
    photo = cv2.warpPerspective(sheet, to_photo, whole[::-1], flags=cv2.INTER_LINEAR)
    inside = cv2.warpPerspective(np.ones((height, width), np.float32), to_photo, whole[::-1])[..., None]
    photo = photo * inside + desk * (1 - inside)
    photo = photo * paper.light(rng, whole, shadow=shadow)[..., None]
    photo = cv2.GaussianBlur(photo, (0, 0), 0.8) + 2 * rng.standard_normal((*whole, 3)).astype(np.float32)
    lattice = cv2.perspectiveTransform(lattice.reshape(-1, 1, 2), to_photo).reshape(lattice.shape)
    return np.clip(photo, 0, 255).astype(np.uint8), lattice
