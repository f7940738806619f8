"""The list of communes: read from a csv and from a table, the same; what is refused; what stops the collection."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.responses import Response
from starlette.routing import Route

from flows.chain import steps
from flows.run import Run
from ingestion.errors import GuardError, SettingsError, SourceError
from ingestion.lake import open_lake
from ingestion.report import Collected, Options, Reporter
from ingestion.settings import load_settings
from ingestion.simulator.communes import csv_text, departed
from ingestion.simulator.world import Scenario
from ingestion.sources.communes import NUMBERS, TABLE, read_csv, read_table, typed
from ingestion.sources.fingerprint import fingerprint
from tests.helpers.providers import communes, served
from tests.helpers.warehouse import TestWarehouse, named, new_warehouse

TEXT = csv_text(Scenario())
LINES = TEXT.splitlines()


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "communes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def operators_table(url: str, text: str) -> None:
    """The table that pandas makes of the csv: the unnamed column named, numbers as numbers."""
    lines = list(csv.reader(io.StringIO(text)))
    names = ["Unnamed: 0", *lines[0][1:]]
    whole = {"Unnamed: 0", "population", "superficie_hectare", "superficie_km2", "grille_densite"}
    kinds = ["bigint" if n in whole else "double precision" if n in NUMBERS else "text" for n in names]
    with psycopg.connect(url, autocommit=True) as connection:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, kinds, strict=True))
        connection.execute(f"CREATE TABLE public.{TABLE} ({columns})")
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO public.{TABLE} VALUES ({', '.join(['%s'] * len(names))})",
                [[value or None for value in line] for line in lines[1:]],
            )


def test_codes_keep_their_zeros_and_numbers_are_numbers(tmp_path: Path) -> None:
    found = typed(read_csv(write(tmp_path, TEXT)))
    assert found.rows.num_rows == len(LINES) - 1
    assert (found.refused.num_rows, found.new_columns) == (0, ())
    first = found.rows.slice(0, 1).to_pylist()[0]
    assert first["code_insee"].startswith("05")
    assert isinstance(first["densite"], float)
    assert found.rows["latitude_centre"].null_count == 1


def test_a_table_gives_the_same_rows_as_the_csv(empty_warehouse: TestWarehouse, tmp_path: Path) -> None:
    operators_table(empty_warehouse.url, TEXT)
    table, file = typed(read_table(empty_warehouse.url)), typed(read_csv(write(tmp_path, TEXT)))
    assert table.rows.to_pylist() == file.rows.to_pylist()
    assert table.rows.schema == file.rows.schema
    assert fingerprint(table.rows) == fingerprint(file.rows)


def test_what_is_no_code_stands_twice_or_is_no_number_is_refused(tmp_path: Path) -> None:
    lost_zero = LINES[1].replace(",05095,", ",5095,", 1)
    twice = LINES[3]
    unreadable = LINES[4].replace(".", "?")
    nameless = ",".join([LINES[5].split(",")[0], "", *LINES[5].split(",")[2:]])
    found = typed(read_csv(write(tmp_path, "\n".join([LINES[0], lost_zero, twice, twice, unreadable, nameless, ""]))))
    assert [row["code_insee"] for row in found.rows.to_pylist()] == [unreadable.split(",")[1]]
    assert found.rows["densite"].null_count == 1
    reasons = [row["motif"] for row in found.refused.to_pylist()]
    assert reasons[:4] == [
        "code_insee unreadable", "code_insee repeated", "code_insee repeated", "code_insee missing",
    ]  # fmt: skip
    assert "densite unreadable" in reasons[4:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TEXT.replace("code_insee,", "insee,", 1), "lacks column code_insee; the file was not kept"),
        (TEXT.encode("latin-1"), "is not UTF-8"),
        (TEXT.replace("gentile", "dep_nom", 1), "has a column with no usable name: 'dep_nom'"),
        ("\n".join([*LINES[:3], '9,"05'])[:-1], "cannot be read"),
        ("<html>maintenance</html>", "lacks column code_insee"),
        (b"", "lacks column code_insee"),
    ],
    ids=["missing column", "latin-1", "a name twice", "cut off", "web page", "empty"],
)
def test_a_bad_file_is_one_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as error:
        read_csv(write(tmp_path, content))
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a provider, and the content of its file, which a test changes."""
    content = [TEXT.encode()]
    [route] = communes(b"")
    with served(Route(route.path, lambda request: Response(content[0], media_type="text/csv"))) as url:
        yield url, content


