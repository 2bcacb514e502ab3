"""The page in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from browser import browser as browser, watched_page
from serving.page.opened_page import OpenedPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def opened(browser: Browser, digits_server: Any) -> Iterator[Callable[..., OpenedPage]]:
    """Opens a view: opened("inside", width=390, dark=True). Nothing may have gone wrong in the end."""
    pages: list[OpenedPage] = []

    def opened(
        view: str = "draw", width: int = 1280, dark: bool = False, before: Any = None, **options: Any
    ) -> OpenedPage:
        page, console, requests = watched_page(browser, width, 860, dark, **options)
        if before is not None:
            before(page)
        page.goto(f"{digits_server.address}/#{view}")
        page.wait_for_selector(f".view.{view}:not([hidden])")
        pages.append(OpenedPage(page, console, requests))
        return pages[-1]

    yield opened
    for page in pages:
        page.page.context.close()
    for page in pages:
        assert page.console == []
        assert not [url for url in page.requests if not url.startswith((digits_server.address, "data:"))]
