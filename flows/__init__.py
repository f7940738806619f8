"""The order of the work: Prefect flows, and the command that runs any of them from a terminal."""

import os

from ingestion.settings import get_settings

# Read by Prefect when it is first imported, which every module of this package comes before.
for _name, _value in {
    "PREFECT_HOME": str(get_settings().home / "prefect"),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "DO_NOT_TRACK": "1",
}.items():
    os.environ.setdefault(_name, _value)
