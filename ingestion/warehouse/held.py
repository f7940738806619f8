"""What the raw schemas hold of each file, as the records of the readings say."""

from collections.abc import Iterator
from typing import Any

import psycopg

from ingestion.control import followed
from ingestion.sources import SOURCES
from ingestion.sources.source import FileSource


def held_files(connection: psycopg.Connection) -> Iterator[tuple[str, str, str]]:
    """Yield the files collected: name, address, and of the version loaded, by tabs, modification, bytes and rows."""
    for source in SOURCES.values():
        if not isinstance(source, FileSource):
            continue
        lecture = f"{source.schema}.lecture"
        found: list[Any] = []
        if connection.execute("SELECT to_regclass(%s) IS NOT NULL", (lecture,)).fetchone() == (True,):
            found = connection.execute(f"SELECT to_jsonb(l) FROM {lecture} AS l ORDER BY paquet").fetchall()
        readings = {row.get("nom_du_fichier", ""): row for (row,) in found}
        for name, url, _ in followed.files(connection, source.domain):
            held = readings.get(name) or readings.get("")
            rows = held and held.get("lignes", sum(held.get(table, 0) for table in source.tables))
            yield name, url, f"{held['modifie_le']}\t{held.get('longueur', '')}\t{rows}" if held else ""
