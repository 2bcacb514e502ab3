"""Names that are chosen from a list: networks, presets, backends, formats."""

import difflib
from collections.abc import Iterable

from inklens.errors import OptionError


def check_choice(what: str, given: object, known: Iterable[str]) -> None:
    """Refuses a name that is not on the list, and suggests the nearest one.

    Raises:
        OptionError: `given` is not in `known`.

    Example:
        >>> check_choice("preset", "fats", ["fast", "accurate"])
        OptionError: unknown preset 'fats': did you mean 'fast'? expected one of fast, accurate
    """
    names = list(known)
    if given not in names:
        near = difflib.get_close_matches(str(given), names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise OptionError(f"unknown {what} {given!r}: {hint}expected one of {', '.join(names)}")
