"""What Prometheus reads at /metrics: requests by route template, logins, the process. Nothing about a person."""

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # a second series beside each, which nobody reads
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.in_progress = Gauge("hydrotheque_api_requests_in_progress", "Requests under way", registry=self.registry)
        self._connections = Gauge(
            "hydrotheque_api_connections",
            "Connections to PostgreSQL by pool (data, users) and state (busy, idle)",
            ["pool", "state"],
            registry=self.registry,
        )
        self.logins = Counter(
            "hydrotheque_api_logins",
            "Logins by outcome: accepted, refused, limited",
            ["outcome"],
            registry=self.registry,
        )
        self._requests = Histogram(
            "hydrotheque_api_request_seconds",
            "Time to the last byte of the answer, s",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        # labels() takes a lock and builds the key again; a route has few.
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer. `route` is the template, never the path: a path may hold anything."""
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            known = method if method in _METHODS else "other"
            child = self._requests.labels(known, route, str(status))
            self._children[(known, route, status)] = child
        child.observe(seconds)

    def text(self, connections: Mapping[tuple[str, str], int]) -> bytes:
        """Prometheus' text format, 0.0.4, with the connections there are at this moment."""
        for (pool, state), number in connections.items():
            self._connections.labels(pool, state).set(number)
        return generate_latest(self.registry)
