"""A view of the page in Chromium: what is drawn on it, and what it said on the console and asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

Strokes = Sequence[Sequence[tuple[float, float]]]
# Of a height of 1, to be drawn anywhere.
SEVEN = (((0.0, 0.0), (0.6, 0.0), (0.25, 1.0)),)
ONE = (((0.0, 0.0), (0.0, 1.0)),)
FOUR = (((0.3, 0.0), (0.0, 0.6), (0.7, 0.6)), ((0.5, 0.3), (0.5, 1.0)))


@dataclass(frozen=True, eq=False)
class OpenedPage:
    """A view of the page."""

    page: Page
    console: list[str]
    requests: list[str]

    def draw(self, strokes: Strokes, left: float = 0.4, top: float = 0.2, height: float = 0.55) -> None:
        """With the mouse; left, top and height are shares of the pad, which is as wide as it is."""
        box = self.page.locator(".sheet:visible").bounding_box()
        assert box is not None
        size = height * box["height"]
        for stroke in strokes:
            points = [
                (box["x"] + left * box["width"] + x * size, box["y"] + top * box["height"] + y * size)
                for x, y in stroke
            ]
            self.page.mouse.move(*points[0])
            self.page.mouse.down()
            for x, y in points[1:]:
                self.page.mouse.move(x, y, steps=6)
            self.page.mouse.up()

    def answer(self) -> str:
        """What the page says of what is drawn by now."""
        self.page.wait_for_function(
            "() => document.querySelector('.view.draw .answer').dataset.settled === 'yes'"
        )
        return self.page.locator(".view.draw .label").inner_text()
