"""From a photo or scan to the numbers written on it.

Names resolve when they are first used, so that importing the room does not even import NumPy.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.reading.read_page import read
    from inklens.reading.reading import Digit, Number, Reading
    from inklens.reading.reading_files import write_reading

__all__ = [
    "Digit",
    "Number",
    "Reading",
    "read",
    "write_reading",
]

_HOMES = {
    "Digit": "reading",
    "Number": "reading",
    "Reading": "reading",
    "read": "read_page",
    "write_reading": "reading_files",
}

__getattr__ = lazily(__name__, _HOMES)
