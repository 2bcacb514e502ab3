"""Whether images are mirrored from side to side while training and in the vote: only where they stay what
they are.

Most things do. Writing does not, and neither does what is called left or right. A class that is called by a
single letter or by a digit may show that letter or digit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SIDES = {"left", "right", "clockwise", "anticlockwise", "counterclockwise"}
_DIGITS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
# Also the words in "turnLeft" and "arrow_left2".
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_UNMIRRORED = {"mirror": "none", "mirror-cross": "cross"}


def speaks_against(class_names: Sequence[str]) -> str | None:
    """What in the classes' names speaks against mirroring, as the beginning of a sentence; None: nothing.

    Example:
        >>> speaks_against(["turn-left", "turn-right", "stop"])
        "classes such as 'turn-left' name a side"
    """
    for name in class_names:
        if {word.lower() for word in _WORDS.findall(name)} & _SIDES:
            return f"classes such as {name!r} name a side"
    letters = [name for name in class_names if len(name.strip()) == 1 and name.strip().isalpha()]
    if letters:
        return f"classes such as {letters[0]!r} may be letters"
    if all(name.strip() in tuple("0123456789") or name.strip().lower() in _DIGITS for name in class_names):
        return f"classes such as {class_names[0]!r} may be digits"
    return None


def flips(flip: str, tta: str, kind: str, class_names: Sequence[str]) -> tuple[str, str]:
    """What is done with these data: "on" or "off", and a TTA that mirrors only where images are mirrored.

    Args:
        flip: "auto", "on" or "off"; see `inklens.recipes.Recipe`.
        tta: a name in `inklens.networks.tta.TTA`.
        kind: "writing" or "things".
    """
    if flip == "auto":
        flip = "off" if kind == "writing" or speaks_against(class_names) else "on"
    return flip, tta if flip == "on" else _UNMIRRORED.get(tta, tta)


def flip_note(flip: str, kind: str, class_names: Sequence[str]) -> str | None:
    """One line where names and mirroring do not go together, where names decided on it, or where they cannot:
    numbers say nothing of sides. Else None."""
    if kind != "things" or flip == "off":
        return None
    reason = speaks_against(class_names)
    if reason is None:
        if flip == "on" or not all(name.strip().isdecimal() for name in class_names):
            return None
        return (
            f"classes such as {class_names[0]!r} are numbers, which do not say what they show: images are "
            "mirrored; --flip off if a mirrored image belongs to another class"
        )
    if flip == "on":
        return f"{reason}: mirrored images are learnt from as asked for; --flip off leaves them out"
    return f"{reason}: no image is mirrored; --flip on if mirrored images stay in their class"
