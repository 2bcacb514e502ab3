"""The filters of the first convolution as pictures."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style
from inklens.reporting.image_grids import grid


def filters_picture(filters: NDArray[np.floating], path: Path) -> style.Figure:
    """Draws every filter with its number, all to one scale, and writes the PNG.

    Args:
        filters: float (height, width, in, out), as Keras keeps them. With 3 inputs a filter is drawn as a
            colour picture whose mid-grey is 0; else blue is positive and orange negative, and more than one
            input is averaged.
    """
    kernel_height, kernel_width, inputs, count = filters.shape
    weights, largest = to_one_scale(filters)
    said = [f"{count} filter{'s' * (count > 1)}, {kernel_height} {style.TIMES} {kernel_width}"]
    if inputs == 3:
        tiles = 0.5 + weights / 2
        said.append(f"black {style.MINUS}{largest:.2g}, grey 0, white +{largest:.2g}")
    else:
        tiles = style.two_colours(weights)
        said += [f"mean over {inputs} inputs"] if inputs > 1 else []
    with style.sheet():
        figure, axes, boxes, tile = grid(tiles, caption=0.15, most_columns=16, largest=1.2, narrowest=4.8)
        style.header(axes, "First-layer filters", ", ".join(said), right=0 if inputs == 3 else 1.7)
        if inputs != 3:
            style.colour_bar(axes, axes.get_xlim()[1] - style.MARGIN, largest)
        for index, (x, y) in enumerate(boxes):
            below = y + tile[1] + 0.04
            axes.text(x + tile[0] / 2, below, str(index), size=6, color=style.MUTED, ha="center", va="top")
        return style.save(figure, path)


def to_one_scale(filters: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Weights, -1 to 1, and the largest, by which they were divided.

    (height, width, in, out) -> float64 (out, height, width, 3) of 3 inputs, else (out, height, width).
    """
    weights = np.nan_to_num(filters.astype(np.float64)).transpose(3, 0, 1, 2)
    if weights.shape[-1] != 3:
        weights = weights.mean(axis=-1)
    largest = float(np.abs(weights).max()) or 1.0
    return weights / largest, largest
