"""How the models write a column that is also a field of an answer."""

from typing import Any

from sqlmodel import Field


def column(description: str, example: Any, kind: Any, *, key: bool = False) -> Any:
    """A column of a mart: what the page at /docs says of it, and its type in PostgreSQL."""
    return Field(primary_key=key, description=description, sa_type=kind, schema_extra={"examples": [example]})
