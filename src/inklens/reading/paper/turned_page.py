"""A page turned by quarters, whose boxes stay those of the picture as given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.photo import Page


@dataclass(frozen=True, eq=False)
class TurnedPage(Page):
    """A page that is read after a turn.

    Args:
        source: the page as it lies in the picture.
        quarters: by how many quarters it is turned, anticlockwise, 1 to 3.
    """

    source: Page
    quarters: int

    def in_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points x, y of `grey` as x, y of the picture as given: float64 (N, 2)."""
        height, width = self.source.grey.shape
        x, y = points.reshape(-1, 2).T
        turned = {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[self.quarters]
        return self.source.in_picture(np.column_stack(turned))


def turned_page(page: Page, quarters: int) -> TurnedPage:
    """The page after this many quarter turns, anticlockwise."""
    region, grey = (
        np.ascontiguousarray(np.rot90(each, quarters), np.uint8) for each in (page.region, page.grey)
    )
    ink = np.ascontiguousarray(np.rot90(page.ink, quarters), np.float32)
    return TurnedPage(
        page.picture, page.size, region, grey, ink, page.left, page.top, page.scale, page.dark, page,
        quarters, on_desk=page.on_desk,
    )  # fmt: skip
