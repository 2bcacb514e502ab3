"""Chromium for tests of pages: the fixtures that rooms with a page take from here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def watched_page(
    browser: Browser, width: int, height: int, dark: bool, **options: Any
) -> tuple[Page, list[str], list[str]]:
    """A page in a context of its own, what it says on the console, and what it asks for, as they grow."""
    viewport: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light", **options)
    page = context.new_page()
    console: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    return page, console, requests


# Not for the session: while Playwright's synchronous interface is open, an event loop counts as running in
# this process, and no other test could start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium in PATH: on Debian `apt-get install chromium` brings it")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no Playwright: `pip install 'inklens[dev]'` brings it"
    )
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
