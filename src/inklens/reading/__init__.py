"""From a photo or scan to the numbers written on it.

Names resolve when they are first used, so that importing the room does not even import NumPy.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.reading.files import write_reading
    from inklens.reading.reading import read
    from inklens.reading.results import Digit, Number, Reading

__all__ = ["Digit", "Number", "Reading", "read", "write_reading"]

_HOMES = {
    "Digit": "results",
    "Number": "results",
    "Reading": "results",
    "read": "reading",
    "write_reading": "files",
}

__getattr__ = lazily(__name__, _HOMES)
