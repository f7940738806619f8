"""The providers of two months, and a place where the first is collected and loaded."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ingestion.simulator.server import running
from tests.faults.chain import Chain, Start
from tests.faults.months import MONTH_1, MONTH_2, SETTINGS
from tests.faults.proxy import Faults
from tests.helpers.warehouse import TestWarehouse, named, shared_copy, shared_warehouse

collect_ignore = [] if "HYDROTHEQUE_KILLS" in os.environ else ["test_random_kills.py"]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulator's files, made once."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def _faults() -> Faults:
    return Faults()


@pytest.fixture
def faults(_faults: Faults) -> Iterator[Faults]:
    """What goes wrong at the providers, in either month: nothing yet."""
    _faults.clear()
    yield _faults
    _faults.clear()


@pytest.fixture(scope="session")
def first_month(files: Path, _faults: Faults) -> Iterator[str]:
    """The address of the providers in month 1."""
    with running(MONTH_1, cache_dir=files, middleware=[_faults.middleware()]) as url:
        yield url


@pytest.fixture(scope="session")
def second_month(files: Path, _faults: Faults) -> Iterator[str]:
    """The address of the providers in month 2."""
    with running(MONTH_2, cache_dir=files, middleware=[_faults.middleware()]) as url:
        yield url


@pytest.fixture(scope="session")
def month_1(home: Path, first_month: str, tmp_path_factory: pytest.TempPathFactory) -> TestWarehouse:
    """Month 1, collected and loaded; only copied from."""
    at = SETTINGS | {"hubeau_url": first_month, "data_gouv_url": first_month}
    return shared_warehouse("month_1", TestWarehouse.month, tmp_path_factory.mktemp("month_1"), **at)


@pytest.fixture(scope="session")
def built(month_1: TestWarehouse, tmp_path_factory: pytest.TempPathFactory) -> TestWarehouse:
    """Month 1, collected, loaded and built; only copied from."""
    return shared_copy("built", month_1, TestWarehouse.build, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def month_2(built: TestWarehouse, second_month: str, tmp_path_factory: pytest.TempPathFactory) -> TestWarehouse:
    """Month 2 on top of month 1 on a good day, collected and loaded, not built; read only."""
    start = built.at(second_month)
    return shared_copy("month_2", start, TestWarehouse.month, tmp_path_factory.mktemp("month_2"))


@pytest.fixture(scope="session")
def two_months(month_2: TestWarehouse, tmp_path_factory: pytest.TempPathFactory) -> TestWarehouse:
    """Month 2 built on top of month 1; read only."""
    return shared_copy("two_months", month_2, TestWarehouse.build, tmp_path_factory.mktemp("two_months"))


@pytest.fixture
def place(month_1: TestWarehouse, second_month: str, tmp_path: Path) -> TestWarehouse:
    """A place of the test's own with month 1, at the providers of month 2."""
    return month_1.clone(tmp_path).at(second_month)


@pytest.fixture(scope="session")
def untouched(month_1: TestWarehouse, second_month: str, tmp_path_factory: pytest.TempPathFactory) -> TestWarehouse:
    """Month 1 at the providers of month 2, for runs that stop and must change nothing."""
    return month_1.clone(tmp_path_factory.mktemp("untouched"), named("untouched")).at(second_month)


@pytest.fixture(scope="module")
def chain(
    built: TestWarehouse,
    month_2: TestWarehouse,
    two_months: TestWarehouse,
    first_month: str,
    second_month: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Chain:
    """The chain of month 2 on month 1, of month 2 when it is loaded, and of month 1 on nothing."""
    folder = tmp_path_factory.mktemp("kill")
    two_months.clone(folder / "parsed", home=folder / "home").build("--select", "localisation")
    first, second = ({"hubeau_url": url, "data_gouv_url": url} for url in (first_month, second_month))
    starts = {
        "month 1": Start(built, second, two_months),
        "loaded": Start(month_2, second, two_months),
        "empty": Start(None, SETTINGS | first, built),
    }
    return Chain(starts, folder / "home")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds waited between tries: noted, not slept."""
    noted: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=noted.append))
    return noted
