"""Foreign text made fit for a page, and numbers as a reader wants them."""

import unicodedata
from collections.abc import Sequence

from inklens.printable import is_printable
from inklens.reporting.style import TIMES, percent

LONGEST_NAME = 40
DASH, TO = "\N{EN DASH}", "\N{EN DASH}"


def clean(text: str) -> str:
    """One line of composed letters, without control characters and halves of characters."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(filter(is_printable, composed))


def readable_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """Clean names; one of which nothing is left becomes "class 3"."""
    return tuple(clean(name) or f"class {index}" for index, name in enumerate(class_names))


def shortened(text: str, most: int = LONGEST_NAME) -> str:
    """Cut in the middle, because long class names tend to differ at their end."""
    tail = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - tail].rstrip()}…{text[-tail:].lstrip()}"


def share(value: float | None, digits: int = 2) -> str:
    """ "98.73%"; a dash for what cannot be known."""
    return DASH if value is None else percent(value, digits)


def sure(confidence: float) -> str:
    """ "98.7%"; a network is never quite sure, though predictions.csv rounds to six digits."""
    return share(min(confidence, 1 - 1e-9), 1)


def seconds(value: float) -> str:
    """ "8.4 s", "84 s", "7 min 3 s", "2 h 5 min"."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: int) -> str:
    """Bytes as "187 kB" or "2.4 MB", in steps of 1,000."""
    return f"{count / 1e6:.1f} MB" if count >= 999_500 else f"{count / 1e3:.0f} kB"


def plural(count: int, word: str) -> str:
    """ "1 image", "2,000 images"."""
    return f"{count:,} {word}{'s' * (count != 1)}"


def shape(sides: Sequence[int]) -> str:
    """The sides with the multiplication sign between them."""
    return f" {TIMES} ".join(map(str, sides))
