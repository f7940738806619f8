"""A year of drinking water that is published again: what left it is gone from raw, what changed is changed."""

from ingestion.simulator.tap_water_files import issue
from tests.faults.bad import PAGE
from tests.faults.months import MONTH_1, MONTH_2, VALUES
from tests.faults.proxy import Faults, answers, breaks_after
from tests.helpers.warehouse import TestWarehouse

SAMPLES = "SELECT referenceprel, cdreseau, conclusionprel FROM raw_qualite_eau.plv WHERE annee = 2024"
ORPHANS = """
SELECT count(*) FROM raw_qualite_eau.result AS r WHERE NOT EXISTS (
    SELECT 1 FROM raw_qualite_eau.plv AS p WHERE p.referenceprel = r.referenceprel AND p.annee = r.annee)
"""


def test_a_year_published_again_replaces_its_rows(
    place: TestWarehouse, month_2: TestWarehouse, faults: Faults, waits: list[float]
) -> None:
    assert issue(MONTH_1, 2024) < issue(MONTH_2, 2024)
    before = {row[:2]: row[2] for row in place.rows(SAMPLES)}
    faults.add("dis-2024.zip", answers(200, PAGE, "text/html"))
    faults.add("dis-2024.zip", breaks_after(10_000))
    place.month("qualite_eau")
    assert faults.spent
    assert waits
    after = {row[:2]: row[2] for row in place.rows(SAMPLES)}
    assert set(before) - set(after)
    assert set(after) - set(before)
    assert [key for key in set(before) & set(after) if before[key] != after[key]]
    assert place.rows(ORPHANS) == [(0,)]
    assert place.checksums(VALUES["qualite_eau"]) == month_2.checksums(VALUES["qualite_eau"])
    again = place.at(place.settings.data_gouv_url).month("qualite_eau")
    assert all(line.unchanged for line in again.collected)
