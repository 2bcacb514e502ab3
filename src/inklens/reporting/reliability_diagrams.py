"""Reliability, and error against coverage: whether confidence means what it says, and what it is good for."""

from pathlib import Path
from typing import Any

import numpy as np

from inklens.evaluation import Reliability, RiskCoverageCurve, wilson_interval
from inklens.reporting import style

_LEFT, _WIDTH = 0.85, 6.75
_TICKS = 6
_DOT: dict[str, Any] = {"marker": "o", "color": style.BLUE, "markeredgecolor": "white", "clip_on": False}
_MARKED = (1.0, 0.99, 0.95, 0.9)


def reliability_picture(reliability: Reliability, path: Path) -> style.Figure:
    """Draws accuracy against confidence with 95% intervals, images of each bin below, and writes the PNG.

    On the diagonal, confidence is right; below it, the network is surer than it may be.
    """
    height, bottom, side = 5.7, 1.1, 3.45
    with style.sheet():
        figure, page = style.page(style.WIDTH, height)
        images = f"{reliability.count.sum():,} images"
        error = f"calibration error (ECE) {100 * reliability.calibration_error:.2f}%"
        style.header(
            page, "Reliability", f"{images}, {error}; dashed: as right as it is sure; lines: 95% intervals"
        )
        axes = _panel(figure, height, bottom, side)
        axes.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, linestyle=(0, (4, 3)))
        filled = np.flatnonzero(reliability.count)
        widths = (reliability.upper - reliability.lower)[filled]
        left, tops = reliability.lower[filled], reliability.accuracy[filled]
        pale = style.shade(style.BLUE, np.array(0.25))
        axes.bar(left, tops, widths, align="edge", color=pale, edgecolor="white", linewidth=0.8)
        for index in filled:
            _point(axes, reliability, int(index))
        _shares(axes, "x", 0, 1)
        _shares(axes, "y", 0, 1)
        axes.set_ylabel("accuracy")
        axes.set_xlabel("confidence: the highest probability of an image", loc="right")
        page.text(style.MARGIN, height - 0.38, "images", size=7, color=style.MUTED, va="baseline")
        for lower, upper, count in zip(reliability.lower, reliability.upper, reliability.count, strict=True):
            x = _LEFT + _WIDTH * (lower + upper) / 2
            page.text(
                x, height - 0.38, _short(int(count)), size=7, color=style.MUTED, ha="center", va="baseline"
            )
        return style.save(figure, path)


def coverage_picture(coverage: RiskCoverageCurve, path: Path) -> style.Figure:
    """Draws the error among the images that are answered, the surest first, and writes the PNG.

    It begins where errors begin: at 0, 50, 80 or 90% answered.
    """
    height, bottom, side = 4.1, 0.75, 2.2
    with style.sheet():
        figure, page = style.page(style.WIDTH, height)
        marked = [(share, coverage.error_at(share)) for share in _MARKED]
        said = ", ".join(f"{style.percent(error, 2)} at {100 * share:g}%" for share, error in marked)
        style.header(page, "Error against coverage", f"error among the images answered: {said}")
        axes = _panel(figure, height, bottom, side)
        start = max(share for share in (0.0, 0.5, 0.8, 0.9) if share == 0 or coverage.error_at(share) == 0)
        axes.plot(coverage.coverage, coverage.error, color=style.BLUE, linewidth=1.8)
        seen = coverage.coverage >= max(start, 0.1)
        top = 1.15 * max(float(coverage.error[seen].max()), 1e-3)
        for share, error in marked:
            axes.plot(share, error, markersize=5, **_DOT)
        _shares(axes, "x", start, 1)
        _shares(axes, "y", 0, min(top, 1))
        axes.set_ylabel("error")
        axes.set_xlabel("images answered, the surest first", loc="right")
        return style.save(figure, path)


def _panel(figure: style.Figure, height: float, bottom: float, side: float) -> style.Axes:
    box = (_LEFT / style.WIDTH, bottom / height, _WIDTH / style.WIDTH, side / height)
    return figure.add_axes(box)


def _point(axes: style.Axes, reliability: Reliability, index: int) -> None:
    """Where the images of a bin lie, and how far that can be trusted."""
    n, accuracy = int(reliability.count[index]), float(reliability.accuracy[index])
    confidence = float(reliability.mean_confidence[index])
    low, high = wilson_interval(round(accuracy * n), n)
    axes.vlines(confidence, low, high, color=style.BLUE, linewidth=1.4)
    axes.plot(confidence, accuracy, markersize=5.5, **_DOT)


def _shares(axes: style.Axes, which: str, low: float, high: float) -> None:
    """An axis of shares, said in per cent."""
    from matplotlib.ticker import MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    axis.set_major_locator(MaxNLocator(_TICKS, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(style.percent_tick)


def _short(count: int) -> str:
    """A count that fits below a bin: 12,345 or 250k."""
    if count < 100_000:
        return f"{count:,}"
    return f"{count / 1e3:.0f}k" if count < 1e6 else f"{count / 1e6:.3g}M"
