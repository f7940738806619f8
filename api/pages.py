"""Rows in pages: by limit and offset, or, however far one goes, by `after`, which takes up behind the last row."""

import base64
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import asyncpg
import orjson
from fastapi.exceptions import RequestValidationError
from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select, tuple_

from api.reader import Reader
from api.schemas.common import Paging
from api.statement import Statement

_PARSERS: dict[type, Callable[[Any], Any]] = {dt.date: dt.date.fromisoformat, dt.datetime: dt.datetime.fromisoformat}


class Listing:
    """The rows of a SELECT in a total order: `key` is a key of it, `conditions` what may be asked for, by name.

    A condition takes a parameter of its own name; those that are given hold together.
    """

    def __init__(
        self,
        rows: Select[Any],
        key: Sequence[ColumnElement[Any]],
        conditions: Mapping[str, ColumnElement[bool]],
        *,
        newest_first: bool = False,
    ) -> None:
        self._rows, self._key, self._conditions, self._descending = rows, tuple(key), conditions, newest_first
        self._made: dict[tuple[str, ...], Statement] = {}

    async def page(
        self,
        read: Reader,
        paging: Paging,
        asked: Mapping[str, Any],
        shape: Callable[[asyncpg.Record], dict[str, Any]] = dict,
    ) -> dict[str, Any]:
        """A `Page` whose results are the rows, in this shape. What is asked for as None is not asked for."""
        given = {name: value for name, value in asked.items() if value is not None}
        rows, following = await self.part(read, paging, given)
        total = await read.remembered(self.statement("total", given), **given)
        return {
            "total": total and total[0],
            "limit": paging.limit,
            "offset": paging.offset,
            "next": following,
            "results": [shape(row) for row in rows],
        }

    async def part(
        self, read: Reader, paging: Paging, given: Mapping[str, Any]
    ) -> tuple[list[asyncpg.Record], str | None]:
        """The rows of a page, and the cursor of the one after it; None behind the last."""
        # One row more than is given tells whether there is a next page.
        where = {**given, "limit": paging.limit + 1, "offset": paging.offset}
        kind = "page"
        if paging.after is not None:
            kind = "after"
            where |= self._position(paging.after)
        rows = await read.rows(self.statement(kind, given), **where)
        if len(rows) <= paging.limit:
            return rows, None
        rows.pop()
        return rows, self._cursor(rows[-1])

    def statement(self, kind: str, given: Iterable[str]) -> Statement:
        """The statement of a `page`, of a page `after` another, or of the `total`, when these parameters are given."""
        key = (kind, *(name for name in self._conditions if name in given))
        if key not in self._made:
            self._made[key] = Statement(self._select(*key))
        return self._made[key]

    def _select(self, kind: str, *given: str) -> Select[Any]:
        rows = self._rows.where(*(self._conditions[name] for name in given))
        if kind == "total":
            return select(func.count()).select_from(rows.subquery())
        if kind == "after":
            place = tuple_(*(bindparam(f"after_{name}", type_=each.type) for name, each in self._named))
            rows = rows.where(tuple_(*self._key) < place if self._descending else tuple_(*self._key) > place)
        order = [each.desc() for each in self._key] if self._descending else self._key
        limit, offset = bindparam("limit", type_=Integer), bindparam("offset", type_=Integer)
        return rows.order_by(*order).limit(limit).offset(offset)

    @cached_property
    def _named(self) -> list[tuple[str, ColumnElement[Any]]]:
        return [(str(getattr(each, "name")), each) for each in self._key]  # noqa: B009 - unknown to the type

    def _cursor(self, row: asyncpg.Record) -> str:
        text = orjson.dumps([row[name] for name, _ in self._named])
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    def _position(self, cursor: str) -> dict[str, Any]:
        """The values of a cursor, each of the type of its column; RequestValidationError for what is no cursor."""
        try:
            values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            return {
                f"after_{name}": _typed(value, each.type.python_type)
                for (name, each), value in zip(self._named, values, strict=True)
            }
        except (ValueError, TypeError, OverflowError):
            raise invalid("after", "this is not the `next` of a page of this route") from None


def _typed(value: Any, kind: type) -> Any:
    if kind in _PARSERS:
        parsed = _PARSERS[kind](value)
        if isinstance(parsed, dt.datetime):
            if parsed.tzinfo is None:
                raise ValueError
            return parsed.astimezone(dt.UTC)  # OverflowError for an instant outside of its years
        return parsed
    fits = type(value) is kind and (not isinstance(value, int) or abs(value) < 2**31) and "\0" not in str(value)
    if not fits:
        raise ValueError
    return value


def invalid(field: str, message: str) -> RequestValidationError:
    """The error that a parameter of the address which makes no sense leaves as."""
    return RequestValidationError([{"type": "value_error", "loc": ("query", field), "msg": message}])
