"""Lines that run across a levelled picture, followed from side to side by dynamic programming."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.masks import Mask, as_mask

_STEP = 6  # pixels along the line; from step to step it may move one pixel aside
_ASIDE = 0.15  # cost of that, in steps without ink
_DRAWN = 0.72  # least share of a line that is drawn
_AS_DRAWN = 0.82  # of the share of the usual line: letters and digits in a column are drawn less
_SOLID = 0.8  # least share of ink between the two edges of one thick line
_EVEN = 4  # lines from which a grid may be even
_UNEVEN = 0.2  # of the usual gap between lines: how much a gap may differ from its multiple
_BROKEN = 0.4  # least share of a broken line that is drawn
_RUN = 15  # pixels: ink in shorter level runs is writing
_THICKEST = 20  # pixels: a thicker line is none
_WORTH = 0.5  # least share of a path that has ink, to look at it
_SHARED = 5  # pixels: paths this near follow the same line
_APART = 7  # pixels between lines


def follow_lines(mask: Mask, margin: int) -> NDArray[np.float64]:
    """The level lines that run from the left margin to the right one, from top to bottom.

    Args:
        mask: (H, W), where ink is.
        margin: pixels on each side where lines may end.

    Returns:
        float64 (N, W): the y of each line at each x.
    """
    runs = _level_runs(mask)
    inner = runs[:, margin:-margin]
    steps = inner.shape[1] // _STEP
    if steps < 2:  # too narrow to hold a line
        return np.empty((0, mask.shape[1]))
    # (steps, H): the share of each step in which there is ink, a pixel to either side included
    blocks = cv2.resize(inner, (steps, len(inner)), interpolation=cv2.INTER_AREA)
    drawn = (cv2.dilate(blocks, np.ones((3, 1), np.uint8)).T / np.float32(255)).astype(np.float32)
    blocks = blocks.T.astype(np.float32) / 255
    drawn = 0.5 * drawn + 0.5 * blocks
    forward, came = _best_paths(drawn)
    backward, goes = _best_paths(drawn[::-1])
    middle = steps // 2
    through = forward[middle] + backward[steps - 1 - middle] - drawn[middle]
    found: list[NDArray[np.float64]] = []
    shares: list[float] = []
    peaks = np.flatnonzero(through >= cv2.dilate(through[:, None], np.ones((2 * _SHARED + 1, 1)))[:, 0])
    for y in peaks[np.argsort(-through[peaks], kind="stable")].tolist():
        if through[y] < _WORTH * steps:
            break
        path = _traced(came, goes, middle, y)
        # What another line has drawn does not count: no path may change from line to line.
        own = drawn[np.arange(steps), path] > 0.4
        for other in found:
            own &= np.abs(path - other) > _SHARED
        if own.mean() >= _DRAWN:
            line = _centred(path, blocks)
            if all(np.abs(line - other).mean() >= _APART for other in found):
                found.append(line)
                shares.append(float(own.mean()))
    least = _AS_DRAWN * float(np.median(shares)) if shares else 0.0
    kept = [line for line, share in zip(found, shares, strict=True) if share >= least]
    x = margin + (np.arange(steps) + 0.5) * inner.shape[1] / steps
    lines = [
        np.interp(np.arange(mask.shape[1]), x, _smooth(path))
        for path in _with_broken(_whole_lines(kept, blocks), drawn)
    ]
    return np.array(lines, np.float64).reshape(-1, mask.shape[1])


def _whole_lines(paths: list[NDArray[np.float64]], drawn: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """The paths from top to bottom; those between which all is ink are one thick line, in its middle."""
    steps, height = drawn.shape
    groups: list[list[NDArray[np.float64]]] = []
    for path in sorted(paths, key=lambda path: float(path.mean())):
        if groups:
            above = groups[-1][-1]
            shares = np.linspace(0, 1, 6)[1:-1, None]
            rows = np.rint(above + shares * (path - above)).astype(int)
            if drawn[np.arange(steps), np.clip(rows, 0, height - 1)].mean() >= _SOLID:
                groups[-1].append(path)
                continue
        groups.append([path])
    return [np.mean(group, axis=0) for group in groups]


def _with_broken(paths: list[NDArray[np.float64]], drawn: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """The paths of an even grid, and between them those of lines that are mostly broken."""
    if len(paths) < _EVEN:
        return paths
    apart = np.array([float((below - above).mean()) for above, below in pairwise(paths)])
    usual = float(np.median(apart))
    every, height = np.arange(len(drawn)), drawn.shape[1]
    found = [paths[0]]
    for (above, below), gap in zip(pairwise(paths), apart.tolist(), strict=True):
        count = round(gap / usual)
        if count > 1 and abs(gap - count * usual) <= _UNEVEN * usual:
            between = [above + (below - above) * number / count for number in range(1, count)]
            for path in between:
                rows = np.rint(path).astype(int) + np.arange(-_SHARED, _SHARED + 1)[:, None]
                near = drawn[every, np.clip(rows, 0, height - 1)].max(axis=0)
                if np.mean(near > 0.4) >= _BROKEN:
                    found.append(path)
        found.append(below)
    return found


def _level_runs(mask: Mask) -> Mask:
    """The ink in level runs; slightly slanted lines stay whole."""
    thick = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    closed = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8))
    return as_mask(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, _RUN), np.uint8)) & thick)


def _best_paths(drawn: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """For each step and y the ink on the best path that ends there, and the way it came: -1, 0 or 1."""
    steps, height = drawn.shape
    total = np.empty((steps, height), np.float32)
    came = np.zeros((steps, height), np.int8)
    total[0] = drawn[0]
    edged = np.full(height + 2, -np.inf, np.float32)
    for step in range(1, steps):
        edged[1:-1] = total[step - 1]
        before = np.stack([edged[1:-1], edged[:-2] - _ASIDE, edged[2:] - _ASIDE])
        best = before.argmax(axis=0)
        came[step] = np.array([0, -1, 1], np.int8)[best]
        total[step] = drawn[step] + before.max(axis=0)
    return total, came


def _traced(came: NDArray[np.int8], goes: NDArray[np.int8], middle: int, y: int) -> NDArray[np.int64]:
    steps = len(came)
    path = np.empty(steps, np.int64)
    at = y
    for step in range(middle, -1, -1):
        path[step] = at
        at += int(came[step, at])
    at = y
    for step in range(middle, steps):
        path[step] = at
        at += int(goes[steps - 1 - step, at])
    return path


def _centred(path: NDArray[np.int64], drawn: NDArray[np.float32]) -> NDArray[np.float64]:
    """The path in the middle of its line, however thick that is: (steps,)."""
    steps, height = drawn.shape
    reach = np.arange(-_THICKEST, _THICKEST + 1)
    rows = path[:, None] + reach
    inked = drawn[np.arange(steps)[:, None], np.clip(rows, 0, height - 1)] > 0.5
    inked &= (rows >= 0) & (rows < height)
    above = np.logical_and.accumulate(inked[:, _THICKEST::-1], axis=1).sum(axis=1)
    below = np.logical_and.accumulate(inked[:, _THICKEST:], axis=1).sum(axis=1)
    away = np.where((above > 0) & (above + below < _THICKEST), (below - above) / 2, np.nan)
    known = np.flatnonzero(~np.isnan(away))
    if not len(known):
        return path.astype(np.float64)
    return np.asarray(path + np.interp(np.arange(steps), known, away[known]))


def _smooth(path: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(path, 2, mode="edge")
    return np.convolve(padded, np.full(5, 0.2), "valid")
