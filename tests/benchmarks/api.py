"""The API in one process, asked over 8 connections, beside PostgreSQL asked the same with pgbench.

The marts are filled by SQL: SCALE million rows of weather, 0.95 x SCALE million levels. Server, API and client share
the processor.
"""

import json
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from api.database import PREPARED
from api.meteo import POINT
from api.models.marts import VersionDonnees
from api.models.sim2 import VARIABLES
from api.piezo import levels
from api.reader import GATE
from api.statement import Statement
from ingestion.settings import ROOT
from ingestion.warehouse.embedded import BIN, OWNER
from tests.benchmarks.bench import REPETITIONS, Bench, BenchError, Figure

CONNECTIONS = 8
SECONDS = 5
DATABASE = "api"
DAYS, COLUMNS = 1825, 25  # of weather, from 2020 on; cells of the grid from west to east
DAYS_OF_LEVELS = 3652  # from 2015 on
PAGES = 10  # of 50 levels: those asked for
WEATHER = ["localisation", "meteo"]
LEVELS = ["info_nappe", "nappe", "continuite", "nature_mesure", "producteur"]


@dataclass(frozen=True)
class Served:
    """The API as it runs, and somebody who is logged in."""

    port: int
    pid: int
    user_id: int
    token: str

    def request(self, method: str, path: str, body: object = None) -> str:
        """The text of a whole request."""
        content = "" if body is None else json.dumps(body)
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {self.token}"]
        if content:
            head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return "\r\n".join([*head, "", content])


def api(bench: Bench) -> Iterator[Figure]:
    """Weather at random points and days, pages of 50 levels with two joins: the API and pgbench in turn."""
    cells, stations = fill(bench)
    draw = random.Random(1)  # noqa: S311 - no secret
    with serving(bench) as served:
        weather = [_weather(served, draw, cells) for _ in range(4000)]
        pages = [_page(served, draw, stations) for _ in range(4000)]
        asked: dict[str, list[dict[str, Any]]] = {"meteo": [], "piezo": []}
        bare: dict[str, list[float]] = {"meteo": [], "piezo": []}
        for _ in range(REPETITIONS):
            asked["meteo"].append(_ask(served, weather))
            bare["meteo"].append(_pgbench(bench, _weather_sql(cells), served.user_id, WEATHER))
            asked["piezo"].append(_ask(served, pages))
            bare["piezo"].append(_pgbench(bench, _page_sql(stations), served.user_id, LEVELS))
    shares = []
    for name, runs in asked.items():
        yield (ours := Figure.median(f"api_{name}_per_s", [run["per_s"] for run in runs]))
        yield Figure.median(f"api_{name}_p99_ms", [run["p99_ms"] for run in runs])
        yield (limit := Figure.median(f"pgbench_{name}_per_s", bare[name]))
        shares.append(ours.value / limit.value)
    yield Figure("api_share_of_pgbench", min(shares))


