"""The examples of README, as a program would type them."""

from typing import Any

import httpx
import pytest

from tests.api.operations import CLOSED, Operation

# An export answers no JSON.
EVERY_READ = [each for each in CLOSED if each.path.startswith("/data/") and "export" not in each.path]


def test_register_then_login(client: httpx.Client, new_user: dict[str, Any]) -> None:
    registered = client.post(
        "/user/register",
        json={
            "username": new_user["username"],
            "email": new_user["email"],
            "password": new_user["password"],
            "consent_given": True,
        },
    )
    assert registered.status_code == 201
    body = registered.json()
    assert list(body) == ["id", "username", "email", "is_active", "consent_given", "created_at"]
    assert body["username"] == new_user["username"]
    assert body["email"] == new_user["email"]
    assert body["is_active"] is body["consent_given"] is True

    form = {"username": new_user["username"], "password": new_user["password"]}
    login = client.post("/user/login", data=form)
    assert login.status_code == 200
    assert list(login.json()) == ["access_token", "token_type"]
    assert login.json()["token_type"] == "bearer"


def test_meteo(user: httpx.Client) -> None:
    answer = user.post("/data/meteo/", json={"input_date": "2024-01-15", "lambx": 652500.0, "lamby": 6862500.0})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body)[:6] == ["date", "lambx", "lamby", "temperature", "precipitation", "humidity"]
    assert (body["date"], body["lambx"], body["lamby"]) == ("2024-01-15", 652500.0, 6862500.0)
    assert -40 < body["temperature"] < 45
    assert body["precipitation"] >= 0
    assert 0 <= body["humidity"] <= 100
    assert abs(body["cell"]["longitude"] - 2.35) < 0.2
    assert abs(body["cell"]["latitude"] - 48.86) < 0.2
    assert 0 <= body["distance_km"] <= 8


def test_piezo_value(user: httpx.Client) -> None:
    asked = {
        "code_bss": "07548X0009/F",
        "include_info": True,
        "include_continuite": True,
        "include_nature": False,
        "include_producteur": False,
    }
    answer = user.post("/data/piezo_value/?limit=50&offset=0", json=asked)
    assert answer.status_code == 200
    page = answer.json()
    assert list(page) == ["total", "limit", "offset", "results"]
    assert (page["limit"], page["offset"], len(page["results"])) == (50, 0, 50)
    first = page["results"][0]
    assert list(first) == [
        "code_bss",
        "date_mesure",
        "niveau_nappe_eau",
        "profondeur_nappe",
        "info",
        "continuite",
        "nature_mesure",
        "producteur",
    ]
    assert first["code_bss"] == first["info"]["code_bss"] == "07548X0009/F"
    assert first["nature_mesure"] is first["producteur"] is None
    assert any(each["continuite"] for each in page["results"])


def test_piezo_value_has_the_time_of_the_measure(user: httpx.Client) -> None:
    asked = {"code_bss": "07548X0009/F"}
    total = user.post("/data/piezo_value/", json=asked).json()["total"]
    instants = [
        level["date_mesure"]
        for offset in range(0, total, 1000)
        for level in user.post(f"/data/piezo_value/?limit=1000&offset={offset}", json=asked).json()["results"]
    ]
    assert [each for each in instants if each.startswith("2024-01-15")] == ["2024-01-15T10:00:00Z"]


def test_piezo_list(user: httpx.Client) -> None:
    answer = user.get("/data/piezo/list?limit=100&offset=0")
    assert answer.status_code == 200
    codes = [each["code_bss"] for each in answer.json()["results"]]
    assert {"00263X0129/PZASA4", "00026X0040/P1", "00053X0004/F1", "07548X0009/F"} <= set(codes)


def test_piezo_meteo(user: httpx.Client) -> None:
    asked = {"code_bss": "07548X0009/F", "start_date": "2024-01-01", "end_date": "2024-01-31"}
    answer = user.post("/data/piezo_meteo/", json=asked)
    assert answer.status_code == 200
    days = {each["date"]: each for each in answer.json()["results"]}
    assert days["2024-01-15"]["niveau_nappe_eau"] is not None
    assert days["2024-01-15"]["temperature"] is not None


def test_drinking_water(user: httpx.Client) -> None:
    water = user.get("/data/communes/70402/eau").json()
    assert [each["annee"] for each in water["conformite"]] == [2024, 2023, 2022]
    network = water["reseaux"][0]["cdreseau"]
    period = {"start_date": "2024-02-12", "end_date": "2024-02-12"}
    samples = user.get("/data/eau/prelevements", params={"cdreseau": network, **period}).json()["results"]
    assert [(each["referenceprel"], each["plvconformitebacterio"]) for each in samples] == [("07000340289", "N")]
    results = user.get("/data/eau/resultats", params={"referenceprel": "07000340289"}).json()["results"]
    found = {each["cdparametresiseeaux"]: each for each in results}
    assert (found["NO3"]["valeur"], found["NO3"]["cdunitereferencesiseeaux"]) == (12.5, "mg/L")
    assert (found["NO3"]["limitequal"], found["NO3"]["depasse_limite"]) == ("<=50 mg/L", False)
    assert (found["NH4"]["rqana"], found["NH4"]["sous_seuil"], found["NH4"]["seuil"]) == ("<0,05", True, 0.05)
    assert found["ECOLI"]["depasse_limite"] is True


@pytest.mark.parametrize("operation", EVERY_READ, ids=str)
def test_the_document_s_examples_answer_something(user: httpx.Client, operation: Operation) -> None:
    body = user.request(**operation.request()).raise_for_status().json()
    assert body.get("results", body.get("features", body.get("reseaux", body)))
