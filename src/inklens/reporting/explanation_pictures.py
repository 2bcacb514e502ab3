"""Why one image got its answer: class activation, occlusion, and the answers when parts are covered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.explanation import Explanation, Occlusion
from inklens.reporting import style

_GAP = 0.18
_TITLE, _LINE = 0.22, 0.15
_LINES = 4
_EXAMPLES = 8
_EXAMPLE = (style.WIDTH - 2 * style.MARGIN + 0.14) / _EXAMPLES - 0.14
_STRONGEST = 0.85  # of a colour over the image, so that the image stays visible
_LEAST = 0.0005  # a fall that is said as 0.0 points, such as rounding makes, is not drawn in full colour
_LONGEST_CELL_NAME = 1  # of a class, to be written into a cell
_SMALLEST_TYPE = 5.5


@dataclass(frozen=True)
class _Panel:
    title: str
    pixels: NDArray[np.generic]
    lines: tuple[str, ...]
    said: tuple[tuple[float, float, str], ...] = ()  # (row, column, text) in pixels of the image
    pitch: int = 1  # pixels between two of those


def class_activation_picture(
    explanation: Explanation, class_names: Sequence[str], path: Path
) -> style.Figure:
    """Draws the image, and the image with what speaks for the label in blue, and writes the PNG.

    Args:
        explanation: of one image.
        class_names: one per class.
    """
    with style.sheet(class_names) as (names, _):
        panels = [_image(explanation.image), _activation(explanation, names)]
        return _page(names, explanation.occlusion, "Class activation", panels, path)


def occlusion_picture(
    image: NDArray[np.uint8], occlusion: Occlusion, class_names: Sequence[str], path: Path
) -> style.Figure:
    """Draws how the label's probability falls when parts are covered, which answer there is then, and
    examples, and writes the PNG.

    Args:
        image: uint8 (H, W, C), 0-255, as it was covered.
        occlusion: of that image.
        class_names: one per class.
    """
    with style.sheet(class_names) as (names, _):
        panels = [_image(image), _fall(image, occlusion, names), _answers(image, occlusion, names)]
        return _page(names, occlusion, "Answers when parts are covered", panels, path, image)


def explanation_picture(explanation: Explanation, class_names: Sequence[str], path: Path) -> style.Figure:
    """Draws class activation, occlusion and examples of covered images on one page, and writes the PNG.

    Args:
        explanation: of one image.
        class_names: one per class.
    """
    image, occlusion = explanation.image, explanation.occlusion
    with style.sheet(class_names) as (names, _):
        panels = [
            _image(image),
            _activation(explanation, names),
            _fall(image, occlusion, names),
            _answers(image, occlusion, names),
        ]
        return _page(names, occlusion, f"What speaks for {names[occlusion.label]}", panels, path, image)


def _image(image: NDArray[np.uint8]) -> _Panel:
    height, width = image.shape[:2]
    said = f"{height} {style.TIMES} {width} pixels"
    return _Panel("The image", style.in_colours(image), ("as the network saw it", said))


def _activation(explanation: Explanation, names: Sequence[str]) -> _Panel:
    layer = explanation.activation_layer
    height, width = layer.shape[:2]
    strength = explanation.class_activation
    lines = (
        f"blue speaks for {names[explanation.label]}" if strength.any() else "nothing speaks for it",
        f"Grad-CAM, {height} {style.TIMES} {width} points",
        "of the last layer with a map",
    )
    return _Panel("Class activation", _over(explanation.image, strength), lines)


def _fall(image: NDArray[np.uint8], occlusion: Occlusion, names: Sequence[str]) -> _Panel:
    """Drawn is the mean over the covers that hide a pixel; said is what the most telling cover does."""
    falls = occlusion.falls
    side = f"{occlusion.patch} {style.TIMES} {occlusion.patch}"
    lines = (
        f"{side}, in the background's colour",
        f"blue costs {names[occlusion.label]}: {_points(falls.max())} at most",
        f"orange gains it: {_points(-falls.min())} at most",
        "a pixel shows its covers' mean",
    )
    strongest = max(float(np.abs(occlusion.fall).max()), _LEAST)
    return _Panel("Covering a part", _over(image, occlusion.fall / strongest), lines)


def _answers(image: NDArray[np.uint8], occlusion: Occlusion, names: Sequence[str]) -> _Panel:
    """Each answer around the middle of its cover; the rim, which no middle reaches, is left as it is."""
    answers = occlusion.answers
    same = answers == occlusion.label
    shares = np.where(same, 0.6, -0.9) * occlusion.covered.max(axis=-1)
    rows, in_rows = _nearest(occlusion.tops, occlusion.patch, image.shape[0])
    columns, in_columns = _nearest(occlusion.lefts, occlusion.patch, image.shape[1])
    values = shares[rows][:, columns] * in_rows[:, None] * in_columns
    others = Counter(names[answer] for answer in answers[~same].tolist()).most_common(4)
    lines = (
        "coloured at the cover's middle",
        f"blue: {names[occlusion.label]} in {int(same.sum())} of {same.size} places",
        "orange: " + (", ".join(f"{name} in {count}" for name, count in others) or "none"),
    )
    half, steps = occlusion.patch / 2, (_step(occlusion.tops), _step(occlusion.lefts))
    free = _spaced(occlusion.tops)[:, None] & _spaced(occlusion.lefts)
    said = tuple(
        (occlusion.tops[row] + half, occlusion.lefts[column] + half, names[answers[row, column]])
        for row, column in np.argwhere(free & ~same).tolist()
    )
    return _Panel("The answer then", _over(image, values), lines, said, min(steps))


def _step(starts: NDArray[np.int64]) -> int:
    return int(np.diff(starts).max(initial=1))


def _spaced(starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The last place, to which the step may be shorter, and those that are a whole step away from it."""
    return np.asarray((starts[-1] - starts >= _step(starts)) | (starts == starts[-1]))


