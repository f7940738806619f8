"""Headless Chromium, where there is one: what a person sees of a page and does on it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# No name resolves, so that a page has to do without the internet.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def needs_chromium(test: Callable[..., Any]) -> Any:
    """Mark a test that a machine without Chromium skips."""
    return pytest.mark.program(pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")(test))


@contextmanager
def page(url: str, width: int = 1200, height: int = 1400, asked: list[str] | None = None) -> Iterator[Page]:
    """Open a page until the end of the block; `asked` takes the address of every request it makes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": width, "height": height})
        opened.set_default_timeout(60_000)
        if asked is not None:
            opened.on("request", lambda request: asked.append(request.url))
        opened.goto(url)
        yield opened
        browser.close()


def colours(opened: Page) -> set[tuple[int, int, int]]:
    """Return the colours to be seen: a blank page has one."""
    with Image.open(BytesIO(opened.screenshot())) as picture:
        return {colour for _, colour in picture.convert("RGB").getcolors(maxcolors=1 << 24) or []}
