"""Training curves: loss and accuracy over the epochs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.reporting import style

_HEIGHT = 3.75
_LINE: dict[str, Any] = {
    "linewidth": 1.8,
    "markersize": 4.5,
    "markeredgecolor": "white",
    "markeredgewidth": 0.6,
}
_LEGEND: dict[str, Any] = {
    "frameon": False,
    "fontsize": 8.5,
    "borderpad": 0,
    "borderaxespad": 0,
    "handlelength": 1.6,
}
_SERIES = (("", "training", style.BLUE, "o"), ("val_", "validation", style.VERMILION, "s"))


def training_curves(history: Sequence[Mapping[str, float | None]], path: Path) -> style.Figure:
    """Draws loss and accuracy of training and, where there is one, of validation, and writes the PNG.

    Args:
        history: One entry per epoch, at least one: epoch, loss, accuracy, val_loss, val_accuracy. What is
            missing, None or not finite is left out of the curves.

    Raises:
        ValueError: `history` is empty.
    """
    if not history:
        raise ValueError("history is empty; expected one entry per epoch")
    with style.sheet():
        figure, page = style.page(style.WIDTH, _HEIGHT)
        style.header(page, "Training", _summary(history), right=2)
        left, width, bottom, height = 0.75, 3.05, 0.6, 1.95
        for position, measure in enumerate(("loss", "accuracy")):
            x = left + position * (width + 0.85)
            axes = figure.add_axes((x / style.WIDTH, bottom / _HEIGHT, width / style.WIDTH, height / _HEIGHT))
            _panel(axes, history, measure)
        handles = figure.axes[1].get_lines()
        corner = (1 - style.MARGIN / style.WIDTH, 1 - 0.28 / _HEIGHT)
        figure.legend(handles=handles, loc="upper right", bbox_to_anchor=corner, ncols=2, **_LEGEND)
        return style.save(figure, path)


def _panel(axes: style.Axes, history: Sequence[Mapping[str, float | None]], measure: str) -> None:
    epochs = _column(history, "epoch")
    for prefix, name, colour, marker in _SERIES:
        values = _column(history, prefix + measure)
        if np.isfinite(values).any():
            shape = marker if len(epochs) <= 40 else ""
            axes.plot(epochs, values, color=colour, marker=shape, label=name, clip_on=False, **_LINE)
    axes.set_title(measure.capitalize(), loc="left", size=9.5, weight="bold", pad=10)
    axes.set_xlabel("epoch", loc="right")
    # Room for the markers; only one epoch stands in the middle.
    pad = max(0.5 if len(epochs) == 1 else 0.15, 0.03 * float(np.ptp(epochs)))
    axes.set_xlim(epochs.min() - min(pad, 0.5), epochs.max() + pad)
    axes.xaxis.set_major_locator(style.tick_locator(8, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(style.tick_locator(6))
    if measure == "accuracy":
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, 0), min(high, 1))
        axes.yaxis.set_major_formatter(style.percent_tick)
    else:
        axes.set_ylim(0)
        axes.yaxis.set_major_formatter(lambda loss, _: f"{loss:g}")


def _column(history: Sequence[Mapping[str, float | None]], key: str) -> NDArray[np.float64]:
    return np.array([entry.get(key) for entry in history], dtype=np.float64)  # None becomes NaN


def _summary(history: Sequence[Mapping[str, float | None]]) -> str:
    said = f"{len(history)} epoch{'s' * (len(history) > 1)}"
    for prefix, name, *_ in reversed(_SERIES):
        last = _column(history, prefix + "accuracy")[-1]
        if np.isfinite(last):
            return f"{said}, {name} accuracy {style.percent(last, 2)} at the end"
    return said
