"""Recorded answers about sensors, served over HTTP to the real pipeline, checked in raw row by row."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from flows.chain import steps
from flows.run import Run
from ingestion.providers import hubeau
from ingestion.report import Collected, Reporter
from ingestion.sources.piezometrie.stations import typed_stations
from tests.conftest import REAL
from tests.helpers.providers import loads, served
from tests.helpers.warehouse import TestWarehouse, named, new_warehouse

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"the recorded data is not at {REAL}")

STATIONS = "hubeau/hydrometrie_stations_85_page1_20260930.json"
OBSERVATIONS = "hubeau/hydrometrie_observations_tr_H_bbox_20260930_EXTRACT.json"
REAL_TIME = "hubeau/stations_temps_reel_1840.json"
ASKED_AT = {"Date": "Wed, 30 Sep 2026 10:46:56 GMT"}  # three hours after date_debut_obs of the recorded question


def observations() -> list[dict[str, Any]]:
    """The recorded observations; the question named three fields and the quantity."""
    return [row | {"grandeur_hydro": "H"} for row in loads(REAL / OBSERVATIONS)["data"]]


def wells() -> list[dict[str, Any]]:
    """The piezometers in real time, under the names of `stations`; their code BSS is of the new form."""
    return [
        {
            "code_bss": f"{row['bss_id']}/X",
            "bss_id": row["bss_id"],
            "x": row["longx"],
            "y": row["laty"],
            "altitude_station": str(row["altz"]),
            "nb_mesures_piezo": row["nbmestr"],
            "libelle_pe": row["nompe"],
        }
        for row in loads(REAL / REAL_TIME)
    ]


def provider() -> list[Route]:
    """Hub'Eau at the instant of the recording: three stations as recorded, the others of the values by their code."""
    stations = loads(REAL / STATIONS)["data"]
    codes = sorted({row["code_station"] for row in observations()})
    stations += [{"code_station": code, "code_site": code[:8], "en_service": True} for code in codes]

    def answer(data: list[dict[str, Any]]) -> JSONResponse:
        return JSONResponse({"count": len(data), "next": None, "api_version": "2.0.1", "data": data}, headers=ASKED_AT)

    def described(request: Request) -> JSONResponse:
        asked = request.query_params["code_station"].split(",")
        return answer([row for row in stations if row["code_station"] in asked])

    def measured(request: Request) -> JSONResponse:
        asked, quantity = request.query_params["code_entite"].split(","), request.query_params["grandeur_hydro"]
        return answer([r for r in observations() if r["code_station"] in asked and r["grandeur_hydro"] == quantity])

    return [
        Route("/api/v2/hydrometrie/referentiel/stations", described),
        Route("/api/v2/hydrometrie/observations_tr", measured),
        Route(
            "/api/v1/niveaux_nappes/stations",
            lambda request: answer(wells() if "code_departement" in request.query_params else []),
        ),
    ]


@pytest.fixture(scope="module")
def hub_eau() -> Iterator[str]:
    with served(*provider()) as url:
        yield url


@pytest.fixture(scope="module")
def recorded(
    home: Path, tmp_path_factory: pytest.TempPathFactory, hub_eau: str
) -> tuple[TestWarehouse, list[Collected]]:
    codes = {row["code_station"] for row in [*loads(REAL / STATIONS)["data"], *observations()]}
    place = new_warehouse(
        tmp_path_factory.mktemp("sensors"),
        named("recorded_sensors"),
        hubeau_url=hub_eau,
        capteur_stations=tuple(sorted(codes)),
        hubeau_requests_per_second=0,
    )
    run = Run(place.settings, place.owner, Reporter())
    steps.collect(run, "capteurs")
    steps.load(run, "capteurs")
    return place, [line for line in run.reporter.lines if isinstance(line, Collected)]


def test_the_three_hydrometric_stations(recorded: tuple[TestWarehouse, list[Collected]]) -> None:
    fields = (
        "code_station", "code_site", "libelle_station", "longitude_station", "latitude_station",
        "altitude_ref_alti_station", "code_commune_station", "libelle_cours_eau", "en_service", "code_departement",
    )  # fmt: skip
    found = recorded[0].rows(
        f"SELECT {', '.join(fields)} FROM raw_capteurs.stations_hydrometriques "
        "WHERE code_departement IS NOT NULL ORDER BY code_station"
    )
    published = sorted(loads(REAL / STATIONS)["data"], key=lambda row: row["code_station"])
    assert found == [tuple(row[field] for field in fields) for row in published]
    assert [row[0] for row in found] == ["M702241010", "M703243010", "M711241010"]


def test_the_observations(recorded: tuple[TestWarehouse, list[Collected]]) -> None:
    found = recorded[0].rows(
        "SELECT code_capteur, grandeur_hydro, date_obs, resultat_obs FROM raw_capteurs.observations_tr "
        "ORDER BY code_capteur, date_obs"
    )
    assert found == sorted(
        (row["code_station"], "H", datetime.fromisoformat(row["date_obs"]).astimezone(UTC), row["resultat_obs"])
        for row in observations()
    )
    assert len(found) == 142
    assert min(row[3] for row in found) == -2079


def test_nothing_was_refused(recorded: tuple[TestWarehouse, list[Collected]]) -> None:
    place, collected = recorded
    assert sum(line.refused for line in collected) == 0
    assert place.rows("SELECT count(*) FROM raw_capteurs.rejet") == [(0,)]
    assert [line.missing for line in collected if line.missing] == [("06252X0063/PZ1",)]


def test_the_piezometers_in_real_time(hub_eau: str) -> None:
    asked = hubeau.stations(hubeau.HubEau(hub_eau, hubeau.rate_limiter(0), accept=False), (), ["00"])
    kept, refused = typed_stations(asked)
    published = sorted(wells(), key=lambda row: row["code_bss"])
    assert (kept.num_rows, refused.num_rows) == (1_840, 0)
    for name in published[0]:
        assert kept[name].to_pylist() == [row[name] for row in published]
    in_the_grid = [x for x in kept["x_lambert2"].to_pylist() if 0 < x < 1_300_000]  # the others lie overseas
    assert len(in_the_grid) == 1_782
