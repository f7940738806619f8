"""GET under /data: the same answers as POST, with a version that a client can ask about; and what each answer says."""

import tomllib
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import Request
from fastapi.routing import APIRoute, iter_route_contexts

from api import VERSION, reader
from ingestion.settings import ROOT
from tests.api.operations import APP, CLOSED, Operation

STATION = "07548X0009/F"
PERIOD = {"start_date": "2024-01-01", "end_date": "2024-01-31"}
TWINS = [
    ("/data/meteo/", {"input_date": "2024-01-15", "lambx": 652500.0, "lamby": 6862500.0}),
    ("/data/meteo/", {"input_date": "1950-01-01", "lambx": 652500.0, "lamby": 6862500.0}),
    ("/data/meteo/", {"input_date": "2024-01-15", "lambx": 2.35, "lamby": 48.85}),
    ("/data/piezo_value/", {"code_bss": STATION}),
    ("/data/piezo_value/", {"code_bss": STATION, "include_info": True, "include_producteur": True}),
    ("/data/piezo_value/", {"code_bss": "nowhere"}),
    ("/data/piezo_meteo/", {"code_bss": STATION, **PERIOD}),
    ("/data/piezo_meteo/", {"code_bss": STATION, "start_date": "2024-01-02", "end_date": "2024-01-01"}),
]
OF_DATA = [each for each in CLOSED if each.path.startswith("/data/")]
GETS = [each for each in OF_DATA if each.method == "GET"]


@pytest.mark.parametrize(("path", "asked"), TWINS)
def test_get_answers_what_post_answers(user: httpx.Client, path: str, asked: dict[str, Any]) -> None:
    posted, got = user.post(path, json=asked), user.get(path, params=asked)
    assert got.status_code == posted.status_code
    body = got.json()
    if path == "/data/piezo_value/" and got.status_code == 200:
        assert body.pop("next")
    assert body == posted.json()


@pytest.mark.parametrize("operation", OF_DATA, ids=str)
def test_an_answer_says_its_licence_and_its_sources(user: httpx.Client, operation: Operation) -> None:
    answer = user.request(**operation.request())
    assert answer.status_code == 200
    links = {link["rel"]: link for link in answer.links.values()}
    assert links["license"]["url"].startswith("https://www.etalab.gouv.fr/")
    assert links["via"]["url"].startswith("https://")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Authorization"
    assert ("ETag" in answer.headers) is (operation.method == "GET")


@pytest.mark.parametrize("operation", GETS, ids=str)
def test_what_did_not_change_is_not_sent_again(user: httpx.Client, operation: Operation) -> None:
    asked = operation.request()
    etag = user.request(**asked).headers["ETag"]
    for said in (etag, f'"x", {etag}', f'{etag}, W/"y"'):
        same = user.request(**asked, headers={"If-None-Match": said})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["ETag"] == etag
    for other in ('"x"', etag.replace("W/", "").replace("-", "_"), ""):
        assert user.request(**asked, headers={"If-None-Match": other}).status_code == 200


def test_another_address_has_another_version(user: httpx.Client) -> None:
    first, second = (user.get(f"/data/piezo/list?limit={limit}").headers["ETag"] for limit in (1, 2))
    assert first != second
    assert user.get("/data/piezo/list?limit=0", headers={"If-None-Match": first}).status_code == 422


def test_a_build_makes_a_new_version(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    path, other = "/data/piezo/list?limit=1", "/data/meteo/?input_date=2024-01-15&lambx=652500&lamby=6862500"
    before, other_before = (user.get(each).headers["ETag"] for each in (path, other))
    owner.execute("update control.construction set construit_le = now() where modele = 'info_nappe'")
    assert user.get(path, headers={"If-None-Match": before}).status_code == 200
    assert user.get(path).headers["ETag"] != before
    assert user.get(other).headers["ETag"] == other_before


def test_a_build_that_began_before_another_and_ended_after_it_makes_a_new_version(
    user: httpx.Client, owner: psycopg.Connection[Any]
) -> None:
    path = "/data/piezo_meteo/?code_bss=07548X0009/F&start_date=2024-01-01&end_date=2024-01-02"
    built = "update control.construction set construit_le = now() - %s * interval '1 minute' where modele = %s"
    owner.execute(built, [0, "nappe"])
    before = user.get(path).raise_for_status().headers["ETag"]
    owner.execute(built, [1, "meteo"])
    assert user.get(path, headers={"If-None-Match": before}).status_code == 200


def test_another_release_has_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request({"type": "http", "path": "/data/piezo/list", "query_string": b""})
    before = reader._etag(1, request)
    monkeypatch.setattr(reader, "_RELEASE", reader._RELEASE + 1)
    assert reader._etag(1, request) != before
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_the_version_shows_nothing_to_others(client: httpx.Client, user: httpx.Client) -> None:
    etag = user.get("/data/piezo/list").headers["ETag"]
    assert client.get("/data/piezo/list", headers={"If-None-Match": etag}).status_code == 401


def test_every_table_the_api_reads_has_a_version(owner: psycopg.Connection[Any]) -> None:
    from api.sources import OF_TABLE  # noqa: PLC0415

    known = {name for (name,) in owner.execute("select modele from marts.version_donnees").fetchall()}
    assert {str(table.__tablename__) for table in OF_TABLE} <= known


def _fields(value: Any) -> Any:
    """The names of an answer's fields, however deep."""
    if isinstance(value, dict):
        return {name: _fields(each) for name, each in value.items()}
    return [_fields(each) for each in value] if isinstance(value, list) else None


ROUTES = {(method, context.path): context.original_route for context in iter_route_contexts(APP.routes)
          for method in (context.methods or ())}  # fmt: skip


# An export answers no JSON.
@pytest.mark.parametrize(
    "operation", [each for each in OF_DATA if ROUTES[each.method, each.path].response_model], ids=str
)
def test_an_answer_is_what_its_schema_says(user: httpx.Client, operation: Operation) -> None:
    """The rows go out as they come in: this is what notices a column that changed."""
    route = ROUTES[(operation.method, operation.path)]
    assert isinstance(route, APIRoute)
    answered = user.request(**operation.request())
    assert [answered.headers["Content-Type"]] == list(operation.spec["responses"]["200"]["content"])
    answer = answered.json()
    assert _fields(route.response_model.model_validate(answer).model_dump(mode="json")) == _fields(answer)
