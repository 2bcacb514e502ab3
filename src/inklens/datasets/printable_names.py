"""Names that people read on one line: which ones may be a class's, and how others are shown. No NumPy."""

from unicodedata import category

_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}  # controls, bytes that are not UTF-8, and line and paragraph ends


def is_printable(name: str) -> bool:
    """Whether a name is valid UTF-8 on one line; joiners, as in emoji, are allowed."""
    return not any(category(letter) in _UNSEEN for letter in name)


def printable(text: str) -> str:
    """The text on one line, whatever is not printable in it escaped as in a Python string."""
    return "".join(
        letter if is_printable(letter) else letter.encode("unicode_escape").decode() for letter in text
    )
