"""From a photo or scan to the numbers written on it.

Names resolve when they are first used, so that importing the room does not even import NumPy.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.reading.read_page import read as read
    from inklens.reading.reading import (
        Number as Number,
        Reading as Reading,
    )

__getattr__, __dir__, __all__ = lazily(__name__)
