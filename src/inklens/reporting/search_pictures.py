"""A search for a better recipe: how it went, and which settings mattered."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from inklens.reporting import style

_HEIGHT = 3.6
_BAR = 0.3


def search_history_picture(
    complete: Sequence[tuple[int, float]], pruned: Sequence[tuple[int, float]], path: Path
) -> style.Figure:
    """Draws the validation accuracy of every trial and the best so far, and writes the PNG.

    Args:
        complete: number and accuracy (share of 1) of trials that came to their end, at least one.
        pruned: the same of those that were ended early, with their last accuracy.
    """
    with style.sheet():
        figure, page = style.page(style.WIDTH, _HEIGHT)
        best = max(value for _, value in complete)
        count = f"{len(complete) + len(pruned)} trials, {len(pruned)} of them ended early"
        style.header(page, "Search", f"{count}; best validation accuracy {style.percent(best, 2)}")
        axes = figure.add_axes((0.75 / style.WIDTH, 0.6 / _HEIGHT, 6.95 / style.WIDTH, 1.85 / _HEIGHT))
        numbers, values = np.array(complete, np.float64).T
        order = np.argsort(numbers)
        numbers, values = numbers[order], values[order]
        # Trials that came to nothing would press the others into one line: they lie at its lower end.
        floor = float(np.median(values)) - 3 * max(best - float(np.median(values)), 0.005)
        axes.step(
            numbers, np.maximum.accumulate(values), color=style.VERMILION, where="post", label="best so far"
        )
        axes.plot(numbers, np.maximum(values, floor), "o", color=style.BLUE, markersize=4.5, label="a trial")
        if pruned:
            numbers, values = np.array(pruned, np.float64).T
            shown = np.maximum(values, floor)
            axes.plot(numbers, shown, "x", color=style.MUTED, markersize=4.5, label="ended early")
        axes.set_ylim(floor - 0.1 * (best - floor), min(1.0, best + 2e-3))
        axes.set_xlabel("trial", loc="right")
        axes.xaxis.set_major_locator(style.tick_locator(8, integer=True, min_n_ticks=1))
        axes.yaxis.set_major_locator(style.tick_locator(6))
        axes.yaxis.set_major_formatter(style.percent_tick)
        corner = (1 - style.MARGIN / style.WIDTH, 1 - 0.72 / _HEIGHT)
        handles = axes.get_lines()
        figure.legend(
            handles=handles, loc="upper right", bbox_to_anchor=corner, ncols=3, frameon=False, fontsize=8.5
        )
        return style.save(figure, path)


def importance_picture(importances: Mapping[str, float], trials: int, path: Path) -> style.Figure:
    """Draws a bar for each setting, and writes the PNG.

    Args:
        importances: the share of the accuracy's variance by the setting's name, at least one.
        trials: how many it was found from.
    """
    ranked = sorted(importances.items(), key=lambda item: item[1])
    height = style.HEADER + 0.7 + _BAR * len(ranked)
    with style.sheet():
        figure, page = style.page(style.WIDTH, height)
        said = f"Share of the validation accuracy's variance (fANOVA), from {trials} trials"
        style.header(page, "Which settings mattered", said)
        tall = _BAR * len(ranked)
        axes = figure.add_axes((1.7 / style.WIDTH, 0.5 / height, 6.0 / style.WIDTH, tall / height))
        names = [name.replace("_", " ") for name, _ in ranked]
        axes.barh(names, [value for _, value in ranked], color=style.BLUE, height=0.6)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.set_xlim(0, max(max(importances.values()) * 1.08, 0.01))
        axes.xaxis.set_major_formatter(style.percent_tick)
        return style.save(figure, path)
