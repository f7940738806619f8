"""Telling someone: once per fault, what happened, what was kept safe, and what to type.

An alert that was sent is a file in the lake's `logs/alertes` until a run finds its cause gone: the lake outlives a
machine, and is there when PostgreSQL is not.
"""

import json
import logging
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime

from apprise import Apprise

from flows.run import Alert, Findings
from ingestion.errors import SettingsError
from ingestion.lake import read_log, remove_log, write_log
from ingestion.settings import PREFIX, Settings

logger = logging.getLogger("hydrotheque.alerts")


def send(settings: Settings, findings: Findings) -> None:
    """Send each alert that is not open yet, and close those whose cause is gone."""
    service = addresses(settings)
    if service is None:
        return
    for key, alert in findings.items():
        name = f"alertes/{key}.json"
        held = ""
        with suppress(Exception):  # a lake that is away is perhaps what the alert says: then it is sent each time
            held = read_log(settings, name)
            if held and alert is None:
                remove_log(settings, name)
        if alert is None or _says(held, alert):
            continue
        if not service.notify(title=f"Hydrothèque: {alert.title}", body=alert.text):
            logger.error("not every address of %sNOTIFY_URLS took the alert: %s", PREFIX, alert.title)
            continue
        with suppress(Exception):
            sent = {"identity": alert.identity, "sent": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
            write_log(settings, name, json.dumps(asdict(alert) | sent, ensure_ascii=False, indent=1))


def _says(held: str, alert: Alert) -> bool:
    try:
        return bool(json.loads(held)["identity"] == alert.identity)
    except (ValueError, KeyError):  # nothing is held, or what a killed run left
        return False


def addresses(settings: Settings) -> Apprise | None:
    """Return the addresses of the setting, None without any.

    Raises SettingsError, which does not show them, for one that apprise does not know.
    """
    if not settings.notify_urls:
        return None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its lines show what it sends, and to whom
    service = Apprise()
    if not service.add(settings.notify_urls):
        raise SettingsError(f"{PREFIX}NOTIFY_URLS: an address is none that apprise knows, as mailto:// or json://")
    return service
