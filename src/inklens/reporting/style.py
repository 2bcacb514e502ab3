"""How every picture looks: palette, type, page, and text that fits and that the fonts can draw.

Sizes are inches on the page. Blue and vermilion are those of Okabe and Ito (2008), which people with any
colour vision tell apart.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import needing

with needing("Matplotlib", "a picture"):
    import matplotlib.style
    from matplotlib.axes import Axes as Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Figure
    from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
    from matplotlib.patches import Rectangle
    from matplotlib.text import Text
    from matplotlib.ticker import MaxNLocator

INK = "#1f2430"
MUTED = "#646c79"
LINE = "#d5d9e0"
BLUE = "#0072b2"
VERMILION = "#d55e00"

WIDTH = 8.0
DPI = 200
MARGIN = 0.3
HEADER = 0.95
TIMES, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"

_FONT = "DejaVu Sans"  # comes with Matplotlib, so every machine draws the same
_SHEET: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 8,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,  # a class may be named "$5 or $10"
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.color": LINE,
    "ytick.labelcolor": MUTED,
    "ytick.left": False,
}


@contextmanager
def sheet(class_names: Sequence[str] = (), title: str = "") -> Iterator[tuple[list[str], str]]:
    """Sets the style for what is drawn inside, and yields the names and the title as they can be drawn.

    A name with a character that no installed font has becomes "class 3", which says more than a row of
    empty boxes; such a title is left out.
    """
    cleaned = [_clean(text) for text in (*class_names, title)]
    families, missing = _families_for(set("".join(cleaned)))
    *names, title = (text if missing.isdisjoint(text) else "" for text in cleaned)
    with matplotlib.style.context(["default", _SHEET, {"font.family": families}]):
        yield [name or f"class {index}" for index, name in enumerate(names)], title


def _clean(text: str) -> str:
    """One line, composed letters, nothing that does not print."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(character for character in composed if character.isprintable())


def _families_for(characters: set[str]) -> tuple[list[str], set[str]]:
    """The font families that draw the characters, sans-serif ones first, and the characters that none has."""

    def lacking(path: str) -> set[str]:
        font = get_font(path)
        return {character for character in characters if not font.get_char_index(ord(character))}

    regular = findfont(FontProperties(family=_FONT))
    bold = findfont(FontProperties(family=_FONT, weight="bold"))
    families, characters = [_FONT], lacking(regular) | lacking(bold)
    candidates = {
        font.name: font.fname
        for font in fontManager.ttflist
        if font.style == "normal" and "Last Resort" not in font.name and "Emoji" not in font.name
    }
    for name in sorted(candidates, key=lambda name: ("Sans" not in name, name)):
        if not characters:
            break
        if len(left := lacking(candidates[name])) < len(characters):
            families.append(name)
            characters = left
    return families, characters


def page(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty page whose axes are inches from its top left corner."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    axes.axis("off")
    return figure, axes


def header(axes: Axes, title: str, subtitle: str, right: float = 0.0) -> None:
    """Writes both at the top of the page, shortened to its width less what is kept free at the right."""
    width = axes.get_xlim()[1] - 2 * MARGIN - right
    fit(axes.text(MARGIN, 0.42, title, size=13, weight="bold"), width)
    fit(axes.text(MARGIN, 0.67, subtitle, size=8.5, color=MUTED), width)


def fit(text: Text, width: float) -> None:
    """Shortens a text in its middle until it is no wider than `width`.

    In the middle, because long class names tend to differ at their end.
    """
    whole = text.get_text()
    keep = len(whole)
    while keep > 1 and (drawn := text.get_window_extent().width) > width * DPI:
        keep = min(keep - 1, int(keep * width * DPI / drawn))
        tail = keep // 2
        text.set_text(f"{whole[: keep - tail].rstrip()}…{whole[len(whole) - tail :].lstrip()}")


def show(
    axes: Axes, image: NDArray[np.generic], x: float, y: float, width: float, height: float
) -> tuple[float, float, float]:
    """Draws an image as large as the box lets it, in the box's middle, with a hairline around it.

    Args:
        image: (H, W, 3), uint8 0-255 or float 0-1.

    Returns:
        Where it is: its left edge, its top edge, and inches per pixel.
    """
    scale = min(width / image.shape[1], height / image.shape[0])
    w, h = image.shape[1] * scale, image.shape[0] * scale
    left, top = x + (width - w) / 2, y + (height - h) / 2
    axes.imshow(image, extent=(left, left + w, top + h, top), aspect="auto", interpolation="auto")
    frame(axes, left, top, w, h, LINE, 0.5)
    return left, top, scale


def frame(axes: Axes, x: float, y: float, width: float, height: float, colour: str, points: float) -> None:
    axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=colour, linewidth=points))


def shade(colour: str, strength: NDArray[np.float64]) -> NDArray[np.float64]:
    """From white (0) to the colour (1): (...) in, RGB (..., 3) in [0, 1] out."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.asarray(1 - strength[..., None] * (1 - rgb))


def two_colours(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) in -1..1 -> RGB (..., 3) in 0..1; white is 0, blue above, vermilion below."""
    positive = shade(BLUE, np.abs(values))
    return np.where(values[..., None] > 0, positive, shade(VERMILION, np.abs(values)))


def colour_bar(axes: Axes, right: float, largest: float) -> None:
    """The key to `two_colours` in a page's header, 1.5 inches wide."""
    left, top, bottom = right - 1.5, 0.3, 0.42
    colours = two_colours(np.linspace(-1, 1, 255)[None])
    axes.imshow(colours, extent=(left, right, bottom, top), aspect="auto")
    frame(axes, left, top, right - left, bottom - top, LINE, 0.5)
    ends = (
        (left, "left", f"{MINUS}{largest:.2g}"),
        ((left + right) / 2, "center", "0"),
        (right, "right", f"+{largest:.2g}"),
    )
    for x, side, said in ends:
        axes.text(x, 0.47, said, size=7, color=MUTED, ha=side, va="top")


def in_colours(image: NDArray[Any]) -> NDArray[Any]:
    """(H, W, C) -> (H, W, 3)."""
    if image.shape[-1] == 3:
        return image
    return np.repeat(image.mean(axis=-1, keepdims=True).round().astype(image.dtype), 3, axis=-1)


def percent(share: float, digits: int = 1) -> str:
    """ "98.7%"; what is less than certain is never rounded up to 100%."""
    rounded = f"{100 * share:.{digits}f}"
    return f"{'>99.' + digits * '9' if share < 1 and rounded.startswith('100') else rounded}%"


def percent_tick(share: float, _: object = None) -> str:
    """ "97.5%", what stands at a tick of an axis of shares."""
    return f"{100 * share:.6g}%"


def tick_locator(most: int, **options: Any) -> MaxNLocator:
    """Finds ticks a step of 1, 2 or 5 times a power of ten apart, `most` steps at most."""
    return MaxNLocator(most, steps=[1, 2, 5, 10], **options)


def columns_for(count: int, most: int) -> int:
    """The columns that make a grid of `count` tiles wider than high, its last row as full as can be."""
    wanted = min(most, round((1.8 * count) ** 0.5))
    choice = range(max(1, wanted - 2), min(most, wanted + 5) + 1)
    return min(choice, key=lambda columns: (-count % columns, abs(columns - wanted), -columns))


def save(figure: Figure, path: Path) -> Figure:
    figure.savefig(path, format="png")
    return figure
