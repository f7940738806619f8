"""Whole tables: the same rows in each format, one version of them, and nothing left behind when a client goes."""

import csv
import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pyarrow.parquet as pq
import pytest

from api.export import MEDIA_TYPES
from api.export_tables import TABLES
from tests.helpers.problems import assert_problem

STATION = "07548X0009/F"
SMALL = [name for name in TABLES if name not in ("meteo", "meteo_mensuelle")]
EXPORTS = """
    select count(*) from pg_stat_activity
    where application_name like 'hydrotheque-export-%' and datname = current_database()
"""


def rows(answer: httpx.Response, kind: str) -> list[dict[str, Any]]:
    """The rows of a file; text only where it is CSV."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == MEDIA_TYPES[kind]
    if kind == "parquet":
        found: list[dict[str, Any]] = pq.read_table(io.BytesIO(answer.content)).to_pylist()
        return found
    if kind == "ndjson":
        return [json.loads(line) for line in answer.text.splitlines()]
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


@pytest.mark.parametrize("name", SMALL)
def test_every_table_is_there_whole(user: httpx.Client, owner: psycopg.Connection[Any], name: str) -> None:
    expected = [
        row for (row,) in owner.execute(f"select row_to_json(this_row)::jsonb from marts.{name} as this_row").fetchall()
    ]
    found = rows(user.get(f"/data/export/{name}?format=ndjson"), "ndjson")
    assert sorted(map(repr, map(sorted_items, found))) == sorted(map(repr, map(sorted_items, expected)))


def sorted_items(row: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(row.items())


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_a_format_has_the_rows_of_the_others(user: httpx.Client, owner: psycopg.Connection[Any], kind: str) -> None:
    asked = {"format": kind, "code": STATION, "start_date": "2024-01-01", "end_date": "2024-01-31"}
    answer = user.get("/data/export/nappe", params=asked)
    found = rows(answer, kind)
    expected = owner.execute(
        "select date_mesure::text, niveau_nappe_eau from marts.nappe where code_bss = %s "
        "and date_mesure between '2024-01-01' and '2024-01-31'",
        [STATION],
    ).fetchall()
    assert sorted((str(each["date_mesure"]), float(each["niveau_nappe_eau"])) for each in found) == sorted(expected)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="nappe.{kind}"'


def test_a_text_of_every_sort_comes_as_it_is(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    texts = ['a "b", \\n\\.', "two\r\nlines\t", "é 💧 \\", ""]
    owner.cursor().executemany(
        "insert into marts.commune (code_insee, nom, actuelle) values (%s, %s, true)",
        [(f"9999{number}", text) for number, text in enumerate(texts)],
    )
    try:
        for kind in MEDIA_TYPES:
            asked = {"format": kind, "code": [f"9999{number}" for number in range(len(texts))]}
            found = rows(user.get("/data/export/commune", params=asked), kind)
            assert sorted(each["nom"] for each in found) == sorted(texts), kind
    finally:
        owner.execute("delete from marts.commune where code_insee like '9999_'")


def test_a_parquet_file_names_its_licence_and_its_sources(user: httpx.Client) -> None:
    answer = user.get("/data/export/piezo_meteo?format=parquet&end_date=2022-01-31")
    metadata = pq.read_schema(io.BytesIO(answer.content)).metadata
    assert metadata[b"licence"].startswith(b"https://www.etalab.gouv.fr/")
    assert b"ADES" in metadata[b"sources"]
    assert "Météo-France".encode() in metadata[b"sources"]


def test_the_parts_of_a_table_are_the_whole(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    departements = [code for (code,) in owner.execute("select distinct code_departement from marts.info_nappe")]
    parts = [rows(user.get(f"/data/export/nappe?code_departement={each}"), "csv") for each in departements]
    assert all(parts)
    assert sum(map(len, parts)) == len(rows(user.get("/data/export/nappe"), "csv"))
    day = "start_date=2025-01-07&end_date=2025-01-07"
    found = rows(user.get(f"/data/export/mesure_capteur?{day}"), "csv")
    assert {each["instant"][:10] for each in found} == {"2025-01-07"}
    assert rows(user.get("/data/export/mesure_capteur?end_date=9999-12-31"), "csv")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("meteo?code=1", "code"),
        ("meteo?code_departement=75", "code_departement"),
        ("producteur?start_date=2024-01-01", "start_date"),
        ("producteur?end_date=9999-12-31", "end_date"),
        ("nappe?start_date=2024-01-02&end_date=2024-01-01", ""),
        ("nappe?format=xml", "format"),
        ("nappe?code=a%00b", "code.0"),
    ],
)
def test_what_cannot_be_asked(user: httpx.Client, path: str, field: str) -> None:
    answer = user.get(f"/data/export/{path}")
    assert_problem(answer, "invalid-request")
    assert answer.json()["errors"][0]["field"] in (field, field.split(".", maxsplit=1)[0])


def test_no_table_and_no_token(user: httpx.Client, client: httpx.Client) -> None:
    for name in ("users", "rejet", "app.users", "nappe;", "Nappe"):
        assert_problem(user.get(f"/data/export/{name}"), "not-found")
        assert_problem(client.get(f"/data/export/{name}"), "not-logged-in")


def test_values_are_not_sql(user: httpx.Client) -> None:
    for code in ("' or '1'='1", "\\' or 1=1 --", "%s", "{}", "$1"):
        assert rows(user.get("/data/export/nappe", params={"code": code}), "csv") == []


def stalled(server: Any, token: str, path: str) -> socket.socket:
    """A client that asks and reads nothing."""
    address = urlsplit(server.url)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect((address.hostname, address.port))
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    made.sendall(head.encode())
    assert made.recv(12) == b"HTTP/1.1 200"
    return made


@pytest.fixture(scope="module")
def own(migrated: Any, serve: Callable[..., Any]) -> Iterator[Any]:
    """An API of these tests' own: an export that is cut is an error in its log."""
    with serve(**migrated.api_env) as running:
        yield running


