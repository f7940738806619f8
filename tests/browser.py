"""Headless Chromium, where there is one: what a person sees of a page."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")


def screenshot(url: str, folder: Path, size: tuple[int, int] = (1000, 800), seconds: int = 5) -> Image.Image:
    """Open a page, let its scripts work for a few (virtual) seconds, and return a picture of it."""
    return Image.open(chromium(url, folder, f"--screenshot={folder / 'page.png'}", size, seconds) / "page.png")


def text_of(url: str, folder: Path, seconds: int = 5, size: tuple[int, int] = (1000, 800)) -> str:
    """Return the page's document as its scripts leave it."""
    chromium(url, folder, "--dump-dom", size, seconds)
    return (folder / "stdout").read_text()


def chromium(url: str, folder: Path, what: str, size: tuple[int, int], seconds: int) -> Path:
    """Run Chromium on a page and write what it gives to the folder."""
    command = [*command_line(folder, size), f"--virtual-time-budget={seconds * 1000}", what, url]
    with (folder / "stdout").open("w") as stdout:
        subprocess.run(command, stdout=stdout, stderr=subprocess.DEVNULL, timeout=120, check=True)
    return folder


def command_line(folder: Path, size: tuple[int, int]) -> list[str]:
    """Chromium, in which no name resolves, so that a page has to do without the internet."""
    return [
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
    ]


class Page:
    """A page that one works on: Chromium told what to do over its DevTools pipe (file descriptors 3 and 4)."""

    def __init__(self, url: str, folder: Path) -> None:
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        command = [*command_line(folder, (1200, 1400)), "--remote-debugging-pipe", "about:blank"]
        wired = ["bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', *command]
        self._process = subprocess.Popen(wired, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self._answers = os.fdopen(self._from, "rb")
        self._number, self._session = 0, ""
        target = self.call("Target.createTarget", url=url)["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its result."""
        answer = self._answer(method, **parameters)
        assert "error" not in answer, answer
        return answer["result"]

    def _answer(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._read())
            if answer.get("id") == self._number:
                return dict(answer)

    def _read(self) -> bytes:
        text = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "Chromium is gone"
            text += byte
        return bytes(text)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives in the page."""
        how = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        end = time.monotonic() + 60
        while "error" in (answer := self._answer("Runtime.evaluate", **how)):  # between two documents there is none
            assert time.monotonic() < end, answer
            time.sleep(0.05)
        found = answer["result"]
        assert "exceptionDetails" not in found, (expression, found)
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = 60) -> Any:
        """The first value of an expression that is true."""
        end = time.monotonic() + seconds
        while not (found := self.value(expression)):
            assert time.monotonic() < end, f"{expression}: not within {seconds} s"
            time.sleep(0.05)
        return found

    def click(self, selector: str) -> None:
        """Click on the first element of a selector, once it is there."""
        self.wait(f"document.querySelector({selector!r}) !== null")
        self.value(f"document.querySelector({selector!r}).click()")

    def write(self, selector: str, text: str) -> None:
        """Type a text into a field."""
        self.wait(f"document.querySelector({selector!r}) !== null")
        self.value(f"document.querySelector({selector!r}).focus()")
        self.call("Input.insertText", text=text)

    def screenshot(self, path: Path) -> Image.Image:
        """A picture of what is to be seen, kept at the path."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
        return Image.open(path)

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(timeout=30)
        self._answers.close()
        os.close(self._to)


@contextmanager
def page(url: str, folder: Path) -> Iterator[Page]:
    """Open a page until the end of the block."""
    opened = Page(url, folder)
    try:
        yield opened
    finally:
        opened.close()
