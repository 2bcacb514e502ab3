"""The confusion matrix as cells, and which images each cell opens."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split
from inklens.reporting.report.pictures import LARGEST_SIDE, thumbnail
from inklens.reporting.report.run_figures import Sources
from inklens.reporting.report.wording import share

LARGEST_MATRIX = 100
_MOST_MIXUPS = 100
_WRONG_IN_A_CELL, _RIGHT_IN_A_CELL = 24, 12
_MOST_IMAGES = 3_000
_SIDES = (LARGEST_SIDE, 48, 32, 24)
_TRIED = 24
_AROUND_AN_IMAGE = 40  # bytes of JSON


@dataclass(frozen=True)
class Cell:
    """One cell: what was taken for what, how often, and how strongly it is shaded (0 to 5)."""

    actual: int
    predicted: int
    count: int
    level: int

    @property
    def key(self) -> str:
        """What the gallery knows it by."""
        return f"{self.actual}-{self.predicted}"

    @property
    def right(self) -> bool:
        return self.actual == self.predicted


@dataclass(frozen=True)
class Matrix:
    """Rows of actual classes; None is an empty cell. Without rows there are too many classes to draw."""

    rows: tuple[tuple[Cell | None, ...], ...]
    recalls: tuple[str, ...]
    mixups: tuple[Cell, ...]


def matrix_of(confusion: NDArray[np.int64]) -> Matrix:
    """The cells of a confusion matrix, and what is mixed up most, most often first.

    Args:
        confusion: int64 (C, C); rows are the actual classes, columns the predicted ones.
    """
    totals = confusion.sum(axis=1)
    shares = confusion / np.maximum(totals[:, None], 1)
    worst = float((shares * ~np.eye(len(confusion), dtype=bool)).max()) or 1.0

    def cell(actual: int, predicted: int) -> Cell | None:
        count = int(confusion[actual, predicted])
        if not count:
            return None
        strength = shares[actual, predicted] / (1.0 if actual == predicted else worst)
        return Cell(actual, predicted, count, 1 + min(4, int(5 * strength)))

    classes = range(len(confusion))
    rows = [tuple(cell(i, j) for j in classes) for i in classes] if len(classes) <= LARGEST_MATRIX else []
    wrong = np.argwhere((confusion > 0) & ~np.eye(len(confusion), dtype=bool))
    order = np.argsort(-confusion[wrong[:, 0], wrong[:, 1]], kind="stable")[:_MOST_MIXUPS]
    mixups = [found for i, j in wrong[order] if (found := cell(int(i), int(j)))]
    recalls = [share(shares[i, i] if totals[i] else None, 1) for i in classes]
    return Matrix(tuple(rows), tuple(recalls), tuple(mixups))


def gallery(sources: Sources, images: Split | None, budget: int) -> dict[str, list[list[int | float | str]]]:
    """The images of each cell: key -> [number, confidence, data URI], the most telling first.

    Those are the wrong ones of which it was surest and the right ones of which it was least sure. Every cell
    gets one image before any gets two; images are made smaller, then fewer, until they fit.

    Args:
        images: what predictions.csv is about; None leaves the data URIs empty.
        budget: bytes for the data URIs.
    """
    order = list(_by_turns(sources))[:_MOST_IMAGES]
    side = _side(images, [index for index, _ in order], budget)
    cells: dict[str, list[list[int | float | str]]] = {}
    spent = 0
    confidence = sources.confidence
    for index, key in order:
        source = thumbnail(images.batch(np.array([index]))[0], side).source if images else ""
        spent += len(source) + _AROUND_AN_IMAGE
        if spent > budget:
            break
        cells.setdefault(key, []).append([index, round(float(confidence[index]), 4), source])
    return cells


def _by_turns(sources: Sources) -> Iterator[tuple[int, str]]:
    """Every cell's first image, then every cell's second ..."""
    labels, predicted, confidence = sources.labels, sources.predicted, sources.confidence
    ranked = np.lexsort((np.where(labels == predicted, confidence, -confidence), predicted, labels))
    pairs = np.stack([labels, predicted], axis=1)[ranked]
    starts = np.flatnonzero(np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1)))
    ends = np.append(starts[1:], len(ranked))
    cells = list(zip(starts.tolist(), ends.tolist(), strict=True))
    for turn in range(max(_WRONG_IN_A_CELL, _RIGHT_IN_A_CELL)):
        for start, end in cells:
            actual, guess = pairs[start]
            most = _RIGHT_IN_A_CELL if actual == guess else _WRONG_IN_A_CELL
            if turn < min(most, end - start):
                yield int(ranked[start + turn]), f"{actual}-{guess}"


def _side(images: Split | None, indices: list[int], budget: int) -> int:
    """The largest thumbnails of which all fit, measured on a few of them."""
    if images is None:
        return LARGEST_SIDE
    tried = [images.batch(np.array([index]))[0] for index in indices[:: max(1, len(indices) // _TRIED)]]
    for side in _SIDES:
        mean = sum(len(thumbnail(image, side).source) + _AROUND_AN_IMAGE for image in tried) / len(tried)
        if 1.1 * mean * len(indices) <= budget:
            return side
    return _SIDES[-1]
