"""The schedules of prefect.yaml: the times that people know, of Paris, in winter and in summer."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.chain import steps
from flows.scheduling import schedules
from flows.scheduling.schedules import Schedule

WINTER, SUMMER = datetime(2026, 12, 20, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC)


def of(deployment: str) -> Schedule:
    [found] = [each for each in schedules.schedules() if each.deployment == deployment]
    return found


@pytest.mark.parametrize(
    ("deployment", "winter", "summer"),
    [
        ("pipeline_get_csv", "2027-01-08 09:00", "2026-07-08 08:00"),
        ("pipeline_get_api", "2027-01-08 09:00", "2026-07-08 08:00"),
        ("pipeline_get_capteurs", "2026-12-20 01:00", "2026-06-20 01:00"),
        ("copy_data_in_db", "2027-01-08 23:00", "2026-07-08 22:00"),
        ("pipeline_delete_user", "2026-12-20 23:00", "2026-06-20 22:00"),
    ],
)
def test_next_runs_in_utc(deployment: str, winter: str, summer: str) -> None:
    assert [f"{of(deployment).after(now):%Y-%m-%d %H:%M}" for now in (WINTER, SUMMER)] == [winter, summer]


def test_every_domain_is_collected_on_one_schedule() -> None:
    tags = [domain for schedule in schedules.schedules() for domain in schedule.domains]
    assert sorted(tags) == sorted(steps.SOURCES)


def test_a_day_of_grace_before_a_month_is_late_and_two_hours_before_an_hour_is() -> None:
    following, late = schedules.next_collection("meteo", WINTER)
    assert (following, late) == (datetime(2027, 1, 8, 9, tzinfo=UTC), datetime(2027, 1, 9, 9, tzinfo=UTC))
    assert of("pipeline_get_capteurs").late_after(WINTER) == WINTER + timedelta(hours=3)


def test_a_build_asks_for_what_was_collected_since_the_eighth() -> None:
    build = datetime(2027, 1, 8, 23, tzinfo=UTC)
    assert schedules.required_since(("meteo",), build)["meteo"] == build - timedelta(days=1)
    later = datetime(2027, 1, 20, tzinfo=UTC)
    assert schedules.required_since(("meteo",), later)["meteo"] == datetime(2027, 1, 8, 9, tzinfo=UTC)
