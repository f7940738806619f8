"""POST /data/meteo/."""

from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from pyproj import Transformer

from api.coordinates import LAMBERT2, LAMBERT93, SIM2, to_hectometres
from api.models.sim2 import VARIABLES

PARIS = {"input_date": "2024-01-15", "lambx": 652500.0, "lamby": 6862500.0}
TO_LAMBERT93 = Transformer.from_crs("EPSG:27572", "EPSG:2154", always_xy=True)
RANGES = (
    "SIM2 hectometres (lambx 500 to 12,500, lamby 15,900 to 27,000), "
    "Lambert II étendu metres (lambx 50,000 to 1,250,000, lamby 1,590,000 to 2,700,000) or "
    "Lambert-93 metres (lambx 0 to 1,300,000, lamby 6,000,000 to 7,200,000)"
)


def three_ways(x: float, y: float) -> list[tuple[float, float]]:
    """A point given in SIM2 hectometres, in the three systems."""
    return [(x, y), (x * 100, y * 100), TO_LAMBERT93.transform(x * 100, y * 100)]


# Continental France on the grid; its corners lie outside Lambert-93's range.
@given(x=st.floats(1000, 11_000), y=st.floats(17_000, 26_500))
def test_three_systems_are_one_point(x: float, y: float) -> None:
    for given_x, given_y in three_ways(x, y):
        found = to_hectometres(given_x, given_y)
        assert found.x == pytest.approx(x, abs=0.001)  # 10 cm
        assert found.y == pytest.approx(y, abs=0.001)


@pytest.mark.parametrize("known", [SIM2, LAMBERT2, LAMBERT93], ids=lambda known: known.name)
def test_the_bounds_are_included(known: Any) -> None:
    for x in known.x:
        for y in known.y:
            to_hectometres(x, y)
    with pytest.raises(ValueError, match="none of the accepted ranges"):
        to_hectometres(known.x[0] - 1, known.y[0])
    with pytest.raises(ValueError, match="none of the accepted ranges"):
        to_hectometres(known.x[1] + 1, known.y[1])


# Up to 38 of the 40 hectometres to the edge: on the edge itself two cells are as near.
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dx=st.floats(-38, 38), dy=st.floats(-38, 38), pick=st.integers(0, 10_000))
def test_three_systems_get_the_same_cell(
    user: httpx.Client, owner: psycopg.Connection[Any], dx: float, dy: float, pick: int
) -> None:
    cells = owner.execute("select distinct lambx, lamby from marts.meteo where date = '2024-01-15' order by 1, 2")
    every = cells.fetchall()
    lambx, lamby = every[pick % len(every)]
    for x, y in three_ways(lambx + dx, lamby + dy):
        answer = user.post("/data/meteo/", json={"input_date": "2024-01-15", "lambx": x, "lamby": y}).json()
        assert (answer["cell"]["lambx"], answer["cell"]["lamby"]) == (lambx, lamby)
        assert answer["distance_km"] == pytest.approx((dx**2 + dy**2) ** 0.5 / 10, abs=0.002)


def test_the_answer_is_the_row(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    answer = user.post("/data/meteo/", json=PARIS).json()
    row = (
        owner.cursor(row_factory=dict_row)
        .execute(
            "select m.*, l.longitude, l.latitude from marts.meteo m join marts.localisation l using (lambx, lamby) "
            "where lambx = %(lambx)s and lamby = %(lamby)s and date = '2024-01-15'",
            answer["cell"],
        )
        .fetchone()
    )
    assert row is not None
    assert len(VARIABLES) == 26
    assert {name: answer[name] for name in VARIABLES} == {name: row[name] for name in VARIABLES}
    assert answer["temperature"] == row["t"]
    assert answer["humidity"] == row["hu"]
    assert answer["precipitation"] == pytest.approx(row["preliq"] + row["prenei"])
    assert answer["cell"]["longitude"] == row["longitude"]
    assert answer["cell"]["latitude"] == row["latitude"]


@pytest.mark.parametrize(
    ("x", "y"), [(0.0, 0.0), (2.35, 48.85), (652500, 5_000_000), (-1, 6_862_500), (600, 2_000_000)]
)
def test_a_point_in_no_system(user: httpx.Client, x: float, y: float) -> None:
    answer = user.post("/data/meteo/", json={**PARIS, "lambx": x, "lamby": y})
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"lambx and lamby are in none of the accepted ranges: {RANGES}"


@pytest.mark.parametrize(
    "body",
    [
        '{"input_date": "2024-01-15", "lambx": NaN, "lamby": 6862500.0}',
        '{"input_date": "2024-01-15", "lambx": 652500.0, "lamby": Infinity}',
        '{"input_date": "2024-01-15", "lambx": 1e999, "lamby": 6862500.0}',
        f'{{"input_date": "2024-01-15", "lambx": 1{"0" * 400}, "lamby": 6862500.0}}',
        '{"input_date": "2024-02-30", "lambx": 652500.0, "lamby": 6862500.0}',
        '{"input_date": "15/01/2024", "lambx": 652500.0, "lamby": 6862500.0}',
        '{"input_date": "2024-01-15", "lambx": "east", "lamby": 6862500.0}',
        '{"input_date": "2024-01-15", "lambx": 652500.0}',
        "{}",
    ],
)
def test_malformed_questions(user: httpx.Client, body: str) -> None:
    answer = user.post("/data/meteo/", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_point_far_from_the_grid(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    found = owner.execute("select lambx, lamby from marts.localisation order by lamby desc, lambx limit 1").fetchone()
    assert found is not None
    lambx, lamby = found
    # North of the northernmost cell, a little nearer and a little further than one cell.
    near = user.post("/data/meteo/", json={**PARIS, "lambx": lambx, "lamby": lamby + 79.9})
    far = user.post("/data/meteo/", json={**PARIS, "lambx": lambx, "lamby": lamby + 80.1})
    assert near.status_code == 200
    assert near.json()["distance_km"] == 7.99
    assert far.status_code == 404
    assert far.json()["detail"] == (
        f"No weather cell within 8 km of this point: the nearest (lambx {lambx}, lamby {lamby}) is 8.0 km away."
    )


def test_within_the_square_but_not_the_circle(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    found = owner.execute("select lambx, lamby from marts.localisation order by lambx, lamby limit 1").fetchone()
    assert found is not None
    answer = user.post("/data/meteo/", json={**PARIS, "lambx": found[0] - 79, "lamby": found[1] - 79})
    assert answer.status_code == 404
    assert "is 11.2 km away" in answer.json()["detail"]


def test_a_day_without_weather(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    answer = user.post("/data/meteo/", json={**PARIS, "input_date": "1950-01-01"})
    assert answer.status_code == 404
    cell = user.post("/data/meteo/", json=PARIS).json()["cell"]
    days = owner.execute(
        "select count(*), min(date), max(date) from marts.meteo where lambx = %(lambx)s and lamby = %(lamby)s", cell
    ).fetchone()
    assert days is not None
    assert answer.json()["detail"] == (
        f"No weather on 1950-01-01: the cell lambx {cell['lambx']}, lamby {cell['lamby']} "
        f"has {days[0]:,} days from {days[1]} to {days[2]}."
    )
