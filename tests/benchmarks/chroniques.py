"""Groundwater levels, from the simulator in another process on this machine to the lake, without a rate limit."""

from collections.abc import Iterator

import pyarrow.parquet as pq

from tests.benchmarks.bench import REPETITIONS, Bench, Figure

# 200 stations, ten years, all read from their beginning; no weather to speak of.
SCENARIO = {"stations": 200, "cells": 1, "years": (2024,), "today": "2025-01-08", "history_start": "2015-01-08"}


def chroniques(bench: Bench) -> Iterator[Figure]:
    """Collect into a new lake each time."""
    rates = []
    with bench.providers(**SCENARIO) as url:
        for number in range(REPETITIONS):
            bench.new_database("chroniques")
            lake = bench.home / f"chroniques{number}"
            run = bench.measure("steps", "collect_answers", hubeau_url=url, lake_url=lake, pgdatabase="chroniques")
            rows = sum(pq.read_metadata(path).num_rows for path in lake.glob("*/*/chroniques/*/*.parquet"))
            rates.append(rows / run["seconds"])
    yield Figure.median("chroniques_rows_per_s", rates)
