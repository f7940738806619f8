"""A client that costs little: `python -m tests.benchmarks.asking PORT SECONDS CONNECTIONS`, requests on stdin.

Each keep-alive connection sends a request, waits for the whole answer, and sends the next one of the list. An answer
is as long as its Content-Length says. Answers JSON: requests per second, 50th and 99th percentiles in ms, and how
many answers had which status.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import cycle
from typing import Any

import uvloop

WARM_UP_S = 1.0


class Connection(asyncio.Protocol):
    """One connection that asks without end."""

    def __init__(self, requests: list[bytes], statuses: Counter[str]) -> None:
        self.requests, self.statuses = cycle(requests), statuses
        self.times: list[tuple[float, float]] = []  # when an answer was complete, and how long it took
        self.head, self.missing = b"", 0

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.asked = time.perf_counter()
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        """Read on; ask again when the answer is complete."""
        if self.missing:
            self.missing -= len(data)
        else:
            self.head += data
            head, end, body = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            self.statuses[head[9:12].decode()] += 1
            self.head, self.missing = b"", length - len(body)
        if not self.missing:
            now = time.perf_counter()
            self.times.append((now, now - self.asked))
            self._ask()


async def ask(port: int, seconds: float, connections: int, requests: list[bytes]) -> dict[str, Any]:
    """Ask for some seconds after the warm-up; each connection begins at another place of the list."""
    loop, statuses = asyncio.get_running_loop(), Counter[str]()
    asking = []
    for number in range(connections):
        first = number * len(requests) // connections
        own = Connection(requests[first:] + requests[:first], statuses)
        await loop.create_connection(lambda own=own: own, "127.0.0.1", port)
        asking.append(own)
    await asyncio.sleep(WARM_UP_S + seconds)
    end = time.perf_counter()
    for each in asking:
        each.transport.abort()
    took = sorted(took for each in asking for at, took in each.times if end - seconds <= at <= end)
    return {
        "per_s": len(took) / seconds,
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[len(took) * 99 // 100] * 1000,
        "statuses": statuses,
    }


def main() -> None:
    """Read a JSON list of requests, each the text of a whole HTTP request."""
    port, seconds, connections = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    requests = [each.encode() for each in json.load(sys.stdin)]
    sys.stdout.write(json.dumps(uvloop.run(ask(port, seconds, connections, requests))) + "\n")


if __name__ == "__main__":
    main()
