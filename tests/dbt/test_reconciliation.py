"""Every row read is a row of a mart, was refused, or another stands for it: else a test of the project fails."""

from tests.dbt.conftest import Dbt
from tests.helpers.raw_tables import BRUTE, RawTables, hours

RECONCILED = ("commune", "mesure_capteur", "meteo", "nappe", "rejet")
# Rows of tables that no other refers to, but those that go with them.
LOST = (
    "delete from marts.meteo where (lambx, date) = (600, '2024-01-10')",
    "delete from marts.nappe where (code_bss, date_mesure) = ('B/2', '2024-02-01')",
    "delete from marts.mesure_capteur where instant = '2025-01-01 03:00:00+00'",
    "delete from marts.commune where code_insee = '01001'",
    "delete from marts.rejet where objet = 'quotidien'",
)


def write_more(raw: RawTables) -> None:
    """Write of each domain rows kept, rows refused and rows that others stand for."""
    package = raw.package("communes")
    raw.insert("raw_communes.communes", {"code_insee": "01001", "dep_code": "01", "paquet": package})
    raw.run("insert into raw_communes.lecture (paquet, lignes, lu_le) values (%s, 1, now())", package)
    raw.sim2("latest", [(0, "2024-01-10", 40.0), (0, "2024-01-11", 41.0)], modified="2024-02-03")
    rejet = "insert into raw_meteo.rejet values (%s, 'latest', 2, 'T', 'not a number', '600;x')"
    raw.run(rejet, f"{raw.packages:04}")
    day = ("2024-02-01", 1.0, BRUTE, "20")
    raw.measures("B/2", "2024-02-01", [day, day, ("2024-02-02", 2.0, BRUTE, "20")])
    raw.measures("C/3", "2024-01-01", [("2024-01-01", 8.0, BRUTE, "40")])  # the provider does not list C/3
    raw.sensors()
    raw.readings(dict.fromkeys(hours(1, 2, 3), (1.0, 16)), hours(4))


def failures(raw: RawTables, dbt: Dbt) -> dict[str, int]:
    """The tests that count, and how many months each of them found."""
    result = dbt(raw.warehouse, "test", "-s", *(f"{mart}_reconciles" for mart in RECONCILED), check=False)
    tests = [run for run in result.result.results if run.node.resource_type == "test"]  # the rest are hooks
    return {run.node.name.removesuffix("_reconciles"): run.failures for run in tests}


def test_a_row_that_is_lost_fails_the_test_of_its_mart(built: RawTables, dbt: Dbt) -> None:
    write_more(built)
    dbt(built.warehouse, "run", "-s", "config.materialized:incremental")
    assert failures(built, dbt) == dict.fromkeys(RECONCILED, 0)

    for statement in LOST:
        built.run(statement)

    assert failures(built, dbt) == dict.fromkeys(RECONCILED, 1)
    # a mart that is not built from the newest package is counted when it is
    built.package("piezometrie")
    assert failures(built, dbt)["nappe"] == 0
