"""Fingerprints: a text that changes when a record does, whatever the order of the records.

The sum of the records' md5 (docs/decisions/0016-fingerprints.md). Lakes of before have the sum of DuckDB's hash():
a fingerprint held is compared with both, and only the md5 is written.
"""

import duckdb
import pyarrow as pa


def marks(records: str, where: str = "true") -> str:
    """Return SQL: the columns that `sums` adds up, of the records of a relation that meet a condition."""
    return (
        f"CASE WHEN {where} THEN md5_number_lower(to_json({records})::VARCHAR) END AS _md5, "
        f"CASE WHEN {where} THEN hash({records}) END AS _hash"
    )


SUMS = "'md5 ' || sum(_md5::HUGEINT)::VARCHAR, sum(_hash::HUGEINT)::VARCHAR"  # today's, and that of older lakes


def fingerprint(*tables: pa.Table) -> str:
    """Return the fingerprint of some tables."""
    return _both(tables)[0]


def is_fingerprint(held: str | None, *tables: pa.Table) -> bool:
    """Whether a fingerprint that the lake holds is that of some tables."""
    return held is not None and held in _both(tables)


def _both(tables: tuple[pa.Table, ...]) -> list[str]:
    with duckdb.connect() as db:
        found = []
        for rows in tables:
            db.register("records", rows)
            found += db.sql(f"SELECT {SUMS} FROM (SELECT {marks('records')} FROM records)").fetchall()
    return [" ".join(map(str, column)) for column in zip(*found, strict=True)]
