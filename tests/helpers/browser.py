"""Headless Chromium, where there is one: what a person sees of a page."""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def needs_chromium(test: Callable[..., Any]) -> Any:
    """Mark a test that a machine without Chromium skips."""
    return pytest.mark.program(pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")(test))


def command_line(folder: Path) -> list[str]:
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
        f"--log-net-log={folder / 'net.json'}",
    ]


class Page:
    """A page that one works on: Chromium told what to do over its DevTools pipe (file descriptors 3 and 4)."""

    def __init__(self, url: str, folder: Path, size: tuple[int, int]) -> None:
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        command = [*command_line(folder), "--remote-debugging-pipe", "about:blank"]
        wired = ["bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', *command]
        self._process = subprocess.Popen(wired, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self._number, self._session, self._unread = 0, "", b""
        shown = next(each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=shown["targetId"], flatten=True)
        self._session = attached["sessionId"]
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.call("Page.navigate", url=url)

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
        while b"\0" not in self._unread:
            assert select.select([self._from], [], [], 60)[0], "Chromium does not answer"
            part = os.read(self._from, 1 << 16)
            assert part, "Chromium is gone"
            self._unread += part
        text, self._unread = self._unread.split(b"\0", 1)
        return text

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

    def wait_for(self, texts: Iterable[str], seconds: float = 60) -> None:
        """Wait until the page has each of the texts."""
        document = "document.documentElement?.outerHTML.includes(text)"
        self.wait(f"{json.dumps(list(texts))}.every(text => {document})", seconds)

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
        """End the browser, which finishes its log of the network before it goes."""
        self._session = ""
        self.call("Browser.close")
        self._process.wait(timeout=60)
        os.close(self._from)
        os.close(self._to)


@contextmanager
def page(url: str, folder: Path, size: tuple[int, int] = (1200, 1400)) -> Iterator[Page]:
    """Open a page until the end of the block."""
    opened = Page(url, folder, size)
    try:
        yield opened
    finally:
        opened.close()


def asked_by(site: str, folder: Path) -> list[str]:
    """The addresses that the pages of a site asked for: the browser asks its own maker for others."""
    events = json.loads((folder / "net.json").read_text())["events"]
    found = (event.get("params", {}) for event in events)
    return [each["url"] for each in found if each.get("initiator") == site and "url" in each]
