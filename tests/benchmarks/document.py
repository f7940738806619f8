"""docs/benchmarks.md: the figures of every scale run on this machine, one column a scale, and what they promise."""

import os
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingestion.settings import ROOT
from tests.benchmarks.bench import REPETITIONS, Bench, Figure

DOCUMENT = ROOT / "docs" / "benchmarks.md"
MEASURED = "measured on"
MACHINE = "Machine: "
PARTS = "extract load chroniques dis marts month api export"
FRANCE = 94  # millions of rows since 2000
Columns = dict[str, dict[str, str]]  # by scale, then by the title of a row


@dataclass(frozen=True)
class Row:
    """A row of the table: its figure, the bound it must keep, and what it is compared with."""

    key: str
    title: str
    against: str
    bound: str = ""
    kept: Callable[[float], bool] = lambda value: True
    digits: int = 2


_POINT = "the nearest cell's 26 values, token checked"
_PAGE = "50 levels, two joins, total, token checked"
_QUESTION = "the query below, rows brought to the client, warm"
_EXPORT = "SCALE million rows of weather, 30 columns, token checked"
_MONTH = "collect, load and build of a second month"
ROWS = (
    Row("extract_s", "csv.gz to the lake, s", "the file already downloaded"),
    Row("extract_duckdb_s", "the same file by DuckDB, s", "`COPY (SELECT * FROM read_csv(…)) TO …`, Parquet, zstd"),
    Row("extract_vs_duckdb", "csv.gz to the lake / DuckDB", "the two above", "≤ 1.3", lambda x: x <= 1.3),
    Row("extract_peak_mb", "peak memory, MB", "the whole process", "< 500", lambda x: x < 500, 0),
    Row("extract_rows_per_s", "csv.gz to the lake, rows/s", "", digits=0),
    Row("load_s", "lake to raw, s", "a package into a new database, indexes included"),
    Row("load_copy_s", "the same rows by COPY, s", "`COPY … FROM STDIN` of a csv into a table without an index"),
    Row("load_vs_copy", "lake to raw / COPY", "the two above", "≤ 3", lambda x: x <= 3),
    Row("load_rows_per_s", "lake to raw, rows/s", "", digits=0),
    Row(
        "chroniques_rows_per_s", "chroniques to the lake, rows/s", "200 stations, 10 years, from another process",
        "≥ 60,000", lambda x: x >= 60_000, 0,
    ),
    Row("dis_s", "a year's zip of drinking water to the lake, s", "the zip already downloaded"),
    Row(
        "dis_rows_per_s", "the same, results/s", "SCALE million results, and the samples they are of",
        "≥ 150,000", lambda x: x >= 150_000, 0,
    ),
    Row("dis_peak_mb", "the same, peak memory, MB", "the whole process", "< 600", lambda x: x < 600, 0),
    Row("dis_load_s", "that year from the lake to raw, s", "a package into a new database, indexes included"),
    Row("dis_copy_s", "its results by COPY, s", "`COPY … FROM STDIN` of a csv into a table without an index"),
    Row("dis_load_vs_copy", "that year from the lake to raw / COPY", "the two above", "≤ 3", lambda x: x <= 3),
    Row("build_meteo_s", "full build of `meteo`, s", "the model and the hooks of `dbt build --full-refresh -s meteo`"),
    Row("build_floor_s", "the same table by hand, s", "`CREATE TABLE AS`, keys, index, in one session"),
    Row("build_vs_floor", "full build of `meteo` / by hand", "the two above", "≤ 1.5", lambda x: x <= 1.5),
    Row("idle_build_s", "build where nothing changed, s", "the whole project, tested", "≤ 15", lambda x: x <= 15),
    Row("idle_process_s", "the same, the whole process, s", "with Python's imports and the run's report"),
    Row("question_cell_ms", "one cell over time, ms", _QUESTION, "< 50", lambda x: x < 50, 1),
    Row("question_day_ms", "one day over France, ms", _QUESTION, "< 50", lambda x: x < 50, 1),
    Row("question_piezometer_ms", "one piezometer over time, ms", _QUESTION, "< 50", lambda x: x < 50, 1),
    Row("month_cost_1y_s", "a month more on 1 year, s", _MONTH),
    Row("month_cost_5y_s", "a month more on 5 years, s", _MONTH),
    Row("month_cost_25y_s", "a month more on 25 years, s", _MONTH),
    Row("month_cost_ratio", "dearest month / cheapest", "the three above", "≤ 1.2", lambda x: x <= 1.2),
    Row("api_meteo_per_s", "API, weather points/s", _POINT, "≥ 1,600", lambda x: x >= 1600, 0),
    Row("api_meteo_p99_ms", "API, weather point, 99th percentile, ms", "8 connections", "< 40", lambda x: x < 40, 1),
    Row("pgbench_meteo_per_s", "pgbench, weather points/s", "the statements of one request", digits=0),
    Row("api_piezo_per_s", "API, pages of levels/s", _PAGE, "≥ 1,000", lambda x: x >= 1000, 0),
    Row("api_piezo_p99_ms", "API, page of levels, 99th percentile, ms", "8 connections", "< 40", lambda x: x < 40, 1),
    Row("pgbench_piezo_per_s", "pgbench, pages of levels/s", "the statements of one request", digits=0),
    Row("api_share_of_pgbench", "API / pgbench", "the lower of the two"),
    Row("export_csv_rows_per_s", "API, export as CSV, rows/s", _EXPORT, digits=0),
    Row("export_ndjson_rows_per_s", "API, export as NDJSON, rows/s", _EXPORT, digits=0),
    Row("export_parquet_rows_per_s", "API, export as Parquet, rows/s", _EXPORT, digits=0),
    Row("export_rows_per_s", "API, slowest export, rows/s", "the three above", "≥ 100,000", lambda x: x >= 100_000, 0),
    Row(
        "export_peak_mb", "API, export, peak memory, MB", "the API, or its process that writes Parquet: the larger",
        "< 150", lambda x: x < 150, 0,
    ),
)  # fmt: skip
_BY_KEY = {row.key: row for row in ROWS}


