"""Logs: one JSON object a line on stderr, each with the id of its request, none with anything a person sent."""

import logging
import traceback
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.orjson import OrjsonFormatter

# The id of the request under way; "" outside of one. Copied to the threads that sync routes run in.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(OrjsonFormatter):
    """Adds the request's id, and says of an exception what it is and where it came from, not its message.

    A driver's or a validator's message quotes the values it was given: an e-mail, a token.
    """

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn's, for terminals
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Add the id of the request, unless there is none."""
        if current := request_id.get():
            log_data["request_id"] = current
        return log_data

    def formatException(self, ei: _ExcInfo) -> list[str]:  # type: ignore[override]  # noqa: N802
        """See `told`."""
        return told(ei[1])


def told(error: BaseException | None) -> list[str]:
    """One line per exception of the chain, and one per frame."""
    lines: list[str] = []
    while error is not None:
        lines.append(type(error).__name__)
        lines += [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]
        error = error.__cause__ or error.__context__
    return lines


def configure(level: str) -> None:
    """Send what the API, uvicorn and the libraries say through one handler.

    uvicorn's own log of requests is replaced by ours (`api.middleware`): it holds the caller's address.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("hydrotheque").setLevel(level)
    logging.getLogger("uvicorn").handlers.clear()
    logging.getLogger("uvicorn").propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