def fill(bench: Bench) -> tuple[int, int]:
    """Make the marts and fill them; return the number of cells and of stations."""
    cells, stations = max(1, bench.rows() // DAYS), max(1, round(bench.rows() * 0.95) // DAYS_OF_LEVELS)
    bench.new_database(DATABASE)
    _hydrotheque(bench, "db", "init")
    with bench.connect(DATABASE, OWNER) as connection:
        parameters = connection.info.get_parameters() | {"password": connection.info.password}
        engine = create_engine("postgresql+psycopg://", connect_args=parameters)
        SQLModel.metadata.create_all(engine)
        engine.dispose()
        for statement in _rows(cells, stations):
            connection.execute(statement)
        connection.execute("VACUUM (ANALYZE)")
    bench.checkpoint()
    return cells, stations


def _rows(cells: int, stations: int) -> list[Any]:
    """The statements that fill the marts. Values are drawn, one decimal, as SIM2 has them."""
    drawn = ", ".join(f"round((random() * {10 + number})::numeric, 1)::float8" for number in range(len(VARIABLES)))
    return [
        f"""insert into marts.localisation
        select 600 + 80 * (i % {COLUMNS}), 16010 + 80 * (i / {COLUMNS}), 0, 0, 0, 0, 2 + i / 100.0, 48 + i / 100.0
        from generate_series(0, {cells - 1}) as i""",
        f"""insert into marts.meteo ({", ".join(VARIABLES)}, lambx, lamby, date, nom_du_fichier)
        select {drawn}, lambx, lamby, date '2020-01-01' + d, 'QUOT_SIM2_2020.csv.gz'
        from generate_series(0, {DAYS - 1}) as d, marts.localisation""",
        "insert into marts.nature_mesure values ('N', 'Naturel'), ('I', 'Inconnu'), ('D', 'Dynamique')",
        "insert into marts.continuite values ('1', 'Point initial'), ('2', 'Point lié au point précédent')",
        "insert into marts.producteur select i::text, 'Producteur ' || i from generate_series(1, 6) as i",
        # pgbench draws numbers only: the codes are numbers.
        f"""insert into marts.info_nappe (code_bss, bss_id, libelle_pe, lambx, lamby)
        select i::text, 'BSS' || i, 'FORAGE ' || i, 600, 16010 from generate_series(1, {stations}) as i""",
        f"""insert into marts.nappe
        select s::text, date '2015-01-01' + d, timestamptz '2015-01-01 10:00Z' + d * interval '1 day',
        60 + round(random()::numeric, 2), 12 + round(random()::numeric, 2), 'Valeur mesurée',
        'Donnée contrôlée niveau 2', 'Correcte', 'N', (1 + d % 2)::text, (1 + s % 6)::text, 1
        from generate_series(1, {stations}) as s, generate_series(0, {DAYS_OF_LEVELS - 1}) as d""",
        f"""insert into marts.{VersionDonnees.__tablename__}
        select tablename, now() from pg_tables where schemaname = 'marts'""",
    ]


@contextmanager
def serving(bench: Bench) -> Iterator[Served]:
    """`hydrotheque serve`, and a user."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*_COMMAND, "serve", "--port", str(port)], cwd=ROOT, env=_environment(bench))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait(client, process)
            name, password = f"bench-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
            account = {"username": name, "email": f"{name}@example.org", "password": password, "consent_given": True}
            user_id = client.post("/user/register", json=account).raise_for_status().json()["id"]
            form = {"username": name, "password": password}
            token = client.post("/user/login", data=form).raise_for_status().json()["access_token"]
        yield Served(port, process.pid, user_id, token)
    finally:
        process.terminate()
        process.wait()


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if process.poll() is not None:
            raise BenchError("the API did not start; why stands above")
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise BenchError("the API is not ready after five minutes")


def _weather(served: Served, draw: random.Random, cells: int) -> str:
    cell = draw.randrange(cells)
    x, y = 600 + 80 * (cell % COLUMNS), 16010 + 80 * (cell // COLUMNS)
    day = f"{draw.randrange(2020, 2024)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
    point = {"lambx": x + draw.uniform(-30, 30), "lamby": y + draw.uniform(-30, 30)}
    return served.request("POST", "/data/meteo/", {"input_date": day, **point})


def _page(served: Served, draw: random.Random, stations: int) -> str:
    asked = {"code_bss": str(draw.randrange(1, stations + 1)), "include_continuite": True, "include_nature": True}
    return served.request("POST", f"/data/piezo_value/?limit=50&offset={50 * draw.randrange(PAGES)}", asked)


def _ask(served: Served, requests: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.asking", str(served.port), str(SECONDS), str(CONNECTIONS)]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(requests), stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    if set(answer["statuses"]) != {"200"}:
        raise BenchError(f"answers of the API were {answer['statuses']}")
    return answer


def _pgbench(bench: Bench, sql: str, user_id: int, tables: list[str]) -> float:
    """Transactions per second of the statements that the API sends for one request."""
    script = bench.home / "pgbench.sql"
    script.write_text(sql)
    values = {"user_id": user_id, "tables": "{" + ",".join(tables) + "}", "limit": 50, "param_1": 1}
    with bench.connect(DATABASE, "api_service") as connection:
        info = connection.info
        environment = os.environ | {
            "PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGPASSWORD": info.password,
            "PGDATABASE": info.dbname, "PGOPTIONS": " ".join(f"-c {key}={value}" for key, value in PREPARED.items()),
        }  # fmt: skip
    command = [BIN / "pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-T", str(SECONDS), "-f", script]
    command += [part for name, value in values.items() for part in ("-D", f"{name}={value}")]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found
    return float(found[1])


def _weather_sql(cells: int) -> str:
    return f"""\\set cell random(0, {cells - 1})
\\set x 600 + 80 * (:cell % {COLUMNS}) + random(-30, 30)
\\set y 16010 + 80 * (:cell / {COLUMNS}) + random(-30, 30)
\\set x_min :x - 80
\\set x_max :x + 80
\\set y_min :y - 80
\\set y_max :y + 80
\\set day 10000 * random(2020, 2023) + 100 * random(1, 12) + random(1, 28)
{_named(GATE)};
{_named(POINT)};
"""


def _page_sql(stations: int) -> str:
    page = levels(("continuite", "nature_mesure")).statement("page", ["code_bss"])
    return f"""\\set code_bss random(1, {stations})
\\set offset 50 * random(0, {PAGES - 1})
{_named(GATE)};
{_named(page)};
"""


def _named(statement: Statement) -> str:
    """The text with pgbench's variables in the place of the numbered parameters."""
    return re.sub(r"\$(\d+)", lambda number: f":{statement.names[int(number[1]) - 1]}", statement.text)


_COMMAND = [str(Path(sys.executable).with_name("hydrotheque"))]


def _environment(bench: Bench) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HYDROTHEQUE_", "PG"))}
    return own | {"HYDROTHEQUE_HOME": str(bench.home), "PGDATABASE": DATABASE}


def _hydrotheque(bench: Bench, *arguments: str) -> None:
    subprocess.run([*_COMMAND, *arguments], cwd=ROOT, env=_environment(bench), stdout=subprocess.DEVNULL, check=True)
