"""From the providers to the lake, and from the lake to the raw schemas of the warehouse."""

import os

# Read by dlt when it is first imported, which every module of this package comes before.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
