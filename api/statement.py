"""SQLAlchemy's statements, compiled once, for asyncpg."""

from typing import Any

import asyncpg
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.asyncpg import dialect

_DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types


class Statement:
    """A SELECT over the tables of `api.models`, as the text PostgreSQL prepares; parameters are given by name."""

    def __init__(self, select: Select[Any]) -> None:
        compiled = select.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values in the order of the text; a constant of the statement needs none."""
        return [values[name] if name in values else self._constants[name] for name in self.names]

    async def rows(self, connection: asyncpg.Connection, **values: Any) -> list[asyncpg.Record]:
        """Every row."""
        found: list[asyncpg.Record] = await connection.fetch(self.text, *self.arguments(values))
        return found

    async def row(self, connection: asyncpg.Connection, **values: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await connection.fetchrow(self.text, *self.arguments(values))
