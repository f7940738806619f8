"""Headless Chromium, where there is one: what a person sees of a page."""

import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")


def screenshot(url: str, folder: Path, size: tuple[int, int] = (1000, 800), seconds: int = 5) -> Image.Image:
    """Open a page, let its scripts work for a few (virtual) seconds, and return a picture of it."""
    return Image.open(chromium(url, folder, f"--screenshot={folder / 'page.png'}", size, seconds) / "page.png")


def text_of(url: str, folder: Path, seconds: int = 5) -> str:
    """Return the page's document as its scripts leave it."""
    chromium(url, folder, "--dump-dom", (1000, 800), seconds)
    return (folder / "stdout").read_text()


def chromium(url: str, folder: Path, what: str, size: tuple[int, int], seconds: int) -> Path:
    """Run Chromium on a page; no name resolves, so that the page has to do without the internet."""
    with (folder / "stdout").open("w") as stdout:
        subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
                "--hide-scrollbars",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                f"--user-data-dir={folder / 'profile'}",
                f"--window-size={size[0]},{size[1]}",
                f"--virtual-time-budget={seconds * 1000}",
                what,
                url,
            ],
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=True,
        )
    return folder
