"""The lake in Azure's storage: the chain writes it, reads it, and replays it to the same rows as a local lake.

What dbt makes of equal rows is equal: tests/faults/test_replay.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.simulator.server import running
from ingestion.simulator.tap_water_files import resources
from ingestion.sources import SOURCES
from tests.azure.conftest import ACCOUNT, Azurite
from tests.azure.identity import Identity
from tests.faults.months import MONTH_1, new_place
from tests.helpers.warehouse import TestWarehouse, named

TINY = replace(MONTH_1, cells=4, years=(2024,), stations=3)
DRINKING_WATER = resources(TINY)
OF_LOADING = ("_dlt_load_id", "_dlt_id")  # of the load, not of the lake's package


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(TINY, cache_dir=tmp_path_factory.mktemp("files")) as url:
        yield url


def on_azure(place: TestWarehouse, azurite: Azurite) -> TestWarehouse:
    """The same place, with its lake in Azurite."""
    connection = azurite.connection_string
    changes = {"azure_storage_account_name": ACCOUNT, "azure_storage_connection_string": connection}
    return place.at(place.settings.hubeau_url, lake_url="az://", **changes)


def test_a_lake_on_azure_gives_the_rows_of_a_local_one(azurite: Azurite, providers: str, tmp_path: Path) -> None:
    local = new_place(tmp_path, providers, qualite_eau_resources=DRINKING_WATER).month()
    remote = on_azure(
        new_place(tmp_path, providers, named("azure"), qualite_eau_resources=DRINKING_WATER), azurite
    ).month()
    assert remote.raw() == local.raw()
    read = {domain for domain in SOURCES if remote.rows(f"SELECT FROM {SOURCES[domain].schema}.lecture")}
    assert read == set(SOURCES), "nothing compared"

    again = on_azure(remote, azurite).month()
    assert not [line for line in again.collected if not line.unchanged and line.rows]

    raw = remote.raw(left_out=OF_LOADING)
    assert remote.load(from_lake=True).raw(left_out=OF_LOADING) == raw


@pytest.fixture
def place(
    azurite_with_identities: Azurite,
    identity: Identity,
    providers: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> TestWarehouse:
    """A place whose commands run as a container's: no key, no connection string, a managed identity."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("FSSPEC_ABFS_ACCOUNT_HOST", azurite_with_identities.host)  # in Azure the account's own
    for name, value in identity.environment.items():
        monkeypatch.setenv(name, value)
    return new_place(tmp_path, providers).at(providers, lake_url="az://")


def test_a_managed_identity_writes_and_reads_the_lake(place: TestWarehouse, identity: Identity) -> None:
    done = place.command("collect", "meteo")
    assert done.returncode == 0, done.stderr
    assert "QUOT_SIM2_2024.csv.gz" in done.stdout
    assert {resource.rstrip("/") for resource in identity.resources} == {"https://storage.azure.com"}
    assert identity.clients == {"client-worker"}


def test_a_lake_that_lets_nobody_in_is_one_line(place: TestWarehouse, identity: Identity) -> None:
    with identity.with_tokens_for("https://vault.azure.net"):
        done = place.command("load")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("hydrotheque: HYDROTHEQUE_LAKE_URL: az:// of devstoreaccount1 cannot be opened: ")
