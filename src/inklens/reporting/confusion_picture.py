"""The confusion matrix as a picture: what was taken for what."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style

_LARGEST_CELL = 0.9
_LONGEST_LABEL = 1.6
_LEFT, _RIGHT = style.MARGIN + 0.3, style.MARGIN + 0.55  # beside the row labels; for the recall
_SMALLEST_TYPE = 5.5
_LINE_HEIGHT = 1.35  # of the type's size
_DIGIT_WIDTH = 0.66
_MOST_CLASSES, _SHOWN_OF_MORE = 100, 29


def confusion_matrix_picture(
    confusion: NDArray[np.integer], class_names: Sequence[str], path: Path
) -> style.Figure:
    """Draws rows of actual and columns of predicted classes, and writes the PNG.

    The diagonal is blue, as strong as its share of the row; the rest is vermilion, as strong as its share
    beside the largest of these, because otherwise the few errors of a good network would not be seen.
    Counts are left out where they do not fit; of many classes only every second, fifth ... is named. Of more
    than 100 classes the 29 with the most errors are shown, and all others together as one.

    Args:
        confusion: int (C, C); rows are the actual classes, columns the predicted ones.
        class_names: C names.
    """
    right, total = int(np.trace(confusion)), int(confusion.sum())
    counted = f"{right:,} of {total:,} right (blue), {total - right:,} wrong (orange)"
    totals = confusion.sum(axis=1)
    if len(class_names) > _MOST_CLASSES:
        counted += f"; the {_SHOWN_OF_MORE} of {len(class_names):,} classes with the most errors"
        confusion, totals, class_names = _with_most_errors(confusion, class_names)
    classes = len(class_names)
    pitch = min(_LARGEST_CELL, (style.WIDTH - _LEFT - _LONGEST_LABEL - _RIGHT) / classes)
    largest_type = pitch * 72 / _LINE_HEIGHT
    steps = (1, 2, 5, 10, 20, 50, 100)
    step = next((n for n in steps if n * largest_type >= _SMALLEST_TYPE), classes)
    size = min(9.0, step * largest_type)
    with style.sheet(class_names) as (names, _):
        figure, axes = style.page(style.WIDTH, style.WIDTH)
        rows = [axes.text(0, 0, name, size=size, ha="right", va="center_baseline") for name in names[::step]]
        columns = [axes.text(0, 0, name, size=size, va="top") for name in names[::step]]
        widest = 0.0
        for text in rows + columns:
            style.fit(text, _LONGEST_LABEL)
            widest = max(widest, text.get_window_extent().width / style.DPI)
        upright = widest > 0.9 * pitch * step
        left, top, side = _LEFT + widest, style.HEADER, classes * pitch
        below = top + side + 0.08 + (widest if upright else size / 72)
        width, height = max(0.6 * style.WIDTH, left + side + _RIGHT), below + 0.25 + style.MARGIN
        figure.set_size_inches(width, height)
        axes.set(xlim=(0, width), ylim=(height, 0))

        for index, (row, column) in enumerate(zip(rows, columns, strict=True)):
            middle = (index * step + 0.5) * pitch
            row.set_position((left - 0.08, top + middle))
            column.set(x=left + middle, y=top + side + 0.08, ha="center", rotation=90 if upright else 0)
        axes.text(style.MARGIN, top + side / 2, "actual", color=style.MUTED, rotation=90, va="center")
        axes.text(left + side / 2, below + 0.1, "predicted", color=style.MUTED, ha="center", va="top")
        _cells(axes, confusion, totals, left, top, pitch)
        if step == 1:
            _recalls(axes, confusion.diagonal(), totals, left + side + 0.12, top, pitch, size)
        style.header(axes, "Confusion matrix", counted)
        return style.save(figure, path)


def _with_most_errors(
    confusion: NDArray[np.integer], class_names: Sequence[str]
) -> tuple[NDArray[np.integer], NDArray[np.integer], list[str]]:
    """The classes that are taken for others, or others for them, most often, in order, and the rest as one.

    Returns:
        The matrix, in whose last cell only what is right is counted, the images of each row, and the names.
    """
    errors = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * confusion.diagonal()
    shown = np.sort(np.argsort(-errors, kind="stable")[:_SHOWN_OF_MORE])
    place = np.full(len(confusion), len(shown))
    place[shown] = np.arange(len(shown))
    smaller = np.zeros((len(shown) + 1,) * 2, confusion.dtype)
    np.add.at(smaller, (place[:, None], place[None]), confusion)
    others = np.setdiff1d(np.arange(len(confusion)), shown)
    smaller[-1, -1] = confusion[others, others].sum()
    totals = np.bincount(place, confusion.sum(axis=1)).astype(confusion.dtype)
    return smaller, totals, [*(class_names[label] for label in shown), f"{len(others):,} others"]


def _cells(
    axes: style.Axes,
    confusion: NDArray[np.integer],
    totals: NDArray[np.integer],
    left: float,
    top: float,
    pitch: float,
) -> None:
    classes = len(confusion)
    side = classes * pitch
    shares = confusion / np.maximum(totals[:, None], 1)
    diagonal = np.eye(classes, dtype=bool)
    errors = np.where(diagonal, 0, shares)
    # The least error stays visible: nothing but zero is white.
    strength = np.where(errors > 0, 0.15 + 0.75 * errors / max(errors.max(), 1e-9), 0)
    blue, vermilion = style.shade(style.BLUE, shares), style.shade(style.VERMILION, strength)
    colours = np.where(diagonal[..., None], blue, vermilion)
    extent = (left, left + side, top + side, top)
    axes.imshow(colours, extent=extent, aspect="auto", interpolation="nearest")
    style.frame(axes, left, top, side, side, style.LINE, 0.6)
    if pitch > 0.1:
        lines = np.arange(1, classes) * pitch
        axes.hlines(top + lines, left, left + side, color=style.LINE, linewidth=0.4)
        axes.vlines(left + lines, top, top + side, color=style.LINE, linewidth=0.4)

    room = 0.8 * pitch * 72 / _DIGIT_WIDTH  # for all digits of a count, in points
    fitting = [count for count in confusion[confusion > 0] if room / len(f"{count:,}") >= _SMALLEST_TYPE]
    size = min(9.0, pitch * 72 / _LINE_HEIGHT)
    if not fitting or size < _SMALLEST_TYPE:
        return
    size = min(size, room / len(f"{max(fitting):,}"))
    for row, column in np.argwhere((confusion > 0) & (confusion <= max(fitting))):
        ink = "white" if _luminance(colours[row, column]) < 0.22 else style.INK
        x, y = left + (column + 0.5) * pitch, top + (row + 0.5) * pitch
        text = f"{confusion[row, column]:,}"
        axes.text(x, y, text, size=size, color=ink, ha="center", va="center_baseline")


def _luminance(rgb: NDArray[np.float64]) -> float:
    """Relative luminance as WCAG 2 has it; at 0.22 white and dark type are equally readable."""
    return float(rgb**2.2 @ (0.2126, 0.7152, 0.0722))


def _recalls(
    axes: style.Axes,
    right: NDArray[np.integer],
    totals: NDArray[np.integer],
    x: float,
    top: float,
    pitch: float,
    size: float,
) -> None:
    axes.text(x, top - 0.07, "recall", size=min(size, 8), color=style.MUTED)
    for index, (correct, total) in enumerate(zip(right, totals, strict=True)):
        recall = style.percent(correct / total) if total else style.MINUS
        y = top + (index + 0.5) * pitch
        axes.text(x, y, recall, size=min(size, 8), color=style.MUTED, va="center_baseline")
