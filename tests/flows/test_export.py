"""A table as a file: complete or not there, with whom to name."""

import csv
import subprocess
import sys
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from flows.cli import app
from flows.upkeep import export
from flows.upkeep.export import SettingsError
from ingestion.errors import WarehouseError
from ingestion.settings import ROOT
from ingestion.sources import SOURCES
from tests.helpers.warehouse import TestWarehouse


def test_parquet_holds_the_table_and_its_note(warehouse: TestWarehouse, tmp_path: Path) -> None:
    done = export.export(warehouse.settings, "Nappe", "parquet", tmp_path / "levels.parquet")

    found = pq.read_table(done.file)
    expected = warehouse.rows("select code_bss, date_mesure, niveau_nappe_eau, timestamp_mesure from marts.nappe")
    columns = (found[name].to_pylist() for name in ("code_bss", "date_mesure", "niveau_nappe_eau", "timestamp_mesure"))
    assert sorted(zip(*columns, strict=True)) == sorted(expected)
    assert done.rows == len(expected) > 1000
    assert "m NGF" in found.field("niveau_nappe_eau").metadata[b"description"].decode()
    note = done.note.read_text(encoding="utf-8")
    assert note.startswith(found.schema.metadata[b"hydrotheque"].decode())
    for said in ("Licence Ouverte 2.0", "ADES", "BRGM", "Météo-France", "SIMULATED", "One row per piezometer", "m NGF"):
        assert said in note
    assert sorted(path.name for path in tmp_path.iterdir()) == ["levels.parquet", "levels.parquet.txt"]


def test_csv_holds_the_table(warehouse: TestWarehouse, tmp_path: Path) -> None:
    done = export.export(warehouse.settings, "marts.info_nappe", "csv", tmp_path / "a.csv")

    with done.file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    expected = warehouse.rows("select code_bss, coalesce(altitude_station::text, '') from marts.info_nappe")
    assert sorted((row["code_bss"], row["altitude_station"]) for row in rows) == sorted(expected)
    assert done.rows == len(expected)
    assert [*rows[0]] == [name for name, in warehouse.rows(
        "select column_name from information_schema.columns where table_name = 'info_nappe' and table_schema = 'marts' "
        "order by ordinal_position"
    )]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["raw_meteo.sim2", "control.origine", "pg_class", "app.users", "nappe; drop table x", ""]
)
def test_only_marts_and_snapshots(warehouse: TestWarehouse, tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"no table .* in marts or snapshots: .*continuite, "):
        export.export(warehouse.settings, name, "csv", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written(warehouse: TestWarehouse, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder"):
        export.export(warehouse.settings, "rejet", "csv", tmp_path / "nowhere" / "x.csv")
    with pytest.raises(SettingsError, match="is a folder"):
        export.export(warehouse.settings, "rejet", "parquet", tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_file_is_replaced_only_when_the_new_one_is_complete(
    empty_warehouse: TestWarehouse, tmp_path: Path, kind: export.Format
) -> None:
    target = tmp_path / "half"
    target.write_text("as it was")
    with psycopg.connect(empty_warehouse.url, autocommit=True) as connection:
        connection.execute(
            "create view marts.half as select 1 / (200000 - n) as x from generate_series(1, 200000) as n"
        )

    with pytest.raises(WarehouseError, match=r"^half: division by zero$"):
        export.export(empty_warehouse.settings, "half", kind, target)

    assert [path.name for path in tmp_path.iterdir()] == ["half"]
    assert target.read_text() == "as it was"


PEAK = """
import sys
from pathlib import Path
from flows.upkeep.export import export
from ingestion.settings import load_settings
export(load_settings(pgdatabase=sys.argv[1]), sys.argv[2], "parquet", Path(sys.argv[3]))
[line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(line.split()[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_memory_does_not_grow_with_the_table(empty_warehouse: TestWarehouse, tmp_path: Path) -> None:
    peaks = {}
    with psycopg.connect(empty_warehouse.url, autocommit=True) as connection:
        for name, rows in (("small", 400_000), ("large", 1_600_000)):  # 30 and 120 MB
            connection.execute(
                f"create table marts.{name} as select md5(n::text) as a, md5(n::text) as b "
                f"from generate_series(1, {rows}) as n"
            )
            command = [sys.executable, "-c", PEAK, empty_warehouse.settings.pgdatabase, name, tmp_path / name]
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
            peaks[name] = int(done.stdout) / 1000
    assert peaks["large"] - peaks["small"] < 50


def test_the_command_says_where_the_files_are(
    warehouse: TestWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("flows.commands.export.get_settings", lambda: warehouse.settings)
    monkeypatch.chdir(tmp_path)
    app(["export", "producteur", "--output", "names.csv"], standalone_mode=False)
    said = capsys.readouterr().out
    assert said.startswith("marts.producteur: ")
    assert "names.csv; licence and columns in names.csv.txt" in said
    assert (tmp_path / "names.csv").read_text(encoding="utf-8").startswith("code_producteur,nom_producteur\n")
    app(["export", "producteur"], standalone_mode=False)
    assert (tmp_path / "producteur.parquet").exists()


def test_every_domain_names_its_producers() -> None:
    assert [name for name, domain in SOURCES.items() if not domain.producers] == []