@pytest.fixture
def slow(own: Any, somebody: Callable[..., Any]) -> Iterator[list[socket.socket]]:
    """As many clients that read nothing as there may be exports."""
    made = [stalled(own, somebody()[1], f"/data/export/meteo?format={kind}") for kind in ("csv", "ndjson")]
    yield made
    for each in made:
        each.close()


def eventually(owner: psycopg.Connection[Any], query: str, value: object) -> None:
    deadline = time.monotonic() + 20
    while (found := owner.execute(query).fetchone()) != (value,):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_slow_clients_hold_nobody_up_and_leave_nothing(
    own: Any, user: httpx.Client, owner: psycopg.Connection[Any], slow: list[socket.socket]
) -> None:
    assert owner.execute(EXPORTS).fetchone() == (2,)
    with own.client() as other:
        other.headers["Authorization"] = user.headers["Authorization"]
        one_more = other.get("/data/export/producteur")
        assert_problem(one_more, "unavailable")
        assert int(one_more.headers["Retry-After"]) > 0
        assert other.get("/data/piezo/list").status_code == 200
        for each in slow:
            each.close()
        eventually(owner, EXPORTS, 0)
        assert other.get("/data/export/producteur").status_code == 200


def test_an_account_has_one_export_at_a_time(
    own: Any, owner: psycopg.Connection[Any], somebody: Callable[..., Any]
) -> None:
    (_, token), (_, another) = somebody(), somebody()
    held = stalled(own, token, "/data/export/meteo")
    with own.client() as client:

        def export(token: str) -> httpx.Response:
            return client.get("/data/export/producteur", headers={"Authorization": f"Bearer {token}"})

        assert_problem(export(token), "unavailable")
        assert export(another).status_code == 200
        held.close()
        eventually(owner, EXPORTS, 0)
        assert export(token).status_code == 200


def test_an_export_gives_way_to_who_needs_the_table(owner: psycopg.Connection[Any], slow: list[socket.socket]) -> None:
    """As a full refresh does. An ordinary build waits for no reader."""
    owner.execute("set lock_timeout = '15s'")
    with owner.transaction():
        owner.execute("lock table marts.meteo in access exclusive mode")
        eventually(owner, EXPORTS, 0)
    received = b""
    while part := slow[0].recv(1 << 20):
        received += part
    assert not received.endswith(b"0\r\n\r\n"), "half a file must not look like a whole one"


def test_a_build_meanwhile_is_not_seen(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    before = owner.execute("select count(*) from marts.meteo").fetchone()
    with user.stream("GET", "/data/export/meteo?format=csv") as answer:
        parts = answer.iter_bytes()
        received = next(parts)
        with owner.transaction():
            owner.execute("create table marts.kept as select * from marts.meteo where lambx % 160 = 0")
            owner.execute("delete from marts.meteo where lambx % 160 = 0")
        try:
            received += b"".join(parts)
        finally:
            owner.execute("insert into marts.meteo select * from marts.kept; drop table marts.kept")
    assert (received.count(b"\n") - 1,) == before


def test_what_did_not_change_is_not_sent_again(user: httpx.Client) -> None:
    etags = {user.get(f"/data/export/producteur?format={kind}").headers["ETag"] for kind in MEDIA_TYPES}
    assert len(etags) == len(MEDIA_TYPES)
    etag = user.get("/data/export/producteur").headers["ETag"]
    assert user.get("/data/export/producteur", headers={"If-None-Match": etag}).status_code == 304
