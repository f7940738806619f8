"""The sensors' marts, built again and again from raw tables as ingestion writes them; what is kept, and until when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingestion.settings import load_settings
from ingestion.warehouse import Warehouse
from ingestion.warehouse.retention import prune

MARTS = ("capteur", "mesure_capteur", "mesure_capteur_jour", "lacune_capteur")
START = datetime(2025, 1, 1, tzinfo=UTC)
STATION, WELL = "M702241010", "06252X0063/PZ1"
# The rules said another way than the models say them.
MESURES = """
    select code_capteur, grandeur_hydro as grandeur, date_obs as instant, resultat_obs as valeur, code_statut::int
    from raw_capteurs.observations_tr as o where not exists (
        select from raw_capteurs.observations_tr as p
        where (p.code_capteur, p.grandeur_hydro, p.date_obs) = (o.code_capteur, o.grandeur_hydro, o.date_obs)
        and p.code_statut > o.code_statut)
    union all select code_capteur, 'niveau_eau_ngf', date_mesure, niveau_eau_ngf, null from raw_capteurs.chroniques_tr
    union all
    select code_capteur, 'profondeur_nappe', date_mesure, profondeur_nappe, null from raw_capteurs.chroniques_tr
    order by 1, 2, 3
"""
JOURS = """
    select code_capteur, grandeur, (instant at time zone 'UTC')::date, avg(valeur), min(valeur), max(valeur),
        count(*)::int
    from marts.mesure_capteur group by 1, 2, 3 order by 1, 2, 3
"""
LACUNES = """
    select a.code_capteur, a.grandeur, a.instant, min(b.instant) from marts.mesure_capteur as a
    join marts.mesure_capteur as b
        on (a.code_capteur, a.grandeur) = (b.code_capteur, b.grandeur) and b.instant > a.instant
    group by 1, 2, 3 having min(b.instant) - a.instant > interval '6 hours' order by 1, 2, 3
