"""The page in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from browser import browser as browser
from serving.page.opened_page import OpenedPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def opened(browser: Browser, digits_server: Any) -> Iterator[Callable[..., OpenedPage]]:
    """Opens a view: opened("inside", width=390, dark=True). Nothing may have gone wrong in the end."""
    contexts, pages = [], []

    def opened(
        view: str = "draw", width: int = 1280, dark: bool = False, before: Any = None, **options: Any
    ) -> OpenedPage:
        scheme = "dark" if dark else "light"
        viewport = {"width": width, "height": 860}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        console: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: console.append(message.text))
        page.on("pageerror", lambda error: console.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        if before is not None:
            before(page)
        page.goto(f"{digits_server.address}/#{view}")
        page.wait_for_selector(f".view.{view}:not([hidden])")
        pages.append(OpenedPage(page, console, requests))
        return pages[-1]

    yield opened
    for context in contexts:
        context.close()
    for page in pages:
        assert page.console == []
        assert not [url for url in page.requests if not url.startswith((digits_server.address, "data:"))]
