"""Bad input: one line, an exit status, and everything left as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from flows.chain import steps
from flows.run import Run
from ingestion.errors import SourceError
from ingestion.lake import open_lake
from ingestion.report import Reporter
from ingestion.sources.meteo import DATASET_ID
from ingestion.sources.meteo.sim2_csv import KEY, VARIABLES
from tests.helpers.command import hydrotheque
from tests.helpers.providers import csv_gz, files, served
from tests.helpers.warehouse import named, new_warehouse

NAME = "QUOT_SIM2_2024.csv.gz"
COLUMNS = [*KEY, *VARIABLES]


def sim2(columns: list[str] = COLUMNS, days: int = 28) -> bytes:
    known = {"lambx": "600", "lamby": "24010"}
    lines = [";".join(columns).upper()]
    for day in range(1, days + 1):
        lines.append(";".join((known | {"date": f"202401{day:02d}"}).get(column, "1.5") for column in columns))
    return csv_gz("\n".join([*lines, ""]))


class Provider:
    """data.gouv.fr with one file whose content a test changes."""

    def __init__(self) -> None:
        self.answer: Response | None = None
        self.contents = {NAME: sim2()}
        dataset, static = files(self.contents)
        self.routes = [
            Route(dataset.path, lambda request: self.answer or dataset.endpoint(request)),
            static,
        ]


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[str, Provider]]:
    provider = Provider()
    with served(*provider.routes) as url:
        yield url, provider


@pytest.fixture(scope="module")
def collected(home: Path, provider: tuple[str, Provider], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A warehouse with 28 good rows of January 2024."""
    warehouse = new_warehouse(tmp_path_factory.mktemp("bad"), named("bad_input"), data_gouv_url=provider[0])
    run = Run(warehouse.settings, warehouse.owner, Reporter())
    steps.collect(run, "meteo")
    steps.load(run)
    return run


def again(run: Run) -> Run:
    """Another run at the same place: one run collects a domain once."""
    return Run(run.settings, run.warehouse)


def contents(run: Run) -> list[object]:
    """What the lake and the raw schemas hold."""
    with run.warehouse.connect() as connection:
        rows = connection.execute("SELECT md5(string_agg(s::text, ',' ORDER BY s)) FROM raw_meteo.sim2 s").fetchall()
        packages = connection.execute("SELECT * FROM control.paquet_charge").fetchall()
    return [open_lake(run.settings, "meteo").complete_packages(), rows, packages]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (sim2([c for c in COLUMNS if c != "swi"]), "QUOT_SIM2_2024.csv.gz lacks column SWI; the file was not kept"),
        (sim2()[:-30], "QUOT_SIM2_2024.csv.gz is not a complete gzip file"),
        (b"<html>maintenance</html>", "QUOT_SIM2_2024.csv.gz is not a complete gzip file"),
    ],
    ids=["missing column", "truncated gzip", "web page as a file"],
)
def test_a_bad_file(collected: Run, provider: tuple[str, Provider], content: bytes, message: str) -> None:
    before = contents(collected)
    provider[1].contents[NAME] = content
    with pytest.raises(SourceError, match=message) as error:
        steps.collect(again(collected), "meteo")
    assert "\n" not in str(error.value)
    steps.load(collected)
    assert contents(collected) == before


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (HTMLResponse("<h1>Maintenance</h1>"), "answered text/html; charset=utf-8 where JSON was expected"),
        (Response('{"resources": [{}]}', media_type="application/json"), "did not answer the description of a dataset"),
        (Response('{"resources": []}', media_type="application/json"), f"dataset {DATASET_ID} .* lists no file"),
    ],
    ids=["web page", "other JSON", "no file"],
)
def test_a_bad_dataset(collected: Run, provider: tuple[str, Provider], answer: Response, message: str) -> None:
    before = contents(collected)
    provider[1].answer = answer
    try:
        with pytest.raises(SourceError, match=message):
            steps.collect(again(collected), "meteo")
    finally:
        provider[1].answer = None
    assert contents(collected) == before


def test_a_new_column_is_kept_in_the_lake_and_reported(collected: Run, provider: tuple[str, Provider]) -> None:
    provider[1].contents[NAME] = sim2([*COLUMNS, "albedo"])
    shown: list[object] = []
    steps.collect(Run(collected.settings, collected.warehouse, Reporter(shown.append)), "meteo")
    assert [line.new_columns for line in shown] == [("albedo",)]
    steps.load(collected)
    with collected.warehouse.connect() as connection:
        assert connection.execute("SELECT DISTINCT albedo FROM raw_meteo.sim2").fetchall() == [("1.5",)]
        assert connection.execute("SELECT count(*) FROM raw_meteo.sim2").fetchone() == (28,)


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"HYDROTHEQUE_METEO_START_YEAR": "never"}, 2, "HYDROTHEQUE_METEO_START_YEAR: "),
        ({"HYDROTHEQUE_PIEZO_DEPARTEMENTS": "07,1"}, 2, "HYDROTHEQUE_PIEZO_DEPARTEMENTS: String should match"),
        ({"HYDROTHEQUE_METEO_BBOX": "5,45,1,48"}, 2, "HYDROTHEQUE_METEO_BBOX: expected lon_min,lat_min"),
        ({"HYDROTHEQUE_SOURCES": "imaginary"}, 2, "HYDROTHEQUE_SOURCES: "),
        ({"PGPORT": "many"}, 2, "PGPORT: "),
        ({"PGHOST": "127.0.0.1", "PGPORT": "9"}, 4, "PostgreSQL at 127.0.0.1:9: "),
        ({"HYDROTHEQUE_DATA_GOUV_URL": "http://127.0.0.1:9"}, 3, "http://127.0.0.1:9/api/1/datasets/"),
    ],
    ids=["year", "department", "box", "sources", "port", "no server", "unreachable source"],
)
def test_the_command_leaves_with_one_line(
    collected: Run, tmp_path: Path, changes: dict[str, str], status: int, message: str
) -> None:
    done = hydrotheque("collect", "meteo", HYDROTHEQUE_LAKE_URL=str(tmp_path), PGDATABASE=named("bad_input"), **changes)
    assert done.returncode == status, done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("hydrotheque: ")
    assert message in line


def test_a_server_that_is_not_postgresql(provider: tuple[str, Provider]) -> None:
    port = provider[0].rsplit(":", 1)[1]
    done = hydrotheque("db", "start", PGHOST="127.0.0.1", PGPORT=port)
    assert done.returncode == 4
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"PostgreSQL at 127.0.0.1:{port}: " in done.stderr


def test_simulated_and_real_data_do_not_mix(collected: Run, tmp_path: Path) -> None:
    lake = {"HYDROTHEQUE_LAKE_URL": str(tmp_path), "PGDATABASE": named("bad_input")}
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "origine.txt").write_text("simulated")
    done = hydrotheque("collect", "meteo", **lake)
    assert done.returncode == 2
    assert (
        "holds simulated data, not live; set HYDROTHEQUE_SOURCES=simulated or another HYDROTHEQUE_HOME" in done.stderr
    )
