"""Text from outside on one line: which names a class may have, and how other text is shown."""

_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}  # controls, bytes that are not UTF-8, and line and paragraph ends
# They turn the direction of the text around them as well.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_printable(text: str) -> bool:
    """Whether a text is valid UTF-8 on one line; joiners, as in emoji, are allowed."""
    if text.isprintable():  # which refuses more, and needs no import
        return True
    from unicodedata import category

    return not any(letter in _TURNING or category(letter) in _UNSEEN for letter in text)


def printable(text: str) -> str:
    """The text on one line, with whatever is not printable in it escaped as in a Python string.

    A file, a class or a note may be called anything: what would steer a terminal is shown instead.
    """
    if is_printable(text):
        return text
    return "".join(
        letter if is_printable(letter) else letter.encode("unicode_escape").decode() for letter in text
    )
