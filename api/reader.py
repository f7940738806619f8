"""How a route under /data reads and answers: one connection, one version of the data, JSON made from the rows."""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response
from sqlalchemy import ARRAY, Text, bindparam, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import SQLModel

from api import VERSION, users
from api.models import table_of
from api.models.marts import VersionDonnees
from api.sources import link_header
from api.statement import Statement

_version = table_of(VersionDonnees).c
_tables = bindparam("tables", type_=ARRAY(Text))
# Of all the builds together: the time of one is when its transaction began, so the latest need not be the last seen.
_builds = func.string_agg(cast(_version.construit_le, Text), aggregate_order_by(literal_column("','"), _version.modele))
# The account of the token and the version of the data in one go; no version unless each table has one.
GATE = Statement(
    users.ACCOUNT.add_columns(
        select(case((func.count() == func.cardinality(_tables), func.hashtextextended(_builds, literal_column("0")))))
        .where(_version.modele == func.any(_tables))
        .scalar_subquery()
    )
)
Tables = tuple[type[SQLModel], ...]
_REMEMBERED = 2_000
_RELEASE = crc32(VERSION.encode())
_rows: dict[tuple[Any, ...], tuple[int, asyncpg.Record]] = {}


class NotModified(Exception):  # noqa: N818  (an answer, no error)
    """The client holds this version already."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers


async def gate(connection: asyncpg.Connection, user_id: int, tables: Tables) -> tuple[Sequence[Any] | None, int | None]:
    """The row of `users.ACCOUNT`, if any, and the version of the tables, if all are built."""
    row = await GATE.row(connection, user_id=user_id, tables=_names(tables))
    return (None, None) if row is None else (row[:-1], row[-1])


class Reader:
    """A connection for one request, and how to answer it."""

    def __init__(
        self, connection: asyncpg.Connection, user_id: int, tables: Tables, version: int | None, request: Request
    ) -> None:
        self.connection, self.user_id, self.tables, self._version = connection, user_id, tables, version
        self._held = request.headers.get("if-none-match", "") if request.method == "GET" else ""
        self.headers = {"Link": _link_header(tables), "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if request.method == "GET" and version is not None:
            self.headers["ETag"] = etag = _etag(version, request)
            if etag in self._held:
                raise NotModified(self.headers)

    async def rows(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """Every row of a statement."""
        return await statement.rows(self.connection, **values)

    async def row(self, statement: Statement, **values: Any) -> asyncpg.Record | None:
        """The first row of a statement, or None."""
        return await statement.row(self.connection, **values)

    async def remembered(self, statement: Statement, **values: Any) -> asyncpg.Record | None:
        """The first row of a statement over the tables of this reader, asked for once in each version of the data."""
        key = (statement, *values.values())
        version, row = _rows.get(key, (None, None))
        if row is None or version != self._version:
            row = await self.row(statement, **values)
            if row is not None and self._version is not None:
                _rows[key] = (self._version, row)
            if len(_rows) > _REMEMBERED:
                del _rows[next(iter(_rows))]
        return row

    def answer(self, content: Any, media_type: str = "application/json") -> Response:
        """The content as JSON. It is not validated again: tests compare each route's answers with its schema."""
        return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), headers=self.headers, media_type=media_type)

    def answer_by_content(self, content: Any) -> Response:
        """The content as JSON, with a version of its own: for what changes when no table does."""
        answer = self.answer(content)
        digest = blake2b(answer.body, digest_size=12).hexdigest()
        answer.headers["ETag"] = self.headers["ETag"] = etag = f'W/"{digest[:16]}-{digest[16:]}"'
        if etag in self._held:
            raise NotModified(self.headers)
        return answer


def install(app: FastAPI) -> None:
    """Answer 304 where the client holds the version there is."""

    @app.exception_handler(NotModified)
    async def not_modified(_: Request, same: NotModified) -> Response:
        return Response(status_code=304, headers=same.headers)


def _etag(version: int, request: Request) -> str:
    """Of this address, this version of the data and this release, which may write the same rows otherwise. An address
    that was answered once is answered again.
    """
    asked = crc32(request.scope["path"].encode() + b"?" + request.scope["query_string"], _RELEASE)
    return f'W/"{version % 2**64:x}-{asked:x}"'


@cache
def _names(tables: Tables) -> list[str]:
    return [table_of(table).name for table in tables]


@cache
def _link_header(tables: Tables) -> str:
    return link_header(tables)
