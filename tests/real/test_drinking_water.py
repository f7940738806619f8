"""Recorded files of the sanitary control, zipped, served to the real pipeline, checked row by row in raw and marts.

The national networks of 2023; samples of Corse-du-Sud in 2021 and 2022, with four columns that somebody added; results
and networks of Hub'Eau's answers, which hold the same values under other names.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.routing import Route

from flows.chain import steps, transform
from flows.run import Built, Run
from ingestion.report import Collected, Reporter
from ingestion.sources.qualite_eau.yearly_zip import COLUMNS
from tests.conftest import REAL
from tests.helpers.providers import loads, served
from tests.helpers.warehouse import TestWarehouse, named, new_warehouse
from tests.ingestion.dis import csv as dis_csv
from tests.ingestion.dis import zipped

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"the recorded data is not at {REAL}")

NATIONAL = "dis/DIS_COM_UDI_2023.txt"
PLV = {year: f"dis/hexablob_DIS_PLV_{year}_02A.txt" for year in (2021, 2022)}
ADDED = ("latitude", "longitude", "month", "year")
# The names that Hub'Eau gives to what DIS_RESULT and DIS_COM_UDI hold.
RESULT = {
    "cddept": "code_departement", "referenceprel": "code_prelevement", "cdparametresiseeaux": "code_parametre_se",
    "cdparametre": "code_parametre", "libmajparametre": "libelle_parametre_maj", "libminparametre": "libelle_parametre",
    "libwebparametre": "libelle_parametre_web", "qualitparam": "code_type_parametre", "insituana": "code_lieu_analyse",
    "rqana": "resultat_alphanumerique", "cdunitereferencesiseeaux": "libelle_unite", "cdunitereference": "code_unite",
    "limitequal": "limite_qualite_parametre", "refqual": "reference_qualite_parametre",
    "valtraduite": "resultat_numerique", "casparam": "code_parametre_cas", "referenceanl": "reference_analyse",
}  # fmt: skip
COM_UDI = ("code_commune", "nom_commune", "nom_quartier", "code_reseau", "nom_reseau", "debut_alim")


def lines(path: str) -> list[list[str | None]]:
    """The lines of a recorded file below its header, empty values None, in the order of their text."""
    with (REAL / path).open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))[1:]
    return sorted(([value or None for value in row] for row in rows), key=str)


def results() -> list[list[str]]:
    """The recorded results, in the columns of DIS_RESULT."""
    answer = loads(REAL / "hubeau/qualite_eau_potable_resultats_dis_59310_EXTRACT.json")["data"]
    return [["" if row[name] is None else str(row[name]) for name in RESULT.values()] for row in answer]


def networks() -> list[list[str]]:
    """The recorded networks, in the columns of DIS_COM_UDI."""
    answer = loads(REAL / "hubeau/qualite_eau_potable_communes_udi_38400_EXTRACT.json")["data"]
    return [[row[name] for name in COM_UDI] for row in answer]


def year_zip(year: int) -> bytes:
    """A year of what is recorded; for 2023 the samples of the year before stand in, whose file was kept."""
    recorded = (REAL / NATIONAL).read_bytes() if year == 2023 else dis_csv(COLUMNS["com_udi"], networks())
    return zipped(
        {
            f"DIS_COM_UDI_{year}.txt": recorded,
            f"DIS_PLV_{year}.txt": (REAL / PLV[min(year, 2022)]).read_bytes(),
            f"DIS_RESULT_{year}.txt": dis_csv(COLUMNS["result"], results()),
        }
    )


@pytest.fixture(scope="module")
def recorded(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestWarehouse, list[Collected]]]:
    years = (2021, 2022, 2023)
    contents = {str(year): year_zip(year) for year in years}
    answer = Route(
        "/fr/datasets/r/{year}",
        lambda request: Response(contents[request.path_params["year"]], media_type="application/zip"),
    )
    with served(answer) as url:
        place = new_warehouse(
            tmp_path_factory.mktemp("dis"),
            named("recorded_dis"),
            data_gouv_url=url,
            qualite_eau_resources={year: str(year) for year in years},
        )
        run = Run(place.settings, place.owner, Reporter())
        steps.collect(run, "qualite_eau")
        steps.load(run, "qualite_eau")
        yield place, [line for line in run.reporter.lines if isinstance(line, Collected)]


@pytest.fixture(scope="module")
def built(recorded: tuple[TestWarehouse, list[Collected]]) -> TestWarehouse:
    """The marts of what was recorded; nothing of the other domains."""
    place, _ = recorded
    transform.build(place.settings, place.owner, Built())
    return place


def raw(place: TestWarehouse, table: str, year: int, *more: str) -> list[list[str | None]]:
    columns = ", ".join((*COLUMNS[table], *more))
    found = place.rows(f"SELECT {columns} FROM raw_qualite_eau.{table} WHERE annee = {year}")
    return sorted((list(row) for row in found), key=str)


def test_the_networks_of_france(recorded: tuple[TestWarehouse, list[Collected]]) -> None:
    place, _ = recorded
    found = raw(place, "com_udi", 2023)
    assert len(found) == 49_495
    assert found == lines(NATIONAL)
    assert ["15050", "CLAUX (LE)", "-", "015000331", 'REFUGE "BURON D\'EYLAC"', "2010-09-18"] in found
    assert sum(row[0].startswith(("2A", "2B")) for row in found if row[0]) > 500


@pytest.mark.parametrize(("year", "count"), [(2021, 1_945), (2022, 2_079)])
def test_the_samples_of_corse_du_sud(recorded: tuple[TestWarehouse, list[Collected]], year: int, count: int) -> None:
    place, _ = recorded
    found = raw(place, "plv", year, *(f'"{name}"' for name in ADDED))
    assert len(found) == count
    assert found == lines(PLV[year])
    assert {row[0] for row in found} == {"02A"}


def test_the_results_and_networks_of_hubeau(recorded: tuple[TestWarehouse, list[Collected]]) -> None:
    place, _ = recorded
    expected = sorted(([value or None for value in row] for row in results()), key=str)
    assert len(expected) == 9
    assert raw(place, "result", 2022) == expected
    ph = place.rows("SELECT rqana, valtraduite, refqual FROM raw_qualite_eau.result WHERE cdparametre = '1302'")
    assert ph == [("7,8", "7.8", ">=6,5 et <=9 unité pH")] * 3
    assert raw(place, "com_udi", 2021) == sorted(networks(), key=str)


def test_nothing_was_refused_and_the_four_columns_were_reported(
    recorded: tuple[TestWarehouse, list[Collected]],
) -> None:
    place, collected = recorded
    new = tuple(f"plv.{name}" for name in ADDED)
    assert [(line.piece, line.refused, line.new_columns) for line in collected] == [
        (f"dis-{year}.zip", 0, new) for year in (2021, 2022, 2023)
    ]
    assert place.rows("SELECT count(*) FROM raw_qualite_eau.rejet") == [(0,)]
    readings = place.rows(
        "SELECT annee, com_udi, plv, result, refusees, colonnes_nouvelles FROM raw_qualite_eau.lecture ORDER BY annee"
    )
    assert readings == [
        (2021, 2, 1_945, 9, 0, ",".join(new)),
        (2022, 2, 2_079, 9, 0, ",".join(new)),
        (2023, 49_495, 2_079, 9, 0, ",".join(new)),
    ]


def test_the_marts_of_the_networks_of_france(built: TestWarehouse) -> None:
    served_in_2023 = built.rows(
        "SELECT code_insee, quartier, cdreseau, debutalim::text FROM marts.commune_reseau WHERE derniere_annee = 2023"
    )
    assert len(served_in_2023) == 49_495
    assert set(served_in_2023) == {(line[0], line[2], line[3], line[5]) for line in lines(NATIONAL)}
    named = built.rows("SELECT cdreseau, nomreseau FROM marts.reseau_distribution WHERE nomreseau IS NOT NULL")
    assert set(named) >= {(line[3], line[4]) for line in lines(NATIONAL)}
    assert built.rows("SELECT count(*) FROM marts.commune WHERE NOT actuelle") == [(34_886,)]
    moirans = "SELECT annees FROM marts.commune_reseau WHERE code_insee = '38400' AND cdreseau = '038000273'"
    assert ("2021, 2022, 2023",) in built.rows(f"{moirans} AND quartier = 'archat'")


def test_the_mart_of_the_samples_of_corse_du_sud(built: TestWarehouse) -> None:
    columns = COLUMNS["plv"]
    for year in (2021, 2022):
        rows = built.rows(
            "SELECT referenceprel, cdreseau, dateprel::text, to_char(preleve_le, 'HH24\"h\"MI'), "
            "plvconformitebacterio, plvconformitechimique, plvconformitereferencebact, plvconformitereferencechim, "
            f"pourcentdebit, lignes FROM marts.prelevement WHERE annee = {year}"
        )
        expected = []
        for line in lines(PLV[year]):
            row = dict(zip(columns, line, strict=False))
            debit = row["pourcentdebit"]
            names = ("referenceprel", "cdreseau", "dateprel", "heureprel", *columns[-4:])
            expected.append((*(row[name] for name in names), float(debit.split()[0]) if debit else None, 1))
        assert sorted(rows, key=str) == sorted(expected, key=str)


def test_the_mart_of_the_results_of_hubeau(built: TestWarehouse) -> None:
    rows = built.rows(
        "SELECT cdparametresiseeaux, rqana, valeur, sous_seuil, seuil, limite_max, depasse_limite, reference_min, "
        "reference_max, hors_reference, referenceanl FROM marts.resultat_analyse WHERE annee = 2022 ORDER BY 1"
    )
    assert len(rows) == 9
    found = {row[0]: row[1:] for row in rows}
    sample = "05900313051"
    assert found["PH"] == ("7,8", 7.8, False, None, None, None, 6.5, 9.0, False, "")
    assert found["ECOLI"] == ("<1", None, True, 1.0, 0.0, False, None, None, None, sample)
    assert found["NH4"] == ("<0,05", None, True, 0.05, None, None, None, 0.1, False, sample)
    assert found["TEAU"] == ("19,6", 19.6, False, None, None, None, None, 25.0, False, "")
    assert found["ASP"] == ("Aspect normal", None, False, None, None, None, None, None, None, "")
    assert built.rows("SELECT count(*) FROM marts.rejet") == [(0,)]
