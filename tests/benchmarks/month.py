"""What a month more costs on top of histories of 1, 5 and 25 years: collect, load, build.

The provider rewrites the files of its last four years each month, so a history of one year would have fewer files
to read than a longer one. Here it rewrites the same two in each: the current year and `latest`. The years
before are frozen (2020 and earlier); the levels begin 1, 5 or 25 years before the first day of collection. Weather
has SCALE million rows in 25 years. Each measure starts from a copy of the same lake and database.
"""

import shutil
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from psycopg import sql

from tests.benchmarks.bench import REPETITIONS, Bench, Figure, show

HISTORIES = (1, 5, 25)
CURRENT, LAST_FROZEN = 2024, 2020
STATIONS = 30
DATABASE = "month"  # one name for all: dbt parses the project again when a setting of its profile changes


def month(bench: Bench) -> Iterator[Figure]:
    """The three in turn, three times, each time from the same state."""
    for history in HISTORIES:
        _collect_history(bench, history)
    runs: dict[int, list[dict[str, Any]]] = {history: [] for history in HISTORIES}
    with ExitStack() as stack:
        urls = {history: stack.enter_context(_second_month(bench, history)) for history in HISTORIES}
        for _ in range(REPETITIONS):
            for history, url in urls.items():
                runs[history].append(_run(bench, history, url))
    for history in HISTORIES:
        show(f"  {history} y, steps: {_steps(runs[history])}")
        yield Figure.median(f"month_cost_{history}y_s", [run["seconds"] for run in runs[history]])
    costs = [statistics.median(run["seconds"] for run in runs[history]) for history in HISTORIES]
    yield Figure("month_cost_ratio", max(costs) / min(costs))


def _scenario(bench: Bench, history: int) -> dict[str, Any]:
    """The first month of a history."""
    frozen = range(LAST_FROZEN - history + 2, LAST_FROZEN + 1)
    return {
        "cells": max(1, round(bench.rows() / (max(HISTORIES) * 365))),
        "stations": STATIONS,
        "years": (*frozen, CURRENT),
        "today": f"{CURRENT}-11-20",
        "history_start": f"{CURRENT - history}-11-20",
    }


def _second_month(bench: Bench, history: int) -> Any:
    return bench.providers(**_scenario(bench, history) | {"today": f"{CURRENT}-12-20", "revision": 1})


def _collect_history(bench: Bench, history: int) -> None:
    """Collect, load and build the history, and keep its database and lake to start from."""
    bench.new_database(DATABASE)
    with bench.providers(**_scenario(bench, history)) as url:
        lake = bench.home / f"lake{history}"
        done = bench.measure("steps", hubeau_url=url, data_gouv_url=url, lake_url=lake, pgdatabase=DATABASE)
    show(f"  {history} y collected, loaded and built in {done['seconds']:.1f} s: {_steps([done])}")
    with bench.connect(DATABASE) as connection:
        connection.execute("VACUUM (ANALYZE)")  # as the server does by itself in the course of a month
    with bench.connect() as connection:
        names = {"old": sql.Identifier(DATABASE), "new": sql.Identifier(f"history{history}")}
        connection.execute(sql.SQL("ALTER DATABASE {old} RENAME TO {new}").format(**names))


def _run(bench: Bench, history: int, url: str) -> dict[str, Any]:
    bench.new_database(DATABASE, template=f"history{history}")
    lake = bench.home / "lake"
    shutil.copytree(bench.home / f"lake{history}", lake)
    run = bench.measure("steps", hubeau_url=url, data_gouv_url=url, lake_url=lake, pgdatabase=DATABASE)
    shutil.rmtree(lake)
    return run


def _steps(runs: list[dict[str, Any]]) -> str:
    medians = {name: statistics.median(run["steps"][name] for run in runs) for name in runs[0]["steps"]}
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in medians.items())
    return f"{told}; {runs[0]['loaded']:,} rows to raw"
