"""Zips of drinking water for tests: any members, any bytes."""

import io
from collections.abc import Iterable, Sequence
from zipfile import ZIP_DEFLATED, ZipFile

from ingestion.sources.qualite_eau.yearly_zip import COLUMNS


def row(table: str, key: str) -> list[str]:
    """A line of a table: each value says its column and the key."""
    return [f"{column} {key}" for column in COLUMNS[table]]


def csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A member as published: the header bare, values in quotes, nothing where there is none."""
    lines = [",".join('"{}"'.format(value.replace('"', '""')) if value else "" for value in line) for line in rows]
    return "\n".join([",".join(columns), *lines, ""]).encode()


def tables(year: int, keys: Iterable[str] = ("1", "2", "3")) -> dict[str, bytes]:
    """The three members of a year, a line for each key."""
    return {f"DIS_{t.upper()}_{year}.txt": csv(COLUMNS[t], [row(t, key) for key in keys]) for t in COLUMNS}


def zipped(members: dict[str, bytes]) -> bytes:
    """The bytes of a zip."""
    target = io.BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as container:
        for name, content in members.items():
            container.writestr(name, content)
    return target.getvalue()
