"""The lake: packages, the dlt writer, and small texts."""

from ingestion.lake.packages import Lake, open_lake
from ingestion.lake.texts import claim, identity, read_log, remove_log, write_log
from ingestion.lake.writer import (
    imported,
    known_pieces,
    nullable_schema,
    stamped,
    write,
    write_file,
    write_package,
)

__all__ = [
    "Lake",
    "claim",
    "identity",
    "imported",
    "known_pieces",
    "nullable_schema",
    "open_lake",
    "read_log",
    "remove_log",
    "stamped",
    "write",
    "write_file",
    "write_log",
    "write_package",
]
