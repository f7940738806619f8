"""Recorded answers and files of the providers, served over HTTP to the real pipeline, checked in the marts."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from flows.chain import steps
from flows.run import Run
from ingestion.report import Reporter
from ingestion.sources.coordinates import LAMBERT93, WGS84, convert
from ingestion.sources.meteo import locate
from ingestion.sources.meteo.sim2_csv import ADDED_IN_2025, KEY, VARIABLES
from tests.conftest import REAL
from tests.helpers.providers import communes, csv_gz, files, hubeau, loads, served
from tests.helpers.warehouse import TestWarehouse, named, new_warehouse

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"the recorded data is not at {REAL}")

EPINE = "05068X0028/SP010"
LACAN = "09888X0111/LACAN"
CELL_FILE = "sim2/cellule_9400_19770_2020-01-01_1000_jours_10_variables.csv"


COMMUNES = "communes/communes-france-2025_8rows.csv"


def completed_cell() -> str:
    """The recorded cell with the columns that the recording left out, empty."""
    lines = list(csv.DictReader((REAL / CELL_FILE).open(), delimiter=";"))
    published = [name.upper() for name in KEY]
    published += [f"{name.upper()}_Q" for name in VARIABLES if name != ADDED_IN_2025] + ["LAT_DG", "LON_DG"]
    return "\n".join([";".join(published), *(";".join(line.get(c, "") for c in published) for line in lines), ""])


def measures(codes: list[str]) -> list[dict]:
    """The recorded chroniques of the stations asked for; the recording kept three fields of one of them."""
    short = loads(REAL / "hubeau/niveaux_nappes_chroniques_05068X0028_SP010_20260910-0918.json")["data"]
    full = loads(REAL / "hubeau/niveaux_nappes_chroniques_fullrecord_00387X0184_PZCC1_20220914.json")
    herault = csv.DictReader((REAL / "hubeau/chroniques_herault_2_stations.csv").open())
    rows = [{"code_bss": EPINE} | row for row in short] + [full]
    rows += [
        row | {"niveau_nappe_eau": float(row["niveau_nappe_eau"]), "profondeur_nappe": float(row["profondeur_nappe"])}
        for row in herault
    ]
    return [row for row in rows if row["code_bss"] in codes]


@pytest.fixture(scope="module")
def recorded(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestWarehouse]:
    stations = loads(REAL / "hubeau/niveaux_nappes_stations_85_page1_20260930.json")["data"]
    bare = [{"code_bss": code} for code in ("00387X0184/PZCC1", LACAN, "09635X0003/FHY")]
    meteo = {
        "QUOT_SIM2_2020.csv.gz": csv_gz((REAL / "sim2/QUOT_SIM2_header28_first3rows_transcribed.csv").read_text()),
        "QUOT_SIM2_2020-2029.csv.gz": csv_gz(completed_cell()),
    }
    codes = tuple(station["code_bss"] for station in [*stations, *bare])
    places = communes((REAL / COMMUNES).read_bytes())
    with served(*files(meteo), *places, *hubeau([*stations, *bare], measures)) as url:
        warehouse = new_warehouse(
            tmp_path_factory.mktemp("recorded"),
            named("recorded"),
            hubeau_url=url,
            data_gouv_url=url,
            piezo_stations=codes,
        )
        run = Run(warehouse.settings, warehouse.owner, Reporter())
        steps.collect(run, "meteo", "piezometrie", "communes")
        steps.load(run)
        steps.build(run)
        yield warehouse


def test_the_three_stations(recorded: TestWarehouse) -> None:
    rows = recorded.rows(
        "SELECT code_bss, bss_id, nom_commune, round(x::numeric, 6), altitude_station, nb_mesures_piezo, date_maj, "
        "codes_bdlisa FROM marts.info_nappe WHERE code_departement = '85' ORDER BY code_bss"
    )
    assert [row[0] for row in rows] == [EPINE, "05604X0162/SF1", "06101X0202/SP1"]
    _, bss_id, commune, x, altitude, measures, updated, _ = rows[0]
    assert (bss_id, commune, altitude, measures) == ("BSS001JNKL", "L'Épine", 2.25, 12950)
    assert float(x) == -2.240129
    assert updated == datetime(2024, 6, 28, 5, 31, 38, tzinfo=UTC)
    assert rows[2][7].replace(" ", "") == '["360AA07","362AF01"]'


def test_the_chroniques(recorded: TestWarehouse) -> None:
    rows = recorded.rows(
        "SELECT date_mesure, niveau_nappe_eau, statut, timestamp_mesure FROM marts.nappe "
        f"WHERE code_bss = '{EPINE}' ORDER BY date_mesure"
    )
    levels = [0.33, 0.35, 0.36, 0.36, 0.34, 0.31, 0.24, 0.2, 0.13]
    assert rows == [
        (date(2026, 9, day), level, "Donnée brute", None) for day, level in zip(range(10, 19), levels, strict=True)
    ]


def test_the_full_record(recorded: TestWarehouse) -> None:
    [row] = recorded.rows(
        "SELECT date_mesure, timestamp_mesure, niveau_nappe_eau, profondeur_nappe, code_continuite, nom_continuite, "
        "code_producteur, code_nature_mesure FROM marts.nappe LEFT JOIN marts.continuite USING (code_continuite) "
        "WHERE code_bss = '00387X0184/PZCC1'"
    )
    instant = datetime(2022, 9, 14, 7, tzinfo=UTC)
    assert row == (date(2022, 9, 14), instant, 139.51, 4.37, "2", "Point lié au point précédent", "265", None)


def test_the_levels_of_herault(recorded: TestWarehouse) -> None:
    query = "SELECT count(*) FROM marts.nappe WHERE code_bss IN ('09888X0111/LACAN', '09635X0003/FHY')"
    assert recorded.rows(query) == [(10_780,)]
    levels = "SELECT niveau_nappe_eau, profondeur_nappe FROM marts.nappe WHERE code_bss = '{}' ORDER BY date_mesure"
    assert recorded.rows(levels.format(LACAN))[0] == (142.94, 137.06)


def test_the_rows_of_the_old_header(recorded: TestWarehouse) -> None:
    rows = recorded.rows(
        "SELECT date, prenei, preliq, t, q, dli, swi, sswi_10j, wg_racine, tinf_h, tsup_h FROM marts.meteo "
        "WHERE lambx = 600 AND lamby = 24010 ORDER BY date"
    )
    assert len(rows) == 3
    assert rows[0] == (date(2020, 1, 1), 0.0, 0.4, 9.9, 7.414, 3161.6, 0.94, None, 0.315, 9.5, 10.9)


def test_the_thousand_days_of_one_cell(recorded: TestWarehouse) -> None:
    rows = recorded.rows(
        "SELECT date, t, preliq, etp, swi, ff FROM marts.meteo WHERE lambx = 9400 AND lamby = 19770 ORDER BY date"
    )
    lines = list(csv.DictReader((REAL / CELL_FILE).open(), delimiter=";"))
    assert rows == [
        (
            datetime.strptime(line["DATE"], "%Y%m%d").replace(tzinfo=UTC).date(),
            *(float(line[f"{name}_Q"]) for name in ("T", "PRELIQ", "ETP", "SWI")),
            None,
        )
        for line in lines
    ]
    assert len(rows) == 1000


def test_nothing_was_refused_and_the_new_columns_were_reported(recorded: TestWarehouse) -> None:
    assert recorded.rows("SELECT * FROM marts.rejet") == []
    [(new,)] = recorded.rows("SELECT colonnes_nouvelles FROM raw_meteo.lecture WHERE colonnes_nouvelles <> ''")
    assert new == "lat_dg,lon_dg"


def test_the_eight_communes(recorded: TestWarehouse) -> None:
    lines = list(csv.DictReader((REAL / COMMUNES).open()))
    rows = recorded.rows(
        "SELECT code_insee, nom, code_departement, nom_departement, code_region, nom_region, codes_postaux, "
        "population, superficie_km2, longitude, latitude FROM marts.commune WHERE actuelle ORDER BY code_insee"
    )
    assert rows == [
        (
            *(line[c] for c in ("code_insee", "nom_standard", "dep_code", "dep_nom", "reg_code", "reg_nom")),
            line["codes_postaux"],
            int(line["population"]),
            *(float(line[c]) for c in ("superficie_km2", "longitude_centre", "latitude_centre")),
        )
        for line in lines
    ]
    assert len(rows) == 8


def test_the_communes_that_stations_refer_to(recorded: TestWarehouse) -> None:
    rows = recorded.rows(
        "SELECT s.code_bss, c.nom, c.code_departement, c.actuelle FROM marts.info_nappe AS s "
        "JOIN marts.commune AS c ON c.code_insee = s.code_commune_insee ORDER BY 1"
    )
    assert rows[0] == (EPINE, "L'Épine", "85", False)
    assert len(rows) == 3


def test_the_cells_lie_where_the_official_list_says() -> None:
    path = REAL / "sim2/coordonnees_grille_safran_lambert-2-etendu.csv"
    lines = list(csv.reader(path.open(encoding="utf-8-sig"), delimiter=";"))[1:]
    lambx, lamby = (pa.array([int(line[i]) for line in lines], pa.int64()) for i in (0, 1))
    latitude, longitude = (pa.array([float(line[i].replace(",", ".")) for line in lines]) for i in (2, 3))
    cells = locate(pa.table({"lambx": lambx, "lamby": lamby}))
    official = convert(longitude, latitude, WGS84, LAMBERT93)
    distances = [
        ((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5
        for x1, y1, x2, y2 in zip(
            cells["x_lambert93"].to_pylist(),
            cells["y_lambert93"].to_pylist(),
            official[0].to_pylist(),
            official[1].to_pylist(),
            strict=True,
        )
    ]
    assert len(distances) == 9_892
    assert max(distances) < 200
