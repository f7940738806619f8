"""The schedules of prefect.yaml, the one place that has them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from cronsim import CronSim

from ingestion.errors import SettingsError
from ingestion.settings import ROOT

LONGEST_DELAY = timedelta(days=1)  # a run may wait for another run or be retried before it is late


@dataclass(frozen=True)
class Schedule:
    """The cron expression of a deployment with its time zone, and the domains that it collects."""

    deployment: str
    cron: str
    timezone: str
    domains: tuple[str, ...]

    def after(self, instant: datetime) -> datetime:
        """Return the first run after an instant, in UTC."""
        return next(CronSim(self.cron, instant.astimezone(ZoneInfo(self.timezone)))).astimezone(UTC)

    def before(self, instant: datetime) -> datetime:
        """Return the last run before an instant, in UTC."""
        return next(CronSim(self.cron, instant.astimezone(ZoneInfo(self.timezone)), reverse=True)).astimezone(UTC)

    def late_after(self, instant: datetime) -> datetime:
        """Return the instant from which the first run after `instant` is late."""
        following = self.after(instant)
        return following + min(LONGEST_DELAY, 2 * (self.after(following) - following))


@cache
def deployments() -> dict[str, dict[str, Any]]:
    """Return the deployments of prefect.yaml by name, which is the name of their flow."""
    return {each["name"]: each for each in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}


def domains_of(deployment: str) -> tuple[str, ...]:
    """Return the domains that a deployment collects."""
    return tuple(deployments()[deployment]["tags"])


@cache
def schedules() -> tuple[Schedule, ...]:
    """Return the schedules of the deployments that have one."""
    return tuple(
        Schedule(each["name"], schedule["cron"], schedule["timezone"], tuple(each.get("tags", ())))
        for each in deployments().values()
        for schedule in each.get("schedules", ())
    )


def schedule_of(domain: str) -> Schedule:
    """Return the schedule on which a domain is collected.

    Raises SettingsError for a domain without a deployment.
    """
    for schedule in schedules():
        if domain in schedule.domains:
            return schedule
    raise SettingsError(f"prefect.yaml: no deployment with a schedule has the tag {domain}")


def next_collection(domain: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the next collection of a domain, and the instant from which it is late."""
    schedule = schedule_of(domain)
    return schedule.after(now), schedule.late_after(now)


def required_since(domains: tuple[str, ...], now: datetime) -> dict[str, datetime]:
    """Return the oldest collection of each domain that a build accepts: its last planned run, or a day ago."""
    return {domain: min(schedule_of(domain).before(now), now - timedelta(days=1)) for domain in domains}