def _nearest(
    starts: NDArray[np.int64], patch: int, pixels: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each pixel the place whose middle is nearest, and whether it is near: no step away."""
    away = np.abs(np.arange(pixels)[:, None] + 0.5 - (starts + patch / 2))
    return away.argmin(axis=1), away.min(axis=1) <= _step(starts) / 2


def _over(image: NDArray[np.uint8], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The image under blue where `values` (H, W), -1 to 1, are above 0, and under vermilion below."""
    grey = style.in_colours(image).mean(axis=-1, keepdims=True) / 255
    base = np.repeat(0.25 + 0.6 * grey, 3, axis=-1)  # neither black nor white, so that both colours show
    strength = np.abs(values)[..., None].astype(np.float64) * _STRONGEST
    full = style.shade(style.BLUE, np.ones(1)), style.shade(style.VERMILION, np.ones(1))
    return np.asarray(base * (1 - strength) + np.where(values[..., None] > 0, *full) * strength)


def _page(
    names: Sequence[str],
    occlusion: Occlusion,
    title: str,
    panels: Sequence[_Panel],
    path: Path,
    covered: NDArray[np.uint8] | None = None,
) -> style.Figure:
    count = len(panels)
    tile = min(2.35, (style.WIDTH - 2 * style.MARGIN + _GAP) / count - _GAP)
    places = _telling_places(occlusion) if covered is not None else []
    below = style.HEADER + _TITLE + tile + 0.08 + _LINES * _LINE
    examples = 0.5 + _EXAMPLE + 2 * _LINE if places else 0.0
    width = style.WIDTH if places else count * (tile + _GAP) - _GAP + 2 * style.MARGIN
    figure, axes = style.page(width, below + examples + style.MARGIN)
    style.header(axes, title, _said(occlusion, names))
    for index, panel in enumerate(panels):
        _draw(axes, panel, style.MARGIN + index * (tile + _GAP), tile)
    if covered is not None:
        _examples(axes, covered, occlusion, places, names, below + 0.3)
    return style.save(figure, path)


def _said(occlusion: Occlusion, names: Sequence[str]) -> str:
    """The uncovered image's answers, the most probable first, and the label's where it is not among them."""
    ranked = np.argsort(-occlusion.uncovered, kind="stable")[:3].tolist()
    shown = ranked if occlusion.label in ranked else [*ranked[:2], occlusion.label]
    shares = (f"{names[one]} {style.percent(float(occlusion.uncovered[one]))}" for one in shown)
    return f"the network says {', '.join(shares)}"


def _draw(axes: style.Axes, panel: _Panel, x: float, tile: float) -> None:
    from matplotlib.patheffects import withStroke

    y = style.HEADER + _TITLE
    style.fit(axes.text(x, y - 0.08, panel.title, size=9, weight="bold"), tile)
    left, top, scale = style.show(axes, panel.pixels, x, y, tile, tile)
    for index, line in enumerate(panel.lines):
        text = axes.text(x, y + tile + 0.19 + index * _LINE, line, size=7, color=style.MUTED)
        style.fit(text, tile)
    size = min(8.0, 0.7 * 72 * scale * panel.pitch)
    halo = withStroke(linewidth=1.6, foreground=style.INK)  # white on white ink could not be read
    for row, column, name in panel.said:
        if size >= _SMALLEST_TYPE and len(name) <= _LONGEST_CELL_NAME:
            middle = left + column * scale, top + row * scale
            text = axes.text(*middle, name, size=size, color="white", ha="center", va="center_baseline")
            text.set_path_effects([halo])


def _telling_places(occlusion: Occlusion) -> list[tuple[int, int]]:
    """At most 8 places (row, column) that do not lie on each other: first the surest of each other answer,
    then those where the label falls most."""
    answers, falls = occlusion.answers, occlusion.falls
    shares = occlusion.covered.max(axis=-1)
    others = sorted(set(answers.ravel().tolist()) - {occlusion.label})
    surest = [int(np.where(answers == other, shares, -1).argmax()) for other in others]
    surest.sort(key=lambda place: -float(shares.ravel()[place]))
    chosen: list[tuple[int, int]] = []
    for place in [*surest, *np.argsort(-falls, axis=None, kind="stable").tolist()]:
        row, column = divmod(place, falls.shape[1])
        corner = np.array([occlusion.tops[row], occlusion.lefts[column]])
        apart = (
            np.abs(corner - (occlusion.tops[r], occlusion.lefts[c])).max() >= occlusion.patch / 2
            for r, c in chosen
        )
        if len(chosen) < _EXAMPLES and all(apart):
            chosen.append((row, column))
    return chosen


def _examples(
    axes: style.Axes,
    image: NDArray[np.uint8],
    occlusion: Occlusion,
    places: Sequence[tuple[int, int]],
    names: Sequence[str],
    y: float,
) -> None:
    axes.text(style.MARGIN, y, "Covered here, it says", size=9, weight="bold")
    for index, (row, column) in enumerate(places):
        x = style.MARGIN + index * (_EXAMPLE + 0.14)
        covered = style.in_colours(occlusion.covered_image(image, row, column))
        left, top, scale = style.show(axes, covered, x, y + 0.1, _EXAMPLE, _EXAMPLE)
        corner = left + scale * int(occlusion.lefts[column]), top + scale * int(occlusion.tops[row])
        style.frame(axes, *corner, scale * occlusion.patch, scale * occlusion.patch, style.VERMILION, 1.2)
        answer = int(occlusion.answers[row, column])
        shares = occlusion.covered[row, column]
        colour = style.INK if answer == occlusion.label else style.VERMILION
        lines = [(f"{names[answer]}  {style.percent(float(shares[answer]))}", colour, "bold")]
        if answer != occlusion.label:
            share = style.percent(float(shares[occlusion.label]))
            lines.append((f"{names[occlusion.label]}  {share}", style.MUTED, "normal"))
        for line, (said, shade, weight) in enumerate(lines):
            text = axes.text(
                x, y + _EXAMPLE + 0.26 + line * _LINE, said, size=7.5, color=shade, weight=weight
            )
            style.fit(text, _EXAMPLE)


def _points(share: float) -> str:
    return f"{max(0.0, 100 * float(share)):.1f} points"
