"""The sensors' marts, built again and again from raw tables as ingestion writes them; what is kept, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from ingestion.warehouse.retention import prune
from tests.dbt.conftest import BY_INDEX, Dbt
from tests.helpers.raw_tables import START, WELL, RawTables, hours

MARTS = ("capteur", "mesure_capteur", "mesure_capteur_jour", "lacune_capteur")
TABLES = tuple(f"marts.{mart}" for mart in MARTS)
# Each mart, and its rule said another way than the model says it.
RULES = {
    "select code_capteur, grandeur, instant, valeur, code_statut from marts.mesure_capteur order by 1, 2, 3": """
        select code_capteur, grandeur_hydro as grandeur, date_obs as instant, resultat_obs as valeur, code_statut::int
        from raw_capteurs.observations_tr as o where not exists (
            select from raw_capteurs.observations_tr as p
            where (p.code_capteur, p.grandeur_hydro, p.date_obs) = (o.code_capteur, o.grandeur_hydro, o.date_obs)
            and p.code_statut > o.code_statut)
        union all
        select code_capteur, 'niveau_eau_ngf', date_mesure, niveau_eau_ngf, null from raw_capteurs.chroniques_tr
        union all
        select code_capteur, 'profondeur_nappe', date_mesure, profondeur_nappe, null from raw_capteurs.chroniques_tr
        order by 1, 2, 3
    """,
    """select code_capteur, grandeur, jour, moyenne, minimum, maximum, mesures from marts.mesure_capteur_jour
        order by 1, 2, 3""": """
        select code_capteur, grandeur, (instant at time zone 'UTC')::date, avg(valeur), min(valeur), max(valeur),
            count(*)::int
        from marts.mesure_capteur group by 1, 2, 3 order by 1, 2, 3
    """,
    "select code_capteur, grandeur, debut, fin from marts.lacune_capteur order by 1, 2, 3": """
        select a.code_capteur, a.grandeur, a.instant, min(b.instant) from marts.mesure_capteur as a
        join marts.mesure_capteur as b
            on (a.code_capteur, a.grandeur) = (b.code_capteur, b.grandeur) and b.instant > a.instant
        group by 1, 2, 3 having min(b.instant) - a.instant > interval '6 hours' order by 1, 2, 3
    """,
}
DAYS = "select * from marts.mesure_capteur_jour where jour < '2025-01-04' order by 1, 2, 3"
GAPS = "select * from marts.lacune_capteur order by debut"
READ = ("raw_capteurs.observations_tr", "raw_capteurs.chroniques_tr", "marts.mesure_capteur",
        "marts.mesure_capteur_jour")  # fmt: skip


class Sensors:
    """Two sensors, and dbt on their marts."""

    def __init__(self, raw: RawTables, dbt: Dbt) -> None:
        self.raw, self.dbt, self.warehouse, self.rows = raw, dbt, raw.warehouse, raw.run
        raw.sensors()

    def build(self, *arguments: str, **variables: str) -> None:
        """Build the marts, and the communes that they refer to."""
        self.dbt(self.warehouse, "run", "--select", "commune", *MARTS, *arguments, **variables)

    def check(self) -> None:
        """Compare the marts with their rules."""
        for mart, rule in RULES.items():
            assert self.rows(mart) == self.rows(rule)

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        return int(self.rows(f"select count(*) from {table}")[0][0])

    def prune(self, days: int) -> None:
        """Delete what is older than a number of days."""
        prune(self.warehouse.settings.model_copy(update={"capteur_retention_days": days}), self.warehouse.owner)


@pytest.fixture
def sensors(built: RawTables, dbt: Dbt) -> Sensors:
    return Sensors(built, dbt)


def heights(*numbers: float, value: float = -100, statut: int = 4) -> dict[datetime, tuple[float, int]]:
    return {instant: (value + number, statut) for number, instant in enumerate(hours(*numbers))}


def test_hourly_builds_equal_one_from_the_start_and_touch_what_is_new_only(sensors: Sensors) -> None:
    warehouse, raw = sensors.warehouse, sensors.raw
    raw.readings(heights(*range(0, 60), statut=8), hours(*range(0, 60)))
    sensors.build()
    sensors.check()
    # an hour later: the overlap again, one value corrected, one late, one taken back
    raw.readings(heights(*range(48, 55), 56, 57.5, 58, 59, 60, value=5, statut=8), hours(*range(48, 61)))
    sensors.build()
    sensors.check()
    # silence, then values again: a gap over a midnight; then what was missing comes late
    raw.readings(heights(80, 81), hours(100))
    sensors.build()
    sensors.check()
    assert sensors.count("marts.lacune_capteur") == 3
    raw.readings(heights(*range(61, 82)))
    sensors.build()
    sensors.check()
    assert sensors.rows("select distinct code_capteur from marts.lacune_capteur") == [(WELL,)]

    before = warehouse.versions(TABLES)
    sensors.build()
    assert warehouse.versions(TABLES) == before
    # what an hour costs does not grow with the history: no table of values is read whole
    first_day = "select ctid::text from marts.mesure_capteur where instant < '2025-01-02' order by 1"
    untouched = sensors.rows(first_day)
    raw.readings(heights(82), hours(101))
    scans = warehouse.counters("seq_scan", *READ)
    sensors.build(**BY_INDEX)
    assert warehouse.counters("seq_scan", *READ) == scans
    assert sensors.rows(first_day) == untouched

    incremental = warehouse.checksums(TABLES, left_out=())
    sensors.build("--full-refresh")
    sensors.check()
    assert warehouse.checksums(TABLES, left_out=()) == incremental


def test_days_and_gaps_outlive_the_values_they_are_made_of(sensors: Sensors) -> None:
    raw = sensors.raw
    raw.readings(heights(*range(0, 48), 60), hours(*range(0, 24)))
    sensors.build()
    kept, gaps = sensors.rows(DAYS), sensors.rows(GAPS)
    assert len(kept) == 5
    assert len(gaps) == 1

    sensors.prune(62)  # nothing is that old
    assert sensors.count("raw_capteurs.observations_tr") == 49
    raw.readings(heights(*(24 * 65 + hour for hour in range(5))))
    sensors.prune(62)  # what was just loaded is not built yet: nothing may go
    assert sensors.count("raw_capteurs.observations_tr") == 54
    sensors.build()
    sensors.prune(62)
    sensors.build()  # forgets what was pruned
    limit = datetime(2025, 1, 5, tzinfo=UTC)  # 62 days before the 7th of March
    for table, column in (("raw_capteurs.observations_tr", "date_obs"), ("marts.mesure_capteur", "instant")):
        assert sensors.rows(f"select count(*) filter (where {column} < %s), count(*) from {table}", limit) == [(0, 5)]
    assert sensors.rows(DAYS) == kept
    [*old, new] = sensors.rows(GAPS)
    assert old == gaps
    assert new[2:4] == (START + timedelta(hours=60), START + timedelta(days=65))

    sensors.build("--full-refresh")
    assert sensors.rows(DAYS) == kept
    assert sensors.count("marts.lacune_capteur") == 2
    assert sensors.count("marts.mesure_capteur") == 5
