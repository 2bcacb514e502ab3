"""The filters of the first convolution as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GAP = 0.1
_CAPTION = 0.15
_LARGEST_TILE = 1.2


def filters_picture(filters: NDArray[np.floating], path: Path) -> Figure:
    """Draws every filter with its number, all to one scale, and writes the PNG.

    Args:
        filters: float (height, width, in, out), as Keras keeps them. With 3 inputs a filter is drawn as a
            colour picture whose mid-grey is 0; else blue is positive and orange negative, and more than one
            input is averaged.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    kernel_height, kernel_width, inputs, count = filters.shape
    weights = np.nan_to_num(filters.astype(np.float64)).transpose(3, 0, 1, 2)
    if inputs != 3:
        weights = weights.mean(axis=-1)
    largest = float(np.abs(weights).max()) or 1.0
    if inputs == 3:
        tiles, scale = (
            0.5 + weights / (2 * largest),
            f"black {style.MINUS}{largest:.2g}, grey 0, white +{largest:.2g}",
        )
    else:
        tiles, scale = (
            style.two_colours(weights / largest),
            f"mean over {inputs} inputs" if inputs > 1 else "",
        )

    columns = style.columns_for(count, 16)
    tile = min(_LARGEST_TILE, (style.WIDTH - 2 * style.MARGIN + _GAP) / columns - _GAP)
    tile_height = tile * kernel_height / kernel_width
    row_pitch = tile_height + _CAPTION + _GAP
    width = max(0.6 * style.WIDTH, columns * (tile + _GAP) - _GAP + 2 * style.MARGIN)
    height = style.HEADER + -(-count // columns) * row_pitch - _GAP + style.MARGIN
    with style.sheet():
        figure, axes = style.page(width, height)
        counted = f"{count} filter{'s' * (count > 1)}, {kernel_height} {style.TIMES} {kernel_width}"
        subtitle = f"{counted}, {scale}" if scale else counted
        style.header(axes, "First-layer filters", subtitle, right=0 if inputs == 3 else 1.7)
        if inputs != 3:
            style.colour_bar(axes, width - style.MARGIN, largest)
        for index, weight in enumerate(tiles):
            x = style.MARGIN + index % columns * (tile + _GAP)
            y = style.HEADER + index // columns * row_pitch
            style.show(axes, weight, x, y, tile, tile_height)
            below = y + tile_height + 0.04
            axes.text(x + tile / 2, below, str(index), size=6, color=style.MUTED, ha="center", va="top")
        return style.save(figure, path)
