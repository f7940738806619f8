"""The API's models say what the marts are."""

from typing import Any

import psycopg
import pytest
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from api.models import table_of
from api.models.marts import VersionDonnees
from api.models.user import User
from api.sources import OF_TABLE

COLUMNS = "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s"
KEY = (
    "select array_agg(a.attname::text order by a.attname) from pg_constraint c "
    "join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey) "
    "where c.conrelid = to_regclass(%s) and c.contype = 'p'"
)


@pytest.mark.parametrize("model", [*OF_TABLE, VersionDonnees, User], ids=lambda m: m.__name__)
def test_columns_types_and_key(model: type[SQLModel], owner: psycopg.Connection[Any]) -> None:
    table = table_of(model)
    found = dict(owner.execute(COLUMNS, [table.schema, table.name]).fetchall())
    assert {column.name: column.type.compile(postgresql.dialect()).lower() for column in table.c} == found
    key = owner.execute(KEY, [f"{table.schema}.{table.name}"]).fetchone()
    assert key == (None if model is VersionDonnees else sorted(column.name for column in table.primary_key),)


def test_table_of_refuses_what_is_no_table() -> None:
    with pytest.raises(TypeError, match="SQLModel is not a table model"):
        table_of(SQLModel)