"""


def hours(*numbers: float) -> list[datetime]:
    return [START + timedelta(hours=number) for number in numbers]


class Sensors:
    """Raw tables of two sensors, and dbt on their models."""

    def __init__(self, source: Any, dbt: Any, warehouse: Warehouse) -> None:
        self.source, self.dbt, self.warehouse = source, dbt, warehouse
        self.sql = source.sql
        self.sql(
            "insert into raw_capteurs.stations_hydrometriques (code_capteur, code_site, code_station, "
            "code_commune_station, en_service, lu_le) values (%s, 'M7022410', %s, '85254', true, now())",
            STATION, STATION,
        )  # fmt: skip
        self.sql(
            "insert into raw_capteurs.stations_piezometriques (code_bss, code_commune_insee, lu_le) "
            "values (%s, '71522', now())",
            WELL,
        )
        self.read({})
        self.built = False

    def read(self, heights: dict[datetime, tuple[float, int]], levels: list[datetime] | None = None) -> None:
        """A package: heights (value, statut) and levels that replace those from the first of them on."""
        package = self.source.package("capteurs")
        for code, table, column, instants in (
            (STATION, "observations_tr", "date_obs", list(heights)),
            (WELL, "chroniques_tr", "date_mesure", levels or []),
        ):
            if not instants:
                continue
            since, last = min(instants), max(instants)
            self.sql(f"delete from raw_capteurs.{table} where code_capteur = %s and {column} >= %s", code, since)
            for grandeur in ("H",) if code == STATION else ("niveau_eau_ngf", "profondeur_nappe"):
                self.sql(
                    "insert into raw_capteurs.lecture (paquet, code_capteur, grandeur, lu_depuis, dernier_instant, "
                    "lignes, lu_le) values (%s, %s, %s, %s, %s, %s, now())",
                    package, code, grandeur, since, last, len(instants),
                )  # fmt: skip
        for instant, (value, statut) in heights.items():
            for each in sorted({4, statut}):  # the same instant comes with the lower statut too
                self.sql(
                    "insert into raw_capteurs.observations_tr (code_capteur, code_station, grandeur_hydro, date_obs, "
                    "resultat_obs, code_statut, paquet) values (%s, %s, 'H', %s, %s, %s, %s)",
                    STATION, STATION, instant, value if each == statut else 9999, each, package,
                )  # fmt: skip
        for number, instant in enumerate(levels or []):
            self.sql(
                "insert into raw_capteurs.chroniques_tr (code_bss, code_capteur, date_mesure, niveau_eau_ngf, "
                "profondeur_nappe, paquet) values (%s, %s, %s, %s, %s, %s)",
                WELL, WELL, instant, 200 + number / 100, 14 - number / 100, package,
            )  # fmt: skip

    def build(self, *arguments: str) -> None:
        select = MARTS if self.built else ("+tag:capteurs",)
        result = self.dbt(self.source.env, "run", "--select", *select, *arguments)
        assert result.success, (result.exception, [r.message for r in result.result or () if r.status == "error"])
        self.built = True

    def prune(self, days: int) -> None:
        prune(load_settings(capteur_retention_days=days), self.warehouse)

    def marts(self) -> dict[str, str]:
        query = "select md5(string_agg(t::text, '|' order by t::text)) from marts.{} as t"
        return {mart: self.sql(query.format(mart))[0][0] for mart in MARTS}

    def versions(self) -> dict[str, list[tuple[Any, ...]]]:
        return {mart: self.sql(f"select xmin::text, ctid::text from marts.{mart} order by 1, 2") for mart in MARTS}

    def scans(self) -> list[tuple[Any, ...]]:
        """How often each table of values was read whole: what an hour costs does not grow with the history.

        Of so few rows PostgreSQL would rather read the whole table; what is built in between is told not to.
        """
        self.sql("select pg_stat_force_next_flush()")
        return self.sql(
            """select schemaname || '.' || relname, seq_scan from pg_stat_user_tables
            where schemaname || '.' || relname in ('raw_capteurs.observations_tr', 'raw_capteurs.chroniques_tr',
                'marts.mesure_capteur', 'marts.mesure_capteur_jour') order by 1"""
        )

    def check(self) -> None:
        values = (
            "select code_capteur, grandeur, instant, valeur, code_statut from marts.mesure_capteur order by 1, 2, 3"
        )
        assert self.sql(values) == self.sql(MESURES)
        days = (
            "select code_capteur, grandeur, jour, moyenne, minimum, maximum, mesures from marts.mesure_capteur_jour "
            "order by 1, 2, 3"
        )
        assert self.sql(days) == self.sql(JOURS)
        gaps = "select code_capteur, grandeur, debut, fin from marts.lacune_capteur order by 1, 2, 3"
        assert self.sql(gaps) == self.sql(LACUNES)


@pytest.fixture
def sensors(source: Any, dbt: Any, raw_warehouse: Any) -> Sensors:
    return Sensors(source, dbt, raw_warehouse.owner)


def raw(*numbers: float, value: float = -100, statut: int = 4) -> dict[datetime, tuple[float, int]]:
    return {instant: (value + number, statut) for number, instant in enumerate(hours(*numbers))}


def test_hourly_builds_equal_one_from_the_start_and_touch_what_is_new_only(sensors: Sensors) -> None:
    sensors.read(raw(*range(0, 60), statut=8), hours(*range(0, 60)))
    sensors.build()
    sensors.check()
    # an hour later: the overlap again, one value corrected, one late, one taken back
    sensors.read(raw(*range(48, 55), 56, 57.5, 58, 59, 60, value=5, statut=8), hours(*range(48, 61)))
    sensors.build()
    sensors.check()
    # silence, then values again: a gap over a midnight; then what was missing comes late
    sensors.read(raw(80, 81), hours(100))
    sensors.build()
    sensors.check()
    assert len(sensors.sql("select 1 from marts.lacune_capteur")) == 3
    sensors.read(raw(*range(61, 82)))
    sensors.build()
    sensors.check()
    assert sensors.sql("select distinct code_capteur from marts.lacune_capteur") == [(WELL,)]

    before = sensors.versions()
    sensors.build()
    assert sensors.versions() == before
    first_day = "select ctid::text from marts.mesure_capteur where instant < '2025-01-02' order by 1"
    untouched = sensors.sql(first_day)
    sensors.read(raw(82), hours(101))
    scans = sensors.scans()
    sensors.source.env["PGOPTIONS"] = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    sensors.build()
    sensors.source.env["PGOPTIONS"] = ""
    assert sensors.scans() == scans
    assert sensors.sql(first_day) == untouched

    incremental = sensors.marts()
    sensors.build("--full-refresh")
    sensors.check()
    assert sensors.marts() == incremental


def test_days_and_gaps_outlive_the_values_they_are_made_of(sensors: Sensors) -> None:
    sensors.read(raw(*range(0, 48), 60), hours(*range(0, 24)))
    sensors.build()
    days = "select * from marts.mesure_capteur_jour where jour < '2025-01-04' order by 1, 2, 3"
    kept, gaps = sensors.sql(days), sensors.sql("select * from marts.lacune_capteur")
    assert len(kept) == 5
    assert len(gaps) == 1

    sensors.prune(62)  # nothing is that old
    assert len(sensors.sql("select 1 from raw_capteurs.observations_tr")) == 49
    later = [24 * 65 + hour for hour in range(5)]
    sensors.read(raw(*later))
    sensors.prune(62)  # what was just loaded is not built yet: nothing may go
    assert len(sensors.sql("select 1 from raw_capteurs.observations_tr")) == 54
    sensors.build()
    sensors.prune(62)
    sensors.build()  # forgets what was pruned
    limit = datetime(2025, 1, 5, tzinfo=UTC)  # 62 days before the 7th of March
    for table, column in (("raw_capteurs.observations_tr", "date_obs"), ("marts.mesure_capteur", "instant")):
        assert sensors.sql(f"select count(*) filter (where {column} < %s), count(*) from {table}", limit) == [(0, 5)]
    assert sensors.sql(days) == kept
    [*old, new] = sensors.sql("select * from marts.lacune_capteur order by debut")
    assert old == gaps
    assert new[2:4] == (START + timedelta(hours=60), START + timedelta(days=65))

    sensors.build("--full-refresh")
    assert sensors.sql(days) == kept
    assert len(sensors.sql("select 1 from marts.lacune_capteur")) == 2
    assert len(sensors.sql("select 1 from marts.mesure_capteur")) == 5
