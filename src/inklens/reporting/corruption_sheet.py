"""The same images under every corruption, a row for each, with what the network saw in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style

_NAMES = 1.35  # the column at the left: corruption and error
_GAP = 0.1
_CAPTION = 0.17


def corruptions_picture(
    rows: Mapping[str, tuple[NDArray[np.uint8], NDArray[np.integer]]],
    errors: Mapping[str, float],
    labels: NDArray[np.integer],
    class_names: Sequence[str],
    path: Path,
    *,
    subtitle: str,
    framed: Mapping[str, float] | None = None,
) -> style.Figure:
    """Draws one row of images per corruption with the predicted class below each, and writes the PNG.

    Args:
        rows: by the corruption's name, images uint8 (N, H, W, C), 0-255, and predicted classes int (N,);
            N from 1 to about 10, the same in all rows.
        errors: by the same names, each a share of 1, of all images that were measured.
        labels: int (N,), the actual classes.
        class_names: one name per class.
        subtitle: what was measured, in a line.
        framed: the errors where the images are framed first, by the same names; None shows none.
    """
    images = next(iter(rows.values()))[0]
    count, height, width = images.shape[:3]
    tile = min(0.8, (style.WIDTH - 2 * style.MARGIN - _NAMES + _GAP) / count - _GAP)
    tall = tile * min(1.5, max(0.3, height / width))
    pitch = tall + _CAPTION + _GAP
    with style.sheet(class_names) as (names, _):
        figure, axes = style.page(style.WIDTH, style.HEADER + len(rows) * pitch - _GAP + style.MARGIN)
        style.header(axes, "What the network sees in images that went wrong", subtitle)
        for number, (corruption, (images, predicted)) in enumerate(rows.items()):
            top = style.HEADER + number * pitch
            again = None if framed is None else framed[corruption]
            _say(axes, corruption.replace("_", " "), errors[corruption], again, top + tall / 2)
            for place, (image, guess, label) in enumerate(zip(images, predicted, labels, strict=True)):
                left = style.MARGIN + _NAMES + place * (tile + _GAP)
                style.show(axes, style.in_colours(image), left, top, tile, tall)
                right = guess == label
                if not right:
                    style.frame(axes, left, top, tile, tall, style.VERMILION, 1.5)
                text = axes.text(
                    left + tile / 2,
                    top + tall + 0.13,
                    names[guess] if right else f"{style.TIMES} {names[guess]}",  # by shape as by colour
                    size=7,
                    ha="center",
                    color=style.INK if right else style.VERMILION,
                    weight="normal" if right else "bold",
                )
                style.fit(text, tile + _GAP - 0.04)
        return style.save(figure, path)


def _say(axes: style.Axes, corruption: str, error: float, framed: float | None, middle: float) -> None:
    lines = [f"error {style.percent(error, 2)}"]
    if framed is not None:
        lines.append(f"framed {style.percent(framed, 2)}")
        middle -= 0.08
    name = axes.text(style.MARGIN, middle - 0.02, corruption, size=8.5, weight="bold")
    style.fit(name, _NAMES - _GAP)
    for number, line in enumerate(lines, 1):
        axes.text(style.MARGIN, middle - 0.02 + 0.16 * number, line, size=7.5, color=style.MUTED)