def cell(figure: Figure) -> str:
    """A figure with its spread, and a word when its bound is missed."""
    row = _BY_KEY[figure.key]
    text = f"{figure.value:,.{row.digits}f}"
    if figure.times:
        text += f" ({min(figure.times):,.{row.digits}f} to {max(figure.times):,.{row.digits}f})"
    return text if row.kept(figure.value) else f"**{text} missed**"


def cells(figures: dict[str, Figure]) -> dict[str, str]:
    """The column of a run."""
    return {_BY_KEY[key].title: cell(figure) for key, figure in figures.items()}


def table(columns: Columns) -> list[str]:
    """The lines of the table."""
    fixed = ("figure", "bound", "compared with, or what it is")
    lines = [fixed, ("---",) * len(fixed), *((row.title, row.bound, row.against) for row in ROWS), (MEASURED, "", "")]
    parts = [[*columns], ["---:"] * len(columns)]
    parts += [[column.get(line[0], "") for column in columns.values()] for line in lines[2:]]
    return [f"| {' | '.join((*line, *part))} |" for line, part in zip(lines, parts, strict=True)]


def update(bench: Bench, figures: dict[str, Figure]) -> None:
    """Write the figures into the document; those of other scales stay if they are of the same machine."""
    machine = _machine(bench)
    before = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    columns = _read(before, machine)
    column = columns.setdefault(f"SCALE={bench.scale:g}", {})
    column.update(cells(figures) | {MEASURED: datetime.now(UTC).date().isoformat()})
    columns = dict(sorted(columns.items(), key=lambda item: float(item[0].removeprefix("SCALE="))))
    DOCUMENT.write_text(_TEXT.format(
        table="\n".join(table(columns)), machine=machine, repetitions=REPETITIONS, parts=PARTS,
        plans=_plans(bench, figures, before), france=_france(columns),
    ))  # fmt: skip


def _read(document: str, machine: str) -> Columns:
    if machine not in (lines := document.splitlines()):
        return {}
    rows = [[part.strip() for part in line[1:].rstrip("|").split(" | ")] for line in lines if line.startswith("| ")]
    scales = next((row[3:] for row in rows if row[0] == "figure"), [])
    known = {row.title for row in ROWS} | {MEASURED}
    return {
        title: {row[0]: row[3 + number] for row in rows if row[0] in known and row[3 + number]}
        for number, title in enumerate(scales)
    }


def _machine(bench: Bench) -> str:
    info = Path("/proc/cpuinfo")
    models = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    model = models[0].split(":")[1].strip() if models else platform.processor()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    with bench.connect() as connection:
        server = connection.info.server_version
    return (
        f"{MACHINE}{os.cpu_count()} cores ({model}), {memory:.0f} GB of memory, {platform.system()}; "
        f"PostgreSQL {server // 10000}.{server % 10000}, Python {platform.python_version()}."
    )


