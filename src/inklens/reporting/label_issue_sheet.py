"""The images with the most doubtful labels, with the label they have and the one that is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style
from inklens.reporting.image_grids import grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_KEYS = ("index", "labelled", "network")
_LINE = 0.15


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
) -> Figure:
    """Draws the images in the order given, and writes the PNG.

    Args:
        images: uint8 (N, H, W, C), 0-255, N at least 1.
        indices: int (N,), each image's place in the data set.
        given: int (N,), the labels as they are.
        suggested: int (N,), what the network says.
        confidence: float (N,), 0-1: its probability of that.
        class_names: one name per class.
        subtitle: what was looked at, in a line.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    with style.sheet(class_names) as (names, _):
        figure, axes, boxes, tile = grid(images, caption=4 * _LINE + 0.06, most_columns=7)
        style.header(axes, "Label issues, the most doubtful first", subtitle)
        for index, label, guess, share, (x, y) in zip(
            indices, given, suggested, confidence, boxes, strict=True
        ):
            values = (f"{index}", names[label], names[guess])
            colours = (style.MUTED, style.VERMILION, style.BLUE)
            for line, (key, value, colour) in enumerate(zip(_KEYS, values, colours, strict=True)):
                below = y + tile[1] + 0.16 + line * _LINE
                axes.text(x, below, key, size=6, color=style.MUTED)
                text = axes.text(
                    x + 0.47, below, value, size=7, color=colour, weight="bold" if line else "normal"
                )
                style.fit(text, tile[0] - 0.47)
            below = y + tile[1] + 0.16 + len(_KEYS) * _LINE
            axes.text(x + 0.47, below, style.percent(float(share)), size=6, color=style.MUTED)
        return style.save(figure, path)
