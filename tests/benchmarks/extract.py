"""csv.gz to the lake, against DuckDB's COPY of the same file; and lake to raw, against a bare COPY of the same rows."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

from ingestion.warehouse.embedded import OWNER
from tests.benchmarks.bench import REPETITIONS, Bench, Figure

# One file of five years, as the provider published them until 2026: the memory it takes must not grow with it.
YEARS = (2020, 2021, 2022, 2023, 2024)
DAYS = 1827
BLOCK = 1 << 20


def sim2_file(bench: Bench) -> Path:
    """A csv.gz of about SCALE million rows."""
    cells = max(1, round(bench.rows() / DAYS))
    scenario = {"cells": cells, "years": YEARS, "stations": 4, "today": "2025-02-08", "layout": "decades"}
    return Path(bench.measure("prepare", json.dumps(scenario), bench.home / "simulator")["path"])


def extract(bench: Bench) -> Iterator[Figure]:
    """The project and DuckDB in turn, each in a new process."""
    archive = sim2_file(bench)
    ours, theirs = [], []
    for number in range(REPETITIONS):
        ours.append(bench.measure("extract", archive, lake_url=bench.home / f"extract{number}"))
        target = bench.home / "duckdb.parquet"
        theirs.append(bench.measure("duckdb", archive, target))
        target.unlink()
    own = Figure.median("extract_s", [run["seconds"] for run in ours])
    duckdb = Figure.median("extract_duckdb_s", [run["seconds"] for run in theirs])
    yield own
    yield duckdb
    yield Figure("extract_vs_duckdb", own.value / duckdb.value)
    yield Figure("extract_peak_mb", max(run["peak_mb"] for run in ours))
    yield Figure("extract_rows_per_s", ours[0]["rows"] / own.value)


def load(bench: Bench) -> Iterator[Figure]:
    """A package of one file into a new database, and its rows from csv into a table without an index, in turn."""
    archive, lake = sim2_file(bench), bench.home / "load"
    bench.measure("extract", archive, lake_url=lake)
    ours, bare, rows = [], [], 0
    for _ in range(REPETITIONS):
        bench.new_database("raw")
        ours.append(bench.measure("steps", "load", lake_url=lake, pgdatabase="raw")["seconds"])
        seconds, rows = bare_copy(bench, "raw", "raw_meteo.sim2")
        bare.append(seconds)
    own, copy = Figure.median("load_s", ours), Figure.median("load_copy_s", bare)
    yield own
    yield copy
    yield Figure("load_vs_copy", own.value / copy.value)
    yield Figure("load_rows_per_s", rows / own.value)


def bare_copy(bench: Bench, database: str, table: str) -> tuple[float, int]:
    """Write a table's rows to a csv, then time what COPY takes to read them; return also their number."""
    csv = bench.home / f"{table}.csv"
    with bench.connect(database, OWNER) as connection, connection.cursor() as cursor:
        if not csv.exists():
            with csv.open("wb") as target, cursor.copy(f"COPY {table} TO STDOUT (FORMAT csv)") as copy:
                for block in copy:
                    target.write(block)
        cursor.execute(f"CREATE TABLE bare (LIKE {table})")
        bench.checkpoint()
        started = time.perf_counter()
        with csv.open("rb") as source, cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copy:
            while block := source.read(BLOCK):
                copy.write(block)
        return time.perf_counter() - started, cursor.rowcount
