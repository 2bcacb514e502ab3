"""Grids of images: with their labels, with what was predicted, with what was right."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from string import ascii_uppercase

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style

_GAP = 0.14
_LINE, _SMALL_LINE = 0.17, 0.15


def sample_grid(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    class_names: Sequence[str],
    path: Path,
    *,
    title: str | None = None,
) -> style.Figure:
    """Draws all the images given with their labels below them, and writes the PNG.

    Args:
        images: uint8 (N, H, W, C), 0-255, N at least 1. C of 1 is drawn grey, of 3 in colour, of any
            other number as the mean of the channels.
        labels: int (N,).
        class_names: One name per class.
        title: "Samples" when None.
    """
    with style.sheet(class_names, title or "") as (names, heading):
        figure, axes, boxes, tile = grid(images, caption=0.2, most_columns=12)
        counted = f"{len(images):,} image{'s' * (len(images) > 1)}"
        shape = f" {style.TIMES} ".join(map(str, images.shape[1:]))
        style.header(axes, heading or "Samples", f"{counted}, {shape}")
        for label, (x, y) in zip(labels, boxes, strict=True):
            _write_label(axes, x, y + tile[1] + 0.15, names[label], tile[0])
        return style.save(figure, path)


def augmentation_grid(
    images: NDArray[np.uint8],
    changed: NDArray[np.uint8],
    labels: NDArray[np.integer],
    class_names: Sequence[str],
    path: Path,
    *,
    title: str,
) -> style.Figure:
    """Draws labelled images, below each of them what augmentation made of it, and writes the PNG.

    Args:
        images: uint8 (N, H, W, C), 0-255, N from 1 to 12.
        changed: uint8 (times, N, H, W, C), 0-255.
        labels: int (N,).
        class_names: One name per class.
    """
    with style.sheet(class_names, title) as (names, heading):
        count, times = len(images), len(changed)
        rows = np.concatenate([images[None], changed]).reshape(-1, *images.shape[1:])
        figure, axes, boxes, tile = grid(rows, caption=0.0, most_columns=12, columns=count)
        style.header(
            axes, heading, f"on top the images as they are; below, what training made of them {times} times"
        )
        for label, (x, y) in zip(labels, boxes[:count], strict=True):
            _write_label(axes, x, y - 0.08, names[label], tile[0])
        return style.save(figure, path)


def predictions_grid(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    predicted: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    class_names: Sequence[str],
    path: Path,
) -> style.Figure:
    """Draws images with what the network saw and what is there, the wrong ones framed, and writes the PNG.

    Args:
        images: uint8 (N, H, W, C), 0-255, N at least 1.
        labels: int (N,), the actual classes.
        predicted: int (N,), the predicted classes.
        probabilities: float (N,), 0-1: those of the predicted classes.
        class_names: One name per class.
    """
    with style.sheet(class_names) as (names, _):
        figure, axes, boxes, tile = grid(images, caption=3 * _LINE + 0.08, most_columns=5)
        wrong = int(np.sum(labels != predicted))
        counted = f"{len(images)} test image{'s' * (len(images) > 1)}"
        verdict = f"{wrong} wrong: framed and crossed" if wrong else "all right"
        style.header(axes, "Predicted and actual", f"{counted}, {verdict}")
        for label, guess, share, (x, y) in zip(labels, predicted, probabilities, boxes, strict=True):
            colour = style.INK if label == guess else style.VERMILION
            lines = (
                ("predicted", names[guess], colour, "bold"),
                ("actual", names[label], style.INK, "normal"),
                ("confidence", style.percent(float(share)), style.MUTED, "normal"),
            )
            _write_keyed_lines(axes, x, y + tile[1], lines, indent=0.63, width=tile[0])
            if label != guess:
                _cross(axes, x, y, *tile)
        return style.save(figure, path)


def differences_grid(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    predicted: NDArray[np.integer],
    names: Sequence[str],
    class_names: Sequence[str],
    path: Path,
    *,
    of: int,
) -> style.Figure:
    """Draws images that classifiers answer differently, with what each says, and writes the PNG.

    Args:
        images: uint8 (N, H, W, C), 0-255, N at least 1.
        labels: int (N,), the actual classes.
        predicted: int (R, N), what each of R classifiers says, R up to 26.
        names: what the R are called; in the picture they are A, B, C ...
        class_names: One name per class.
        of: how many such images there are, of which these are the first.
    """
    letters = ascii_uppercase[: len(names)]
    with style.sheet((*class_names, *names)) as (drawable, _):
        classes = drawable[: len(class_names)]
        # A run's name that no font can draw is left out: its letter says enough.
        called = ["" if text == f"class {index}" else text for index, text in enumerate(drawable)]
        legend = style.HEADER + len(names) * _LINE
        caption = (len(names) + 1) * _LINE + 0.08
        figure, axes, boxes, tile = grid(images, caption=caption, most_columns=8, top=legend)
        shown = f"{of:,} image{'s' * (of > 1)}" + (f", the first {len(images):,}" if len(images) < of else "")
        style.header(axes, "Where they differ", f"{shown}; wrong answers in orange")
        width = axes.get_xlim()[1] - 2 * style.MARGIN - 0.2
        for line, (letter, name) in enumerate(zip(letters, called[len(class_names) :], strict=True)):
            y = 0.9 + line * _LINE
            axes.text(style.MARGIN, y, letter, size=8, weight="bold")
            style.fit(axes.text(style.MARGIN + 0.2, y, name, size=8, color=style.MUTED), width)
        for label, said, (x, y) in zip(labels, predicted.T, boxes, strict=True):
            lines = [
                (
                    key,
                    classes[answer],
                    *((style.INK, "normal") if answer == label else (style.VERMILION, "bold")),
                )
                for key, answer in [("actual", label), *zip(letters, said, strict=True)]
            ]
            _write_keyed_lines(axes, x, y + tile[1], lines, indent=0.4, width=tile[0])
        return style.save(figure, path)


def label_issues_picture(
    images: NDArray[np.uint8],
    indices: NDArray[np.integer],
    given: NDArray[np.integer],
    suggested: NDArray[np.integer],
    confidence: NDArray[np.floating],
    class_names: Sequence[str],
    path: Path,
    *,
    subtitle: str,
) -> style.Figure:
    """Draws the images in the order given, and writes the PNG.

    Args:
        images: uint8 (N, H, W, C), 0-255, N at least 1.
        indices: int (N,), each image's place in the data set.
        given: int (N,), the labels as they are.
        suggested: int (N,), what the network says.
        confidence: float (N,), 0-1: its probability of that.
        class_names: one name per class.
        subtitle: what was looked at, in a line.
    """
    with style.sheet(class_names) as (names, _):
        figure, axes, boxes, tile = grid(images, caption=4 * _SMALL_LINE + 0.06, most_columns=7)
        style.header(axes, "Label issues, the most doubtful first", subtitle)
        for index, label, guess, share, (x, y) in zip(
            indices, given, suggested, confidence, boxes, strict=True
        ):
            lines = (
                ("index", f"{index}", style.MUTED, "normal"),
                ("labelled", names[label], style.VERMILION, "bold"),
                ("network", names[guess], style.BLUE, "bold"),
                ("", style.percent(float(share)), style.MUTED, "normal"),
            )
            _write_keyed_lines(
                axes, x, y + tile[1], lines, indent=0.47, width=tile[0], pitch=_SMALL_LINE, size=7
            )
        return style.save(figure, path)


def grid(
    images: NDArray[np.generic],
    caption: float,
    most_columns: int,
    columns: int | None = None,
    top: float = style.HEADER,
    largest: float = 2.4,
    narrowest: float = 3.2,
) -> tuple[style.Figure, style.Axes, list[tuple[float, float]], tuple[float, float]]:
    """Draws the images; returns the page, each tile's top left corner, and the tile's width and height."""
    count, height, width = images.shape[:3]
    columns = columns or style.columns_for(count, most_columns)
    tile_width = min(largest, (style.WIDTH - 2 * style.MARGIN + _GAP) / columns - _GAP)
    tile_height = tile_width * min(1.5, max(0.3, height / width))
    pitch = tile_width + _GAP, tile_height + caption + _GAP
    rows = -(-count // columns)
    page_width = max(narrowest, columns * pitch[0] - _GAP + 2 * style.MARGIN)
    figure, axes = style.page(page_width, top + rows * pitch[1] - _GAP + style.MARGIN)
    boxes = [
        (style.MARGIN + index % columns * pitch[0], top + index // columns * pitch[1])
        for index in range(count)
    ]
    for image, (x, y) in zip(images, boxes, strict=True):
        style.show(axes, style.in_colours(image), x, y, tile_width, tile_height)
    return figure, axes, boxes, (tile_width, tile_height)


def _write_label(axes: style.Axes, x: float, y: float, label: str, width: float) -> None:
    style.fit(axes.text(x + width / 2, y, label, size=8, ha="center"), width)


def _write_keyed_lines(
    axes: style.Axes,
    x: float,
    y: float,
    lines: Iterable[tuple[str, str, str, str]],
    *,
    indent: float,
    width: float,
    pitch: float = _LINE,
    size: float = 8,
) -> None:
    """Writes lines of key, value, and the value's colour and weight below an image that ends at `y`."""
    for number, (key, value, colour, weight) in enumerate(lines, 1):
        below = y + 0.02 + number * pitch
        axes.text(x, below, key, size=size - 1, color=style.MUTED)
        text = axes.text(x + indent, below, value, size=size, color=colour, weight=weight)
        style.fit(text, width - indent)


def _cross(axes: style.Axes, x: float, y: float, width: float, height: float) -> None:
    """Marks a wrong one by shape as well as by colour."""
    style.frame(axes, x, y, width, height, style.VERMILION, 3)
    middle = x + width - 0.1, y + 0.1
    axes.plot(*middle, marker="s", markersize=15, color=style.VERMILION, markeredgewidth=0)
    axes.plot(*middle, marker="x", markersize=6, color="white", markeredgewidth=1.6)
