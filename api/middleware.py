"""What surrounds every request: its id, its limits, the headers of its answer, its line in the log, its metrics.

One layer of plain ASGI: each layer costs every request, and these all look at the same two messages.
"""

import logging
import re
import secrets
from time import perf_counter

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import headers
from api.logs import request_id, told
from api.metrics import Metrics
from api.problems import ProblemResponse

logger = logging.getLogger("hydrotheque.api")  # also sent to Azure Monitor, where it is set up
access = logging.getLogger("hydrotheque.requests")

MAX_ADDRESS = 8_000  # characters of path and query: the least that RFC 9110 section 4.1 asks servers to take
CLIENT_GONE = 499  # nginx's number, for the log and the metrics: nobody was there to read a status
NO_ROUTE = "none"
UNKNOWN = -1
_CLOSE = {"Connection": "close"}  # the rest of what is being sent is not read
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TOO_LONG = f"The address has more than {MAX_ADDRESS:,} characters."
_OUR_FAULT = "Something went wrong on our side; it is in the log of the server under the request's id."


class Envelope:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, metrics: Metrics) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.metrics = metrics
        self.too_large = f"The body has more than {max_body_bytes:,} bytes."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is too large; answer 500 for what nobody caught."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        name, length = _read(scope["headers"])
        request_id.set(name)
        status = 0

        async def send_completed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = message["headers"] = list(message.get("headers", ()))
                answer.append((b"x-request-id", name.encode()))
                headers.complete(answer, scope["path"], scope["scheme"])
            await send(message)

        self.metrics.in_progress.inc()
        try:
            if refusal := self._refusal(scope, length):
                await refusal(scope, receive, send_completed)
            elif length == UNKNOWN:
                await self.app(scope, self._limited(receive), send_completed)
            else:
                await self.app(scope, receive, send_completed)
        except Exception as error:
            logger.error("unexpected error", extra={"said": {"error": told(error)}})
            if status:  # too late to say so: uvicorn cuts the connection, so that nobody takes half for the whole
                raise
            await ProblemResponse("internal-error", _OUR_FAULT)(scope, receive, send_completed)
        finally:
            self.metrics.in_progress.dec()
            self._account(scope, status or CLIENT_GONE, perf_counter() - started)

    def _refusal(self, scope: Scope, length: int) -> Response | None:
        if len(scope["path"]) + len(scope["query_string"]) > MAX_ADDRESS:
            return ProblemResponse("address-too-long", _TOO_LONG, _CLOSE)
        if length > self.max_body_bytes:
            return ProblemResponse("body-too-large", self.too_large, _CLOSE)
        return None

    def _limited(self, receive: Receive) -> Receive:
        """For a body that does not say its length."""
        left = self.max_body_bytes

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, self.too_large, _CLOSE)
            return message

        return counted

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        self.metrics.request(scope["method"], route, status, seconds)
        if access.isEnabledFor(logging.INFO):
            said = {"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 2)}
            access.info("request", extra={"said": said})


def _read(raw: list[tuple[bytes, bytes]]) -> tuple[str, int]:
    """The request's id, the caller's when it is well-formed, and the length of its body, UNKNOWN when not said."""
    name, length = "", 0
    for key, value in raw:
        if key == b"x-request-id" and _WELL_FORMED.fullmatch(value):
            name = value.decode()
        elif key == b"content-length" and value.isdigit():
            length = int(value[:20])
        elif key == b"transfer-encoding":
            length = UNKNOWN
    return name or secrets.token_hex(16), length
