"""What is sent to Azure Monitor, seen by a stand-in for it; nothing without a connection string."""

import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.helpers.providers import served

OFF = "import sys, api.main; api.main.app; print([name for name in sys.modules if name.startswith('azure.monitor')])"


def test_it_is_off_unless_set(run_python: Callable[..., subprocess.CompletedProcess[str]], secret: str) -> None:
    assert run_python("-c", OFF, HYDROTHEQUE_API_SECRET_KEY=secret).stdout == "[]\n"


@pytest.fixture
def azure() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The connection string of a stand-in for Azure Monitor, and what it has received."""
    received: list[dict[str, Any]] = []

    async def track(request: Request) -> JSONResponse:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        items = json.loads(body)
        received.extend(items)
        return JSONResponse({"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []})

    with served(Route("/v2.1/track", track, methods=["POST"])) as url:
        key = "00000000-0000-0000-0000-000000000000"
        yield f"InstrumentationKey={key};IngestionEndpoint={url}", received


def test_requests_are_told_by_their_route(
    migrated: Any, serve: Callable[..., Any], azure: tuple[str, list[dict[str, Any]]], registered: dict[str, Any]
) -> None:
    connection, received = azure
    # As many traces as there are requests: by default five a second are kept.
    environment = {"APPLICATIONINSIGHTS_CONNECTION_STRING": connection, "OTEL_TRACES_SAMPLER": "always_on"}
    with serve(**migrated.api_env, **environment) as running, running.client() as client:
        form = {"username": registered["username"], "password": registered["password"]}
        token = client.post("/user/login", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        assert client.get("/user/me", params={"email": registered["email"]}).status_code == 200
        client.get(f"/problems/{registered['username']}")
        client.get(f"/nothing/{registered['username']}")
        client.post("/data/meteo/", json={"lambx": registered["email"]})
        client.get("/health/live")
    requests = [item["data"]["baseData"] for item in received if item["data"]["baseType"] == "RequestData"]
    told = {each["name"]: str(each["responseCode"]) for each in requests}
    assert told == {
        "POST /user/login": "200",
        "GET /user/me": "200",
        "GET /problems/{name}": "404",
        "GET": "404",
        "POST /data/meteo/": "422",
    }
    assert {item["tags"]["ai.cloud.role"] for item in received} == {"hydrotheque-api"}
    sent = json.dumps(received)
    assert "requests/duration" in sent
    for private in (registered["username"], registered["email"], registered["password"], token):
        assert private not in sent
    assert connection not in running.log.read_text()
