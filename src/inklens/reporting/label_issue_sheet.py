"""The images with the most doubtful labels, with the label they have and the one that is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style
from inklens.reporting.image_grids import grid, write_keyed_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
            lines = (
                ("index", f"{index}", style.MUTED, "normal"),
                ("labelled", names[label], style.VERMILION, "bold"),
                ("network", names[guess], style.BLUE, "bold"),
                ("", style.percent(float(share)), style.MUTED, "normal"),
            )
            write_keyed_lines(axes, x, y + tile[1], lines, indent=0.47, width=tile[0], pitch=_LINE, size=7)
        return style.save(figure, path)