@pytest.fixture(scope="module")
def place(home: Path, tmp_path_factory: pytest.TempPathFactory, provider: Any) -> TestWarehouse:
    return new_warehouse(tmp_path_factory.mktemp("communes"), named("communes"), data_gouv_url=provider[0])


def collect(place: TestWarehouse, **options: Any) -> Collected:
    shown: list[Any] = []
    settings = place.settings.model_copy(update=options.pop("settings", {}))
    run = Run(settings, place.owner, Reporter(shown.append), Options(**options))
    steps.collect(run, "communes")
    steps.load(run, "communes")
    return shown[0]


def test_the_list_is_replaced_and_a_commune_that_left_it_stays(place: TestWarehouse, provider: Any) -> None:
    _, content = provider
    content[0] = TEXT.encode()
    assert collect(place).rows == len(LINES) - 1
    assert collect(place).unchanged
    [(held,)] = place.rows("SELECT lignes FROM raw_communes.lecture ORDER BY paquet DESC LIMIT 1")
    assert held == len(LINES) - 1

    gone = LINES[1].split(",")[1]
    content[0] = "\n".join([LINES[0] + ",blason", *(f"{line},x" for line in LINES[2:]), ""]).encode()
    line = collect(place)
    assert (line.rows, line.new_columns) == (len(LINES) - 2, ("blason",))
    rows = place.rows("SELECT paquet, count(*), max(blason) FROM raw_communes.communes GROUP BY paquet ORDER BY paquet")
    assert [row[1:] for row in rows] == [(1, None), (len(LINES) - 2, "x")]
    assert place.rows(f"SELECT paquet FROM raw_communes.communes WHERE code_insee = '{gone}'") == [(rows[0][0],)]


def test_a_list_that_shrank_is_stopped_and_may_be_let_through(place: TestWarehouse, provider: Any) -> None:
    _, content = provider
    content[0] = TEXT.encode()
    collect(place)
    before = open_lake(place.settings, "communes").complete_packages()
    content[0] = "\n".join([*LINES[: len(LINES) // 2], ""]).encode()
    with pytest.raises(GuardError, match=r"lines instead of .* run again with --accept"):
        collect(place)
    assert open_lake(place.settings, "communes").complete_packages() == before
    assert collect(place, accept=True).rows == len(LINES) // 2 - 1


def test_the_collection_from_a_table(place: TestWarehouse, empty_warehouse: TestWarehouse) -> None:
    operators_table(empty_warehouse.url, TEXT)
    database = {"communes_database_url": empty_warehouse.url}
    assert collect(place, settings=database).rows == len(LINES) - 1
    assert collect(place, settings=database).unchanged
    url = place.rows("SELECT url FROM raw_communes.lecture ORDER BY paquet DESC LIMIT 1")
    assert url == [(TABLE,)]


def test_the_password_of_the_table_is_never_shown(empty_warehouse: TestWarehouse) -> None:
    with pytest.raises(SourceError, match="table communes_france_2025 cannot be read") as error:
        read_table(empty_warehouse.url)
    assert "\n" not in str(error.value)
    assert empty_warehouse.owner.password not in str(error.value)
    with pytest.raises(SourceError, match="cannot be read") as refused:
        read_table("postgresql://reader:hunter2@127.0.0.1:9/villes")
    assert "hunter2" not in str(refused.value)
    with pytest.raises(SettingsError, match="HYDROTHEQUE_COMMUNES_DATABASE_URL") as setting:
        load_settings(communes_database_url="mysql://reader:hunter2@127.0.0.1/villes")
    assert "hunter2" not in str(setting.value)
    assert "hunter2" not in repr(load_settings(communes_database_url="postgresql://reader:hunter2@127.0.0.1/villes"))


def test_a_commune_that_other_sources_name_is_not_listed() -> None:
    assert departed(Scenario()) not in {line.split(",")[1] for line in LINES}
