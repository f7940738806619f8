"""A bad day of the providers: a middleware before the simulator that spoils some answers and notes every request."""

import asyncio
import gzip
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Act = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]
FOR_EVER = 1_000_000
_OF_THE_CLIENTS_COPY = (b"range", b"if-range", b"if-none-match", b"if-modified-since")


@dataclass(frozen=True)
class Fault:
    """What is done in place of an answer, and to which requests: a file that is another one is so to HEAD as well."""

    act: Act
    methods: tuple[str, ...] = ("GET",)


@dataclass(frozen=True)
class Seen:
    """A request as it came in, and when (monotonic seconds)."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    at: float


@dataclass
class Rule:
    """A fault for the next `times` requests whose path holds `path`."""

    path: str
    fault: Fault
    times: int

    def fits(self, request: Seen) -> bool:
        return self.times > 0 and self.path in request.path and request.method in self.fault.methods


@dataclass
class Faults:
    """What is to go wrong, in the order it was added, and the requests seen."""

    rules: list[Rule] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def add(self, path: str, fault: Fault, times: int = 1) -> None:
        self.rules.append(Rule(path, fault, times))

    def clear(self) -> None:
        self.rules.clear()
        self.seen.clear()

    @property
    def spent(self) -> bool:
        """Whether every fault that ends has happened as often as it was to."""
        return all(rule.times == 0 for rule in self.rules if rule.times < FOR_EVER // 2)

    def requests(self, path: str, method: str = "GET") -> list[Seen]:
        return [request for request in self.seen if path in request.path and request.method == method]

    def middleware(self) -> Middleware:
        return Middleware(_Proxy, faults=self)

    def take(self, request: Seen) -> Fault | None:
        """Note a request; return the fault it meets."""
        self.seen.append(request)
        rule = next((rule for rule in self.rules if rule.fits(request)), None)
        if rule is None:
            return None
        rule.times -= 1
        return rule.fault


@dataclass(frozen=True)
class _Proxy:
    app: ASGIApp
    faults: Faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        fault = self.faults.take(Seen(scope["method"], scope["path"], query, headers, time.monotonic()))
        if fault is None:
            await self.app(scope, receive, send)
        else:
            await fault.act(self.app, scope, receive, send)


def answers(status: int, body: str, kind: str = "application/json", **headers: str) -> Fault:
    """Another answer in place of the provider's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def act(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await Response(body, status, media_type=kind, headers=named)(scope, receive, send)

    return Fault(act)


def stalls(seconds: float) -> Fault:
    """The answer, late."""

    async def act(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(seconds)
        await app(scope, receive, send)

    return Fault(act)


def breaks_after(size: int) -> Fault:
    """The answer's first bytes, then a closed connection: the server closes one whose Content-Length is not met."""

    async def act(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        left = size

        async def first_bytes(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.start":
                await send(message)
            elif left:
                body = message.get("body", b"")[:left]
                left -= len(body)
                await send({"type": "http.response.body", "body": body, "more_body": True})

        await app(scope, receive, first_bytes)

    return Fault(act)


def edits(change: Callable[[bytes], bytes]) -> Fault:
    """The answer with another body, whole, and headers that are true of it."""

    async def act(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await _whole_answer(app, scope, receive)
        body = change(body)
        known = {name: value for name, value in start["headers"] if name.lower() not in (b"content-length", b"etag")}
        if any(name.lower() == b"etag" for name, _ in start["headers"]):
            known[b"etag"] = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'.encode()
        known[b"content-length"] = str(len(body)).encode()
        await send({"type": "http.response.start", "status": start["status"], "headers": list(known.items())})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return Fault(act, ("GET", "HEAD"))


async def _whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    headers = [(name, value) for name, value in scope["headers"] if name not in _OF_THE_CLIENTS_COPY]
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope | {"method": "GET", "headers": headers}, receive, keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


def csv(change: Callable[[list[str]], list[str]]) -> Fault:
    """A csv.gz with other lines; the header is the first."""

    def changed(body: bytes) -> bytes:
        lines = change(gzip.decompress(body).decode().splitlines())
        return gzip.compress("\n".join([*lines, ""]).encode(), compresslevel=1, mtime=0)

    return edits(changed)


def records(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], *, told: bool = False) -> Fault:
    """Hub'Eau's envelope with other records, and its `count` as it was, or, when it is `told`, as they are."""

    def changed(body: bytes) -> bytes:
        envelope = json.loads(body)
        envelope["data"] = change(envelope["data"])
        if told:
            envelope["count"] = len(envelope["data"])
        return json.dumps(envelope, ensure_ascii=False).encode()

    return edits(changed)
