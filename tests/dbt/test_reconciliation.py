"""Every row read is a row of a mart, was refused, or another stands for it: else a test of the project fails."""

from typing import Any

from tests.dbt.test_capteurs import Sensors, hours

RECONCILED = ("commune", "mesure_capteur", "meteo", "nappe", "rejet")
# Rows of tables that no other refers to, but those that go with them.
LOST = (
    "delete from marts.meteo where (lambx, date) = (600, '2024-01-10')",
    "delete from marts.nappe where (code_bss, date_mesure) = ('B/2', '2024-02-01')",
    "delete from marts.mesure_capteur where instant = '2025-01-01 03:00:00+00'",
    "delete from marts.commune where code_insee = '01001'",
    "delete from marts.rejet where objet = 'quotidien'",
)


def fill(source: Any, sensors: Any) -> None:
    """Of each domain rows kept, rows refused and rows that others stand for."""
    package = source.package("communes")
    source.sql("insert into raw_communes.communes (code_insee, dep_code, paquet) values ('01001', '01', %s)", package)
    source.sql("insert into raw_communes.lecture (paquet, lignes, lu_le) values (%s, 1, now())", package)
    source.sql("insert into raw_meteo.rejet values ('0001', 'annee', 2, 'T', 'not a number', '600;x')")
    day = ("2024-02-01", 1.0, "Donnée brute", "20")
    source.measures("B/2", "2024-02-01", [day, day, ("2024-02-02", 2.0, "Donnée brute", "20")])
    source.measures("C/3", "2024-01-01", [("2024-01-01", 8.0, "Donnée brute", "40")])  # nobody lists C/3
    sensors.read(dict.fromkeys(hours(1, 2, 3), (1.0, 16)), hours(4))


def failures(source: Any, dbt: Any) -> dict[str, int]:
    """The tests that count, and how many months each of them found."""
    result = dbt(source.env, "test", "-s", *(f"{mart}_reconciles" for mart in RECONCILED))
    tests = [run for run in result.result.results if run.node.resource_type == "test"]  # the rest are hooks
    return {run.node.name.removesuffix("_reconciles"): run.failures for run in tests}


def test_a_row_that_is_lost_fails_the_test_of_its_mart(source: Any, dbt: Any, raw_warehouse: Any) -> None:
    fill(source, Sensors(source, dbt, raw_warehouse.owner))
    assert dbt(source.env, "run").success
    assert failures(source, dbt) == dict.fromkeys(RECONCILED, 0)

    for statement in LOST:
        source.sql(statement)

    assert failures(source, dbt) == dict.fromkeys(RECONCILED, 1)
    # a mart that is not built from the newest package is counted when it is
    source.package("piezometrie")
    assert failures(source, dbt)["nappe"] == 0
