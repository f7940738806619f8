"""Traces, metrics and warnings to Azure Monitor, when APPLICATIONINSIGHTS_CONNECTION_STRING is set.

FastAPI traces and counts requests itself as soon as there is somebody to send to. What leaves says no more than the
log: routes, statuses, durations; no path, parameter, body, address, nor the message of an exception.
"""

import os
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from fastapi.telemetry import TelemetryConfig

from api.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

_LAST_WORDS_MS = 5_000
# Azure's distribution instruments what it knows; FastAPI needs none of it, and the rest is not used for requests.
_NOT_INSTRUMENTED = ("azure_sdk", "django", "fastapi", "flask", "httpx", "psycopg2", "requests", "urllib", "urllib3")


def _watches(scope: MutableMapping[str, Any]) -> bool:
    """Requests of whoever watches: many, and all the same."""
    return bool(scope.get("path", "").startswith(("/health", "/metrics")))


# Its logs would hold what a person sent, in the messages of validation and of exceptions.
OF_REQUESTS: TelemetryConfig = {
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": _watches,
}


def configure(settings: Settings) -> None:
    """Begin to send, if there is an address to send to. Importing takes a second: only then."""
    address = settings.applicationinsights_connection_string.get_secret_value()
    if not address:
        return
    # What the exporter would tell its maker about itself, and ask of its maker.
    os.environ.setdefault("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
    os.environ.setdefault("APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED", "true")
    from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    configure_azure_monitor(
        connection_string=address,
        logger_name="hydrotheque.api",
        resource=Resource.create({"service.name": "hydrotheque-api"}),
        span_processors=[_without_parameters()],
        instrumentation_options={name: {"enabled": False} for name in _NOT_INSTRUMENTED},
        enable_live_metrics=False,
        disable_offline_storage=True,  # nothing in a folder that others read
    )


def flush() -> None:
    """Send what is left. uvicorn ends by the signal it was sent, and with it no exit handler is run."""
    from opentelemetry import metrics, trace  # noqa: PLC0415
    from opentelemetry._logs import get_logger_provider  # noqa: PLC0415

    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), get_logger_provider()):
        if hasattr(provider, "force_flush"):  # those of the API package alone do nothing, and have nothing
            provider.force_flush(_LAST_WORDS_MS)


def _without_parameters() -> "SpanProcessor":
    from opentelemetry.sdk.trace import SpanProcessor  # noqa: PLC0415

    class WithoutParameters(SpanProcessor):
        """Takes from a request's span the path and the query, which the route's template stands for."""

        def on_start(self, span: Any, parent_context: Any = None) -> None:
            span.set_attributes({"url.path": "", "url.query": ""})

    return WithoutParameters()
