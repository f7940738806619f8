"""Every error leaves as a problem (RFC 9457), with one sentence in `detail`; a refused body goes nowhere."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from psycopg import Error as PsycopgError
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.database import RETRY_AFTER_SECONDS, ReadError
from api.problems import ProblemResponse, kind_of, plain

logger = logging.getLogger("hydrotheque.api")

NO_SUCH_ROUTE = "There is nothing at this address: /docs lists the routes."
NO_SUCH_METHOD = "This route does not answer this method: /docs lists the routes."
NOT_TEXT = "The body cannot be read: it is not UTF-8, or not what its Content-Type says."
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
    """Give the application its error handlers. What none of them takes is answered by `api.middleware`."""
    app.add_exception_handler(RequestValidationError, _invalid_input)
    app.add_exception_handler(HTTPException, _http_error)
    for kind in (DBAPIError, PoolTimeout, ReadError):
        app.add_exception_handler(kind, _database_error)


def first_line(error: Exception) -> str:
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


def unavailable(reason: str) -> Response:
    """503, and when to come back."""
    return ProblemResponse("unavailable", reason, {"Retry-After": str(RETRY_AFTER_SECONDS)})


async def _database_error(_: Request, error: Exception) -> Response:
    reason = unavailable_reason(error)
    if reason is None:
        raise error
    logger.warning("database: %s", first_line(error))
    return unavailable(reason)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for it)
    kind, detail, headers = kind_of(error), error.detail, error.headers
    if error.status_code == 400 and detail == "There was an error parsing the body":
        return ProblemResponse("invalid-request", NOT_TEXT, errors=[{"field": "", "message": NOT_TEXT}])
    if kind == "not-found" and detail == "Not Found":
        kind, detail = "no-such-route", NO_SUCH_ROUTE
    elif kind == "method-not-allowed":
        detail = NO_SUCH_METHOD
        if route := request.scope.get("route"):  # none for what is not of the document: a page, its files
            headers = {"Allow": _methods(request, route.path)}
    return ProblemResponse(kind, detail, headers) if kind else plain(error.status_code, detail, headers)


def _methods(request: Request, path: str) -> str:
    """The methods of the address: `Allow` names them all, and the router knows one route of it."""
    same = (each.methods or () for each in iter_route_contexts(request.app.routes) if each.path == path)
    return ", ".join(sorted(set[str]().union(*same)))


async def _invalid_input(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it)
    found = [{"field": _field(each["loc"]), "message": _message(each)} for each in error.errors()]
    sentence = "; ".join(f"{each['field']}: {each['message']}" if each["field"] else each["message"] for each in found)
    return ProblemResponse("invalid-request", sentence, errors=found)


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:] if isinstance(part, str))


def _message(error: dict[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "the body is not valid JSON"
    return str(error["msg"]).removeprefix("Value error, ")
