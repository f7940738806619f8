"""A lake written by the code of November 2026 stays readable: nothing in it is collected again, and the marts built
from it are the same.

`frozen_lake/lake` is that lake, `frozen_lake/marts.json` the columns and checksums of the marts. The code of commit
07d9739 wrote both. A lake written again would prove nothing about that code.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from flows.chain import steps
from ingestion.lake import open_lake
from ingestion.report import Collected
from ingestion.simulator.server import running
from ingestion.simulator.tap_water_files import resources
from ingestion.simulator.world import Scenario
from tests.helpers.warehouse import TestWarehouse, new_warehouse

FROZEN = Path(__file__).with_name("frozen_lake")
SCENARIO = Scenario(
    cells=4, years=(2024,), stations=3, sensors=1, today=date(2025, 1, 8), history_start=date(2021, 1, 1)
)
NEXT_MONTH = replace(SCENARIO, today=date(2025, 2, 8), revision=1)
DOMAINS = ("meteo", "piezometrie", "capteurs", "qualite_eau", "communes")


@pytest.fixture
def at(home: Path, tmp_path: Path) -> Iterator[TestWarehouse]:
    """A warehouse on a copy of the frozen lake, with the providers that it was collected from."""
    shutil.copytree(FROZEN / "lake", tmp_path / "lake")
    with running(SCENARIO, cache_dir=tmp_path / "files") as url:
        addresses = {"hubeau_url": url, "data_gouv_url": url, "qualite_eau_resources": resources(SCENARIO)}
        yield new_warehouse(tmp_path, piezo_stations=("all",), **addresses)


def packages(at: TestWarehouse) -> dict[str, list[str]]:
    return {domain: open_lake(at.settings, domain).complete_packages() for domain in DOMAINS}


def checksum(at: TestWarehouse, table: str, columns: list[str]) -> str:
    """Number of rows and md5 of a table's columns, whatever the order of its rows."""
    [(found,)] = at.rows(
        f"""SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(line, '|' ORDER BY line COLLATE "C")), 'none')
        FROM (SELECT to_jsonb(named)::text AS line FROM (SELECT {", ".join(columns)} FROM {table}) AS named) AS lines"""
    )
    return str(found)


def test_nothing_of_the_frozen_lake_is_collected_again_and_the_marts_are_the_same(
    at: TestWarehouse, tmp_path: Path
) -> None:
    before, done = packages(at), at.run()
    assert all(before.values())
    steps.collect(done)
    lines = [line for line in done.reporter.lines if isinstance(line, Collected)]
    assert {line.domain for line in lines} == set(DOMAINS)
    assert [(line.domain, line.piece) for line in lines if not line.unchanged or line.rows or line.refused] == []
    assert packages(at) == before
    steps.load(done)
    steps.build(done)
    frozen = json.loads((FROZEN / "marts.json").read_text())
    assert len(frozen) > 20
    found = {table: checksum(at, table, mart["columns"]) for table, mart in frozen.items()}
    assert found == {table: mart["checksum"] for table, mart in frozen.items()}

    with running(NEXT_MONTH, cache_dir=tmp_path / "files") as url:
        later = at.at(url).collect().load().build()
    read = {line.domain for line in later.collected if line.rows}
    assert read >= {"meteo", "piezometrie", "capteurs"}, "the lake goes on"
