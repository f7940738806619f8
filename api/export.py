"""Rows to a client as they come from PostgreSQL: constant memory, one statement and so one version of the data.

An export has a connection of its own, beside the pool. It ends, and its connection with it, when the client is gone or
takes nothing, when its time is over, and when somebody waits for a lock that it holds: a build is not kept waiting.
"""

import asyncio
import json
import logging
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.database import FAILURES, Database, ReadError
from api.problems import ProblemError
from api.reader import Reader
from api.settings import Settings

logger = logging.getLogger("hydrotheque.api")

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
# JSON has no control characters: nothing is ever quoted, and a row is its JSON.
_COPY: dict[str, dict[str, Any]] = {
    "csv": {"format": "csv", "header": True},
    "ndjson": {"format": "csv", "quote": "\x01", "delimiter": "\x02"},
}
_CHUNK = 1 << 18
_STALLED_SECONDS = 30
_RETRY_AFTER = {"Retry-After": "30"}
# Whether somebody waits for a lock that this export holds.
_IN_THE_WAY = """
select exists (
    select from pg_locks as waits
    join pg_stat_activity as export on export.application_name = $1 and export.pid = any (pg_blocking_pids(waits.pid))
    where not waits.granted
)
"""
Push = Callable[[bytes], Awaitable[None]]


class Exports:
    """Whose exports are under way; each of them takes a connection and, for Parquet, a process."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.maximum = database, settings.exports_at_once
        self.seconds = settings.export_timeout_seconds
        self._under_way: set[int] = set()

    @contextmanager
    def slot(self, user_id: int) -> Iterator[None]:
        """Take one; ProblemError when there are as many as may be, or when this account has one: the others are not
        for one person to keep.
        """
        sentence = ""
        if user_id in self._under_way:
            sentence = "An export of this account is under way, and no account has two at once: try again later."
        elif len(self._under_way) >= self.maximum:
            sentence = f"{self.maximum} exports are under way, and no more are made at once: try again later."
        if sentence:
            raise ProblemError("unavailable", sentence, _RETRY_AFTER)
        self._under_way.add(user_id)
        try:
            yield
        finally:
            self._under_way.remove(user_id)


class _ChildError(Exception):
    """What the process that writes Parquet said."""

    def __init__(self, said: str) -> None:
        code, _, text = said.strip().partition(" ")
        super().__init__(text or "the process that writes Parquet ended")
        self.sqlstate = code if len(code) == 5 else None


class Export(StreamingResponse):
    """The rows of a query in one of the formats."""

    def __init__(
        self, exports: Exports, read: Reader, query: str, kind: str, headers: dict[str, str], metadata: dict[str, str]
    ) -> None:
        super().__init__((), headers=read.headers | headers, media_type=MEDIA_TYPES[kind])
        self._exports, self._user_id = exports, read.user_id
        self._query, self._kind, self._metadata = query, kind, metadata
        self._name = f"hydrotheque-export-{secrets.token_hex(6)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the rows, for as long as the client is there and nothing stands against it."""
        self._moved = monotonic()
        await _first(self._send(send), _gone(receive), self._watch())

    async def _send(self, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        begun = False

        async def push(data: bytes) -> None:
            # Not before the first rows are there: until then an error can still be said.
            nonlocal begun
            if not begun:
                begun = True
                await send(start)
            await send({"type": "http.response.body", "body": data, "more_body": True})
            self._moved = monotonic()

        try:
            # Given back before the client knows the end: it may ask for the next table at once.
            with self._exports.slot(self._user_id):
                await (self._parquet(push) if self._kind == "parquet" else self._copy(push))
        except (*FAILURES, _ChildError) as error:
            raise ReadError(error) from error
        if not begun:
            await send(start)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _copy(self, push: Push) -> None:
        rows = self._query
        if self._kind == "ndjson":
            rows = f"select row_to_json(this_row) from ({rows}) as this_row"  # noqa: S608  (a whole statement of ours)
        connection = await self._exports.database.connect_alone(self._name, self._exports.seconds)
        try:
            await connection.copy_from_query(rows, output=push, **_COPY[self._kind])
        finally:
            connection.terminate()

    async def _parquet(self, push: Push) -> None:
        environment = os.environ | self._exports.database.environment_alone(self._name, self._exports.seconds)
        command = (sys.executable, "-m", "api.parquet")
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        assert child.stdin and child.stdout and child.stderr  # noqa: S101, PT018  (they are pipes)
        try:
            child.stdin.write(json.dumps({"query": self._query, "metadata": self._metadata}).encode())
            child.stdin.close()
            while data := await child.stdout.read(_CHUNK):
                await push(data)
            if await child.wait():
                raise _ChildError((await child.stderr.read()).decode())
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    async def _watch(self) -> None:
        began = monotonic()
        while True:
            await asyncio.sleep(1)
            if monotonic() - began > self._exports.seconds:
                raise self._stopped(f"the export took longer than {self._exports.seconds:g} s: ask for less at once")
            if monotonic() - self._moved > _STALLED_SECONDS:
                raise self._stopped(f"nothing was taken for {_STALLED_SECONDS} s")
            if await self._in_the_way():
                raise self._stopped("a build needs the table for itself: try again later")

    async def _in_the_way(self) -> bool:
        try:
            async with self._exports.database.connection() as connection:
                return bool(await connection.fetchval(_IN_THE_WAY, self._name))
        except ReadError:
            return False  # nobody answers: the export will notice by itself

    def _stopped(self, reason: str) -> ProblemError:
        logger.warning("export stopped: %s", reason)
        return ProblemError("unavailable", f"{reason[:1].upper()}{reason[1:]}.", _RETRY_AFTER)


async def _gone(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Wait for the first to end, end the others, and raise what the first raised."""
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
