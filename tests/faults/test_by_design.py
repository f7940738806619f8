"""What the providers do by design: values revised, two headers, files of decades and of years."""

import gzip
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from ingestion.simulator.server import running
from tests.faults.bad import YEAR
from tests.faults.months import MONTH_2, new_place
from tests.helpers.warehouse import TestWarehouse, named

METEO = ("--select", "+meteo", "--indirect-selection", "cautious")  # no test of a table that is not built


def test_revised_values_replace_the_old_ones_where_they_are_read_again(
    month_2: TestWarehouse, month_1: TestWarehouse, fresh: TestWarehouse
) -> None:
    place = month_2
    windows = place.rows("SELECT code_bss, max(lu_depuis) FROM raw_piezometrie.lecture GROUP BY 1")
    assert place.checksums(["raw_meteo.sim2"]) == fresh.checksums(["raw_meteo.sim2"])
    assert place.checksums(["raw_meteo.sim2"]) != month_1.checksums(["raw_meteo.sim2"])
    for code, since in windows:
        again = series(fresh, f"code_bss = '{code}' AND date_mesure >= '{since}'")
        assert series(place, f"code_bss = '{code}' AND date_mesure >= '{since}'") == again
        assert series(month_1, f"code_bss = '{code}' AND date_mesure >= '{since}'") != again
        kept = series(month_1, f"code_bss = '{code}' AND date_mesure < '{since}'")
        assert series(place, f"code_bss = '{code}' AND date_mesure < '{since}'") == kept
    assert len(windows) == 5


def test_a_full_reading_replaces_every_value(
    month_2: TestWarehouse, fresh: TestWarehouse, second_month: str, tmp_path: Path
) -> None:
    place = month_2.clone(tmp_path).at(second_month)
    assert series(place) != series(fresh)
    place.month("piezometrie", full=True)
    assert series(place) == series(fresh)


def test_a_second_run_of_a_month_brings_nothing(month_2: TestWarehouse, second_month: str, tmp_path: Path) -> None:
    place = month_2.clone(tmp_path).at(second_month)
    before = place.contents()
    place.month()
    assert all(line.unchanged for line in place.collected)
    assert place.contents() == before


def series(place: TestWarehouse, where: str = "true") -> list[tuple[Any, ...]]:
    """Measures by station and day, without what tells one reading from another."""
    return place.rows(
        f"""SELECT (to_jsonb(c) - '{{paquet,lu_depuis,_dlt_load_id,_dlt_id}}'::text[])::text
        FROM raw_piezometrie.chroniques AS c WHERE {where} ORDER BY 1"""
    )


@pytest.fixture(scope="module")
def fresh(month_2: TestWarehouse, second_month: str, tmp_path_factory: pytest.TempPathFactory) -> TestWarehouse:
    """Month 2 collected into an empty place; read only."""
    return new_place(tmp_path_factory.mktemp("fresh"), second_month, named("fresh")).month()


def test_both_headers_give_the_same_columns(month_2: TestWarehouse, second_month: str) -> None:
    paths = "SELECT nom_du_fichier, regexp_replace(url, '^http://[^/]+', '') FROM raw_meteo.lecture"
    files = {name: requests.get(second_month + path, timeout=10).content for name, path in month_2.rows(paths)}
    headers = {name: gzip.decompress(file).split(b"\n", 1)[0].decode().split(";") for name, file in files.items()}
    assert "T_Q" in headers[YEAR]
    assert "SSWI_10J" in headers["QUOT_SIM2_2024.csv.gz"]
    found = month_2.rows(
        """SELECT nom_du_fichier, count(*), count(t), count(tsup_h), count(sswi_10j) > 0 FROM raw_meteo.sim2
        GROUP BY 1 ORDER BY 1"""
    )
    days = {YEAR: 365, "QUOT_SIM2_2024.csv.gz": 366, "QUOT_SIM2_latest.csv.gz": 60}
    assert found == [(name, 12 * n, 12 * n, 12 * n, name != YEAR) for name, n in days.items()]


def test_from_decades_to_years_every_day_stands_once_and_the_newest_wins(
    files: Path, second_month: str, tmp_path: Path
) -> None:
    decades = replace(MONTH_2, today=date(2025, 1, 8), revision=0, layout="decades")
    with running(decades, cache_dir=files) as url:
        place = new_place(tmp_path, url).month("meteo").build(*METEO)
    assert {name for (name,) in place.rows("SELECT DISTINCT nom_du_fichier FROM marts.meteo")} == {
        "QUOT_SIM2_previous-2020.csv.gz",
        "QUOT_SIM2_latest.csv.gz",
    }
    place.at(second_month).month("meteo").build(*METEO)
    newest = """SELECT DISTINCT ON (lambx, lamby, date) lambx, lamby, date, t, etp, nom_du_fichier
        FROM raw_meteo.sim2 JOIN (
            SELECT DISTINCT ON (nom_du_fichier) nom_du_fichier, modifie_le FROM raw_meteo.lecture
            ORDER BY nom_du_fichier, paquet DESC
        ) AS lecture USING (nom_du_fichier) ORDER BY lambx, lamby, date, modifie_le DESC"""
    built = place.rows("SELECT lambx, lamby, date, t, etp, nom_du_fichier FROM marts.meteo ORDER BY 1, 2, 3")
    assert built == place.rows(newest)
    assert len(built) == 12 * ((date(2025, 2, 8) - date(2023, 1, 1)).days + 1)
    assert "QUOT_SIM2_previous-2020.csv.gz" not in {row[-1] for row in built}
