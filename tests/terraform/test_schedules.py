"""The jobs on Azure, whose cron is in UTC, run when prefect.yaml says, in the time of Paris."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from flows.scheduling.schedules import Schedule, deployments, schedules
from ingestion.settings import ROOT

JOBS = ROOT / "terraform" / "modules" / "apps" / "jobs.tf"
_SCHEDULED = re.compile(
    r'^    ([a-z-]+)\s+= \{ cron = "([^"]+)", hour = (\w+), .*command = \["hydrotheque", "flow", "(\w+)"\] \}$', re.M
)
# A winter, a summer, both changes of the hour, and a leap year
FIRST, LAST = datetime(2027, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)


def runs(cron: str, timezone: str) -> Iterator[datetime]:
    """Yield the runs of a cron expression in the time of a place, in UTC."""
    for instant in CronSim(cron, FIRST.astimezone(ZoneInfo(timezone)) - timedelta(seconds=1)):
        if instant >= LAST:
            return
        yield instant.astimezone(UTC)


def jobs() -> dict[str, tuple[str, str]]:
    """The cron expression and the hour in Paris (or `null`) of the job of each flow."""
    return {flow: (cron, hour) for _, cron, hour, flow in _SCHEDULED.findall(JOBS.read_text())}


def test_each_flow_with_a_schedule_has_a_job_and_no_other() -> None:
    assert set(jobs()) == {schedule.deployment for schedule in schedules()}
    on_demand = set(re.findall(r'"flow", "(\w+)"\]', JOBS.read_text())) - set(jobs())
    assert on_demand == set(deployments()) - set(jobs())


@pytest.mark.parametrize("schedule", schedules(), ids=lambda schedule: schedule.deployment)
def test_a_job_goes_on_when_its_flow_is_due(schedule: Schedule) -> None:
    cron, hour = jobs()[schedule.deployment]
    paris = ZoneInfo(schedule.timezone)
    goes_on = [run for run in runs(cron, "UTC") if hour == "null" or run.astimezone(paris).hour == int(hour)]
    due = sorted(set(runs(schedule.cron, schedule.timezone)))
    assert goes_on == due
