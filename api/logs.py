"""Logs: one JSON object a line on stderr, each with the id of its request, none with anything a person sent."""

import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

# The id of the request under way; "" outside of one. Copied to the threads that sync routes run in.
request_id: ContextVar[str] = ContextVar("request_id", default="")


class Formatter(logging.Formatter):
    """Writes a record and what was given to it as `extra={"said": {…}}`.

    Of an exception it says what it is and where it came from, not its message: a driver's or a validator's message
    quotes the values it was given, an e-mail, a token.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line.update(getattr(record, "said", ()))
        if record.exc_info:
            line["error"] = told(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


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
    # What no line says and each would be asked for (docs.python.org/3/howto/logging.html#optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("hydrotheque").setLevel(level)
    logging.getLogger("uvicorn").handlers.clear()
    logging.getLogger("uvicorn").propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