def _plans(bench: Bench, figures: dict[str, Figure], before: str) -> str:
    """The questions and their plans; those that stand there when they were not asked, or at a larger scale."""
    notes = [figures[row.key].note for row in ROWS if row.key in figures and figures[row.key].note]
    kept = re.search(r"## The three usual questions\n\n(At SCALE=([\d.]+)\b.*?)\n\n## ", before, re.DOTALL)
    if not notes or (kept and float(kept[2]) > bench.scale):
        return kept[1] if kept else "The part `marts` asks them, and shows their plans here."
    return f"At SCALE={bench.scale:g}, of the tables as dbt built them:\n\n```\n" + "\n\n".join(notes) + "\n```"


def _france(columns: Columns) -> str:
    measured = columns.get("SCALE=5", {})
    rates = [measured.get(_BY_KEY[key].title) for key in ("extract_rows_per_s", "load_rows_per_s")]
    if not all(rates):
        return "Run SCALE=5 first: the extrapolation starts from it."
    collect, load = (FRANCE * 1e6 / float(str(rate).replace(",", "")) / 60 for rate in rates)
    return (
        f"At the rates of SCALE=5, {FRANCE} million rows take {collect:.0f} minutes to the lake and {load:.0f} from "
        "there to raw. **This is an extrapolation, not a measure**: it leaves out the download (about 6 GB, as fast as "
        "the provider sends it) and takes for granted that a file costs what its rows cost, which SCALE=1 and SCALE=5 "
        "show."
    )


_TEXT = """# Benchmarks

Written by `make bench`; ratios are of medians of {repetitions}, taken in turn within one run. In brackets: the fastest
and the slowest.

{table}

{machine}

## How to repeat it

```
make bench             # SCALE=1: a million rows of SIM2
make bench SCALE=5
make bench SCALE=5 PARTS="extract load"   # some parts only, of: {parts}
```

A run has a lake, a PostgreSQL server and simulated providers of its own, in the temporary folder, and removes them. It
fills the column of its scale and leaves the others, unless they were measured on another machine. A part that fails
leaves its figures as they were, and no other part's. Close what else uses the processor: the ratios bear it better than
the seconds. The last line printed is the JSON of every figure.

- **csv.gz to the lake**: one file of SCALE million rows (five years, as the provider published them before a file a
  year), read, checked, typed and written as a package. Each measure is a new process, timed after its imports.
- **lake to raw**: `hydrotheque load` of that package, four tables and their indexes. COPY has the columns and types of
  the raw table, on the same server.
- **chroniques**: stations and measures over HTTP; the simulator shares the processor with the collection.
- **drinking water**: one zip of SCALE million results and the samples they are of, streamed out of the zip and written
  as a package; then `hydrotheque load` of it. COPY has the results alone, with the types of their raw table.
- **marts**: five years of weather (SCALE million rows), ten years of levels (0.95 SCALE million), sensors, communes,
  collected, loaded and built as `hydrotheque run` does. The three questions are an analyst's, on one connection. The
  build where nothing changed is the step of `hydrotheque build`, in a new process each time; dbt reads the project as
  it kept it from the last build. `meteo` is then built whole by dbt and by hand in turn, to the same rows, types, keys
  and index; for dbt with the comments, the grants and the look for missing foreign keys, and without its reading of the
  project, which costs the same for a table of any size and counts in the build where nothing changed.
- **a month more**: `hydrotheque run` on top of 1, 5 and 25 years collected, loaded and built, the providers a month
  later; SCALE million rows of weather in the longest, 30 stations. Each measure starts from a copy of the same lake and
  database. The provider rewrites its files of the last four years, so a history of one year would have fewer to read,
  and the comparison would be of the provider's work. Here it rewrites the same two in all three, the current year and
  `latest`; the years before are frozen ones, 2020 and earlier, and the levels have no gap. Left in favour of the
  shortest: some of its stations have fewer days than are read again each month.
- **API**: `hydrotheque serve`, one process, asked by a client of 8 keep-alive connections in another, each sending when
  it was answered; the server is on the same machine. SCALE million rows of weather (five years), 0.95 SCALE million
  levels (ten years), written into the marts by SQL. pgbench sends the statements that the API sends for such a request,
  prepared, over 8 connections, with the settings of the API's sessions; it does not make JSON of the rows.
- **export**: the table of the weather as one file in each format, over one connection, read as fast as it comes by a
  client on the same machine. Memory is what the processes hold at most (resident), looked at every 20 ms.

## The three usual questions

{plans}

## All of France since 2000

{france}
"""
