"""Every error leaves as JSON with one sentence in `detail`; a refused body is never sent back or logged."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import Error as PsycopgError
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.database import RETRY_AFTER_SECONDS, ReadError

logger = logging.getLogger("uvicorn.error")

_STANDARD = {
    404: "There is nothing at this address: /docs lists the routes.",
    405: "This route does not answer this method: /docs lists the routes.",
}
DATABASE_DOWN = "The database does not answer: try again in a few seconds."
_UNAVAILABLE: tuple[tuple[type[PsycopgError], str], ...] = (
    (pg.QueryCanceled, "The database took too long to answer: try again later or ask for less."),
    (pg.UndefinedTable, "The warehouse holds no data yet: its tables are not built."),
    (pg.InvalidSchemaName, "The warehouse holds no data yet: its schemas are not built."),
    (pg.InsufficientPrivilege, "The database does not let the API read its tables: its role lacks rights."),
    (pg.OperationalError, DATABASE_DOWN),
    (pg.InterfaceError, DATABASE_DOWN),
)


def install(app: FastAPI) -> None:
    """Give the application its error handlers."""
    app.add_exception_handler(RequestValidationError, _invalid_input)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolTimeout, _database_error)
    app.add_exception_handler(ReadError, _database_error)
    app.add_exception_handler(Exception, _unexpected)


def first_line(error: DBAPIError | ReadError) -> str:
    """What PostgreSQL or libpq said, without the lines (DETAIL, CONTEXT) that may quote data."""
    return str(error.orig if isinstance(error, DBAPIError) else error).strip().split("\n")[0]


def unavailable_reason(error: Exception) -> str | None:
    """The sentence for an error of the database that passes or that an operator mends; None for a fault of ours."""
    if isinstance(error, PoolTimeout):
        return DATABASE_DOWN
    if isinstance(error, DBAPIError):
        return _sentence(type(error.orig))
    if isinstance(error, ReadError):
        # psycopg has a class for each code of PostgreSQL's; without a code nobody answered.
        return _sentence(pg.lookup(error.sqlstate)) if error.sqlstate else DATABASE_DOWN
    return None


def _sentence(raised: type[Any]) -> str | None:
    return next((sentence for kind, sentence in _UNAVAILABLE if issubclass(raised, kind)), None)


def unavailable(reason: str) -> JSONResponse:
    """503, and when to come back."""
    return JSONResponse({"detail": reason}, 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    reason = unavailable_reason(error)
    if reason is None:
        raise error
    said = first_line(error) if isinstance(error, DBAPIError | ReadError) else "no free connection in the pool"
    logger.warning("database: %s (%s %s)", said, request.method, request.url.path)
    return unavailable(reason)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for it)
    detail = _STANDARD.get(error.status_code, error.detail) if _is_standard(error) else error.detail
    return JSONResponse({"detail": detail}, error.status_code, error.headers)


def _is_standard(error: HTTPException) -> bool:
    return error.detail in ("Not Found", "Method Not Allowed")


async def _invalid_input(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it)
    found = [{"field": _field(each["loc"]), "message": _message(each)} for each in error.errors()]
    sentence = "; ".join(f"{each['field']}: {each['message']}" if each["field"] else each["message"] for each in found)
    return JSONResponse({"detail": sentence, "errors": found}, 422)


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:] if isinstance(part, str))


def _message(error: dict[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "the body is not valid JSON"
    return str(error["msg"]).removeprefix("Value error, ")


async def _unexpected(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"detail": "Something went wrong on our side; it is in the log of the server."}, 500)
