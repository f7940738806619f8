"""A year of drinking water: its zip to the lake, and from there to raw, against a bare COPY of its results."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from ingestion.simulator.tap_water import PARAMETERS
from ingestion.sources.qualite_eau.yearly_zip import COLUMNS
from tests.benchmarks.bench import REPETITIONS, Bench, Figure
from tests.benchmarks.extract import bare_copy

YEAR = 2024
DATABASE = "dis"


def dis(bench: Bench) -> Iterator[Figure]:
    """The zip to a new lake each time; then the last lake to a new database, and its results by COPY, in turn."""
    archive = bench.home / f"dis-{YEAR}.zip"
    bench.measure("prepare_dis", str(bench.rows()), archive)
    lakes = [bench.home / f"dis{number}" for number in range(REPETITIONS)]
    runs = [bench.measure("extract_dis", archive, lake_url=lake) for lake in lakes]
    own = Figure.median("dis_s", [run["seconds"] for run in runs])
    yield own
    yield Figure("dis_rows_per_s", runs[0]["rows"] / own.value)
    yield Figure("dis_peak_mb", max(run["peak_mb"] for run in runs))
    ours, bare = [], []
    for _ in range(REPETITIONS):
        bench.new_database(DATABASE)
        ours.append(bench.measure("steps", "load", lake_url=lakes[-1], pgdatabase=DATABASE)["seconds"])
        bare.append(bare_copy(bench, DATABASE, "raw_qualite_eau.result")[0])
    load, copy = Figure.median("dis_load_s", ours), Figure.median("dis_copy_s", bare)
    yield load
    yield copy
    yield Figure("dis_load_vs_copy", load.value / copy.value)


def write_zip(rows: int, target: Path) -> None:
    """Write a year with that many results, a sample for each set of parameters, and a network for 100 samples."""
    count = -(-rows // len(PARAMETERS))
    samples = [f"{1 + number % 95:03d}{number:08d}" for number in range(count)]
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as container:
        networks = (
            (f"{n % 95 + 1:02d}{n % 900:03d}", f"COMMUNE {n}", "-", f"{n:09d}", f"UDI {n}", "2010-09-07")
            for n in range(max(1, count // 100))
        )
        _write(container, "com_udi", networks)
        _write(container, "plv", (_sample(number, reference) for number, reference in enumerate(samples)))
        results = (
            _result(sample, position, number)
            for number, sample in enumerate(samples)
            for position in range(len(PARAMETERS))
        )
        _write(container, "result", results)


def _write(container: ZipFile, table: str, rows: Iterator[tuple[str, ...]]) -> None:
    with container.open(f"DIS_{table.upper()}_{YEAR}.txt", "w") as member:
        member.write((",".join(COLUMNS[table]) + "\n").encode())
        for row in rows:
            member.write((",".join(f'"{value}"' if value else "" for value in row) + "\n").encode())


def _sample(number: int, reference: str) -> tuple[str, ...]:
    day = f"{YEAR}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    commune = f"COMMUNE {number // 100}"
    conclusion = (
        "Eau d'alimentation conforme aux exigences de qualité en vigueur pour l'ensemble des paramètres mesurés."
    )
    return (
        reference[:3], f"{number // 100:09d}", f"{number % 95 + 1:02d}{number % 900:03d}", commune, "", "", "",
        reference, day, f"{8 + number % 9:02d}h{number % 60:02d}", conclusion, "SYNDICAT", commune, commune,
        "C", "C", "C", "C",
    )  # fmt: skip


def _result(sample: str, position: int, number: int) -> tuple[str, ...]:
    parameter = PARAMETERS[position]
    value = round(parameter.typical * (0.5 + number * 7919 % 1_000 / 1_000), parameter.decimals)
    below = value < parameter.least
    limit = "" if parameter.limit is None else f"<={parameter.limit:g} {parameter.unit[0]}"
    return (
        sample[:3], sample, parameter.code, parameter.sandre, parameter.name.upper(), parameter.name, "", "N",
        parameter.place, f"<{parameter.least}" if below else str(value), *parameter.unit, limit, "",
        "0" if below else str(value), parameter.cas, sample if parameter.place == "L" else "",
    )  # fmt: skip
