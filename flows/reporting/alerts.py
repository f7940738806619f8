"""Send alerts: one for each fault, with the event, what is safe, and the command to type.

A sent alert is a file in the lake's `logs/alertes` until a run passes the same check. The lake outlives a machine, and
is reachable when PostgreSQL is down.
"""

import json
import logging
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime

from apprise import Apprise

from flows.run import Findings
from ingestion.errors import SettingsError
from ingestion.lake import read_log, remove_log, write_log
from ingestion.settings import PREFIX, Settings

logger = logging.getLogger("hydrotheque.alerts")


def send(settings: Settings, findings: Findings) -> None:
    """Send each alert that is not open yet, and close the alerts of checks that passed."""
    service = addresses(settings)
    if service is None:
        return
    for check, alert in findings.items():
        name = f"alertes/{check}.json"
        open_alert = ""
        with suppress(Exception):  # the lake may be the fault: then the alert is sent each time
            open_alert = read_log(settings, name)
            if open_alert and alert is None:
                remove_log(settings, name)
        if alert is None or _key(open_alert) == alert.key:
            continue
        if not service.notify(title=f"Hydrothèque: {alert.title}", body=alert.text):
            logger.error("not every address of %sNOTIFY_URLS took the alert: %s", PREFIX, alert.title)
            continue
        with suppress(Exception):
            sent = asdict(alert) | {"sent": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
            write_log(settings, name, json.dumps(sent, ensure_ascii=False, indent=1))


def _key(open_alert: str) -> str | None:
    """Return the key of an open alert; None without one, and when a killed run wrote half of it."""
    with suppress(ValueError, KeyError):
        return str(json.loads(open_alert)["key"])
    return None


def addresses(settings: Settings) -> Apprise | None:
    """Return the addresses of the setting, None without any.

    Raises SettingsError for an address that apprise does not know, without the address.
    """
    if not settings.notify_urls:
        return None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its lines show message and recipient
    service = Apprise()
    if not service.add(settings.notify_urls):
        raise SettingsError(f"{PREFIX}NOTIFY_URLS: apprise does not know an address; use such as mailto:// or json://")
    return service
