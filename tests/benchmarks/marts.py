"""What building the marts costs, and how soon they answer: one warehouse of SCALE million rows for all of it.

Five years of weather, a file each, and `latest`; ten years of levels, 0.95 x SCALE million of them; the simulator's
sensors and communes.
"""

import time
from collections.abc import Iterator

from ingestion.warehouse.embedded import OWNER
from tests.benchmarks.bench import REPETITIONS, Bench, Figure, show
from tests.benchmarks.extract import DAYS, YEARS

DATABASE = "marts"
DAYS_OF_LEVELS = 3652
TODAY, FIRST_LEVEL = "2025-02-08", "2015-02-08"
VALUES = "t, preliq + prenei as precipitation, etp, swi"
CELL = f"select date, {VALUES} from meteo where lambx = {{}} and lamby = {{}} order by date"
DAY = f"select lambx, lamby, {VALUES} from meteo where date = '2023-07-14'"
PIEZOMETER = "select date_mesure, niveau_nappe_eau, statut from nappe where code_bss = '{}' order by date_mesure"
# Of a day that two files have, `latest` was changed last: the rows that the mart keeps.
FLOOR = """
create table floor.meteo as
select {columns} from raw_meteo.sim2
where nom_du_fichier like '%latest%'
or date < (select min(date_min) from raw_meteo.lecture where nom_du_fichier like '%latest%');
alter table floor.meteo add primary key (lambx, lamby, date);
alter table floor.meteo add foreign key (lambx, lamby) references marts.localisation (lambx, lamby);
create index on floor.meteo (date);
"""
COLUMNS = """
select string_agg(format('cast(%1$I as %2$s) as %1$I', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
from pg_attribute where attrelid = 'marts.meteo'::regclass and attnum > 0 and not attisdropped
"""


def marts(bench: Bench) -> Iterator[Figure]:
    """The questions, then builds where nothing changed, then `meteo` built whole and by hand in turn."""
    lake = _fill(bench)
    yield from _questions(bench)
    settings = {"pgdatabase": DATABASE, "lake_url": lake}
    idle = [bench.measure("steps", "build", **settings) for _ in range(REPETITIONS)]
    yield Figure.median("idle_build_s", [run["seconds"] for run in idle])
    yield Figure.median("idle_process_s", [run["process_s"] for run in idle])
    builds, floors = [], []
    for _ in range(REPETITIONS):
        bench.checkpoint()
        builds.append(bench.measure("build", "--full-refresh", "--select", "meteo", **settings)["nodes_s"])
        bench.checkpoint()
        floors.append(_floor(bench))
    yield (build := Figure.median("build_meteo_s", builds))
    yield (floor := Figure.median("build_floor_s", floors))
    yield Figure("build_vs_floor", build.value / floor.value)


def _fill(bench: Bench) -> str:
    """Collect, load and build; return the lake."""
    bench.new_database(DATABASE)
    scenario = {
        "cells": max(1, round(bench.rows() / DAYS)),
        "stations": max(4, round(bench.rows() * 0.95 / DAYS_OF_LEVELS)),
        "years": YEARS,
        "today": TODAY,
        "history_start": FIRST_LEVEL,
    }
    lake = str(bench.home / "lake-marts")
    with bench.providers(**scenario) as url:
        done = bench.measure("steps", hubeau_url=url, data_gouv_url=url, lake_url=lake, pgdatabase=DATABASE)
    show(f"  the warehouse was collected, loaded and built in {done['seconds']:.1f} s")
    with bench.connect(DATABASE) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return lake


def _questions(bench: Bench) -> Iterator[Figure]:
    """As an analyst asks them, the rows brought to the client; once before to warm up."""
    with bench.connect(DATABASE, "analyste") as connection:
        cell = (
            connection.execute("select lambx, lamby from localisation order by lambx, lamby limit 1").fetchone() or ()
        )
        [code] = connection.execute("select code_bss from nappe order by code_bss limit 1").fetchone() or ()
        asked = {"cell": CELL.format(*cell), "day": DAY, "piezometer": PIEZOMETER.format(code)}
        times: dict[str, list[float]] = {name: [] for name in asked}
        for number in range(1 + REPETITIONS):
            for name, question in asked.items():
                started = time.perf_counter()
                connection.execute(question.encode()).fetchall()
                if number:
                    times[name].append((time.perf_counter() - started) * 1000)
        for name, question in asked.items():
            plan = connection.execute(f"explain (analyze, costs off, buffers off) {question}".encode()).fetchall()
            note = "\n".join([f"{question};", *(line for (line,) in plan)])
            yield Figure.median(f"question_{name}_ms", times[name], note)


def _floor(bench: Bench) -> float:
    """The same table by hand: seconds of one session."""
    with bench.connect(DATABASE, OWNER) as connection:
        connection.execute("create schema floor")
        [columns] = connection.execute(COLUMNS).fetchone() or ()
        started = time.perf_counter()
        connection.execute(FLOOR.format(columns=columns).encode())
        seconds = time.perf_counter() - started
        same = connection.execute("select (select count(*) from floor.meteo) = (select count(*) from marts.meteo)")
        assert same.fetchone() == (True,)
        connection.execute("drop schema floor cascade")
    return seconds
