"""The collection of drinking water: a year is replaced when it changed, and stays as it is when its zip is bad."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.chain import steps
from flows.run import Run
from ingestion.errors import GuardError, SettingsError, SourceError
from ingestion.lake import open_lake
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import DRINKING_WATER, load_settings
from ingestion.simulator.tap_water_files import resources, write_zip
from ingestion.simulator.world import Scenario
from ingestion.sources import qualite_eau
from ingestion.sources.source import Collecting
from ingestion.warehouse.held import held_files
from tests.helpers.providers import served
from tests.helpers.warehouse import TestWarehouse, named, new_warehouse
from tests.ingestion.dis import csv, row, tables, zipped

YEARS = {2022: "id-2022", 2023: "id-2023"}
KEYS = [str(number) for number in range(40)]


class Provider:
    """The zips of each year, which a test changes, and the requests made."""

    def __init__(self) -> None:
        self.content = {year: zipped(tables(year, KEYS)) for year in (*YEARS, 2019)}
        self.seen: list[tuple[str, int]] = []

    def answer(self, request: Request) -> Response:
        year = int(request.path_params["year"])
        self.seen.append((request.method, year))
        return Response(self.content[year], media_type="application/zip")


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, Provider]]:
    provider = Provider()
    with served(Route("/fr/datasets/r/id-{year}", provider.answer)) as url:
        yield url, provider


@pytest.fixture
def provider(address: tuple[str, Provider]) -> Provider:
    address[1].__init__()  # type: ignore[misc] # as new
    return address[1]


@pytest.fixture(scope="module")
def place(home: Any, tmp_path_factory: pytest.TempPathFactory, address: tuple[str, Provider]) -> TestWarehouse:
    changes = {"data_gouv_url": address[0], "qualite_eau_resources": YEARS}
    return new_warehouse(tmp_path_factory.mktemp("qualite_eau"), named("qualite_eau"), **changes)


def collect(place: TestWarehouse, load: bool = True, **options: Any) -> list[Collected]:
    shown: list[Any] = []
    settings = place.settings.model_copy(update=options.pop("settings", {}))
    run = Run(settings, place.owner, Reporter(shown.append), Options(**options))
    steps.collect(run, "qualite_eau")
    if load:
        steps.load(run, "qualite_eau")
    return [line for line in shown if isinstance(line, Collected)]


def test_a_year_is_replaced_when_it_changed_and_the_other_stays(place: TestWarehouse, provider: Provider) -> None:
    first = collect(place, full=True)
    assert [(line.piece, line.rows) for line in first] == [("dis-2022.zip", 120), ("dis-2023.zip", 120)]
    provider.seen.clear()
    assert all(line.unchanged for line in collect(place))
    assert provider.seen == [("HEAD", 2022), ("HEAD", 2023)]

    rows = [row("plv", key) for key in KEYS if key != "7"]
    rows[0] = [value.replace(" 0", " revised") for value in rows[0]]
    columns = [*qualite_eau.COLUMNS["plv"], "latitude"]
    provider.content[2023] = zipped(
        tables(2023, KEYS) | {"DIS_PLV_2023.txt": csv(columns, [[*values, "42.19"] for values in rows])}
    )
    unchanged, line = collect(place)
    assert unchanged.unchanged
    assert (line.rows, line.refused, line.new_columns) == (119, 0, ("plv.latitude",))

    found = place.rows(
        "SELECT annee, count(*), min(nom_du_fichier), count(latitude), "
        "count(*) FILTER (WHERE referenceprel = 'referenceprel revised'), "
        "count(*) FILTER (WHERE referenceprel IN ('referenceprel 0', 'referenceprel 7')) "
        "FROM raw_qualite_eau.plv GROUP BY annee ORDER BY annee"
    )
    assert found == [(2022, 40, "dis-2022.zip", 0, 0, 2), (2023, 39, "dis-2023.zip", 39, 1, 0)]
    readings = place.rows(
        "SELECT nom_du_fichier, annee, com_udi, plv, result, refusees, colonnes_nouvelles, longueur "
        "FROM raw_qualite_eau.lecture ORDER BY paquet DESC LIMIT 1"
    )
    assert readings == [("dis-2023.zip", 2023, 40, 39, 40, 0, "plv.latitude", len(provider.content[2023]))]
    held = place.rows("SELECT liste, annee_de_fin FROM control.source_fichier WHERE nom_du_fichier = 'dis-2023.zip'")
    assert held == [(True, 2023)]
    with place.owner.connect() as connection:
        loaded = {name: version.split("\t") for name, _, version in held_files(connection)}
    assert loaded["dis-2023.zip"][1:] == [str(len(provider.content[2023])), "119"]


def test_the_columns_of_raw_are_as_published_then_ours(place: TestWarehouse, provider: Provider) -> None:
    collect(place)
    for table, columns in qualite_eau.COLUMNS.items():
        found = place.rows(
            f"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{table}' "
            "AND table_schema = 'raw_qualite_eau' ORDER BY ordinal_position"
        )
        assert [name for name, _ in found][: len(columns) + 2] == [*columns, "annee", "nom_du_fichier"]
        assert {name: kind for name, kind in found if kind not in ("text", "character varying")} == {"annee": "bigint"}


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ({"DIS_RESULT_2023.txt": b"<html>"}, SourceError, "lacks column cddept"),
        ({"DIS_RESULT_2023.txt": b"0" * 900_000}, SourceError, "more than 100 to one"),
        (tables(2023, KEYS[:30]), GuardError, "30 lines instead of .* in result 30 lines .* again with --accept"),
        (
            {"DIS_PLV_2023.txt": csv(qualite_eau.COLUMNS["plv"], [*([row("plv", k) for k in KEYS]), ["short"]])},
            GuardError,
            "in plv 1 lines that cannot be read of 41",
        ),
    ],
    ids=["web page inside", "zip bomb", "shrank", "refused"],
)
def test_a_bad_zip_leaves_lake_and_raw_as_they_were(
    place: TestWarehouse, provider: Provider, members: dict[str, bytes], error: type[Exception], message: str
) -> None:
    collect(place, accept=True)
    lake = open_lake(place.settings, "qualite_eau")
    count = "SELECT nom_du_fichier, count(*) FROM raw_qualite_eau.result GROUP BY 1 ORDER BY 1"
    packages, rows = lake.complete_packages(), place.rows(count)
    provider.content[2023] = zipped(tables(2023, KEYS) | members)
    with pytest.raises(error, match=message) as raised:
        collect(place, load=False)
    assert "\n" not in str(raised.value)
    steps.load(Run(place.settings, place.owner), "qualite_eau")
    assert lake.complete_packages() == packages
    assert place.rows(count) == rows


def test_refused_lines_that_are_let_through_are_kept_with_their_text(place: TestWarehouse, provider: Provider) -> None:
    content = csv(qualite_eau.COLUMNS["plv"], [*([row("plv", key) for key in KEYS]), ["short"]])
    provider.content[2023] = zipped(tables(2023, KEYS) | {"DIS_PLV_2023.txt": content})
    [line] = [line for line in collect(place, accept=True) if line.refused]
    assert (line.rows, line.refused) == (120, 1)
    refused = place.rows(
        "SELECT nom_du_fichier, membre, ligne, motif, texte FROM raw_qualite_eau.rejet ORDER BY paquet DESC LIMIT 1"
    )
    assert refused == [("dis-2023.zip", "plv", 42, "missing columns", '"short"')]


def test_a_year_long_past_is_collected_when_it_changed(place: TestWarehouse, provider: Provider) -> None:
    old = {"settings": {"qualite_eau_resources": {2019: "id-2019"}, "qualite_eau_start_year": 2019}, "load": False}
    assert not collect(place, **old)[0].unchanged
    assert collect(place, **old)[0].unchanged
    provider.content[2019] = zipped(tables(2019, [*KEYS, "40"]))
    assert collect(place, **old)[0].rows == 123


def test_a_year_of_an_operator_and_years_before_the_first(
    place: TestWarehouse, provider: Provider, address: tuple[str, Provider]
) -> None:
    with place.owner.connect() as connection:
        connection.execute(
            "INSERT INTO control.source_fichier (domaine, nom_du_fichier, url_du_fichier) "
            f"VALUES ('qualite_eau', 'dis-2024.zip', '{address[0]}/fr/datasets/r/id-2024')"
        )
    provider.content[2024] = zipped(tables(2024, KEYS))
    lines = collect(place, load=False, settings={"qualite_eau_start_year": 2023})
    assert [line.piece for line in lines] == ["dis-2023.zip", "dis-2024.zip"]
    with place.owner.connect() as connection:
        connection.execute("UPDATE control.source_fichier SET nom_du_fichier = 'dis.zip' WHERE url_du_fichier ~ '2024'")
        with pytest.raises(SourceError, match=r"dis.zip is not the name of a year of drinking water"):
            list(qualite_eau.wanted_years(Collecting(place.settings, connection, Options(), Reporter())))
        connection.execute("DELETE FROM control.source_fichier WHERE nom_du_fichier = 'dis.zip'")


def test_the_setting_of_the_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().qualite_eau_resources == DRINKING_WATER
    monkeypatch.setenv("HYDROTHEQUE_QUALITE_EAU_RESOURCES", "2023=c89d-1, 2026=x")
    assert load_settings().qualite_eau_resources == {2023: "c89d-1", 2026: "x"}
    for wrong in ("2023", "23=abc", "2023=a/b"):
        monkeypatch.setenv("HYDROTHEQUE_QUALITE_EAU_RESOURCES", wrong)
        with pytest.raises(SettingsError, match="HYDROTHEQUE_QUALITE_EAU_RESOURCES: "):
            load_settings()


def test_the_simulator_writes_the_same_bytes_for_the_same_scenario(tmp_path: Any) -> None:
    scenario = Scenario(stations=2, years=(2024,))
    assert resources(scenario) == {2024: DRINKING_WATER[2024]}
    for name in ("first", "second"):
        write_zip(scenario, 2024, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
