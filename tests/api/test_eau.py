"""Drinking water: communes, their networks, samples, results."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.api.test_pages import pages
from tests.helpers.problems import assert_problem

BUSIEST = """
    select code_insee, annee, prelevements from marts.conformite_commune order by prelevements desc, 1, 2 desc limit 1
"""
SHARED = """
    select referenceprel, min(cdreseau), count(*) from marts.prelevement group by 1, annee having count(*) > 1 limit 1
"""


@pytest.fixture(scope="module")
def busiest(migrated: Any) -> tuple[str, int, int]:
    """A commune, a year, and the number of its samples."""
    ((code, year, samples),) = migrated.rows(BUSIEST)
    assert samples > 5
    return code, year, samples


def every(user: httpx.Client, path: str, limit: int = 1000) -> list[dict[str, Any]]:
    return [row for page in pages(user, path, limit) for row in page["results"]]


def test_the_water_of_a_commune(user: httpx.Client, owner: psycopg.Connection[Any], busiest: Any) -> None:
    code = busiest[0]
    body = user.get(f"/data/communes/{code}/eau").raise_for_status().json()
    assert (body["code_insee"], body["nom"]) == (code, user.get(f"/data/communes/{code}").json()["nom"])
    years = owner.execute(
        "select annee, prelevements, part_conforme_bacterio, part_conforme_chimie, tendance "
        "from marts.conformite_commune where code_insee = %s order by annee desc",
        [code],
    ).fetchall()
    names = ("annee", "prelevements", "part_conforme_bacterio", "part_conforme_chimie", "tendance")
    assert [tuple(each[name] for name in names) for each in body["conformite"]] == years
    assert len(years) > 1
    served = owner.execute(
        "select cdreseau, nomreseau, quartier, debutalim::text, string_to_array(annees, ', ')::int[] "
        "from marts.commune_reseau join marts.reseau_distribution using (cdreseau) where code_insee = %s order by 1, 3",
        [code],
    ).fetchall()
    found = [(each["cdreseau"], each["nomreseau"], each["quartier"], each["debutalim"], each["annees"])
             for each in body["reseaux"]]  # fmt: skip
    assert found == served != []


def test_a_commune_that_no_network_serves(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    owner.execute("insert into marts.commune (code_insee, nom, actuelle) values ('99998', 'Sec', true)")
    try:
        dry = user.get("/data/communes/99998/eau").json()
        assert dry == {"code_insee": "99998", "nom": "Sec", "conformite": [], "reseaux": []}
        assert user.get("/data/communes/99998/eau/prelevements").json()["results"] == []
    finally:
        owner.execute("delete from marts.commune where code_insee = '99998'")


def test_the_samples_of_a_commune_are_those_its_conformity_counts(user: httpx.Client, busiest: Any) -> None:
    code, year, samples = busiest
    path = f"/data/communes/{code}/eau/prelevements"
    found = every(user, path)
    assert len({each["referenceprel"] for each in found if each["annee"] == year}) == samples
    days = [each["dateprel"] for each in found]
    assert days == sorted(days, reverse=True)
    assert every(user, path, 3) == found
    part = every(user, f"{path}?start_date={days[4]}&end_date={days[2]}")
    assert part == [each for each in found if days[4] <= each["dateprel"] <= days[2]] != []


def test_a_network_counts_for_the_years_in_which_it_served(
    user: httpx.Client, owner: psycopg.Connection[Any], busiest: Any
) -> None:
    code, year, _ = busiest
    path = f"/data/communes/{code}/eau/prelevements"
    assert year in {each["annee"] for each in every(user, path)}
    years = "update marts.commune_reseau set annees = %s where code_insee = %s and quartier = %s and cdreseau = %s"
    key = "select code_insee, quartier, cdreseau, annees from marts.commune_reseau where code_insee = %s"
    before = owner.execute(key, [code]).fetchall()
    try:
        owner.cursor().executemany(years, [("1999", *row[:3]) for row in before])
        assert every(user, path) == []
    finally:
        owner.cursor().executemany(years, [(row[3], *row[:3]) for row in before])


def test_the_samples_of_a_network(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    sample, network, copies = owner.execute(SHARED).fetchone() or pytest.fail("no sample stands for two networks")
    rows = owner.execute(
        "select referenceprel, dateprel::text, heureprel, plvconformitebacterio from marts.prelevement "
        "where cdreseau = %s order by dateprel desc, referenceprel desc, annee desc",
        [network],
    ).fetchall()
    path = f"/data/eau/prelevements?cdreseau={network}"
    names = ("referenceprel", "dateprel", "heureprel", "plvconformitebacterio")
    assert [tuple(each[name] for name in names) for each in every(user, path, 7)] == rows
    assert sample in {row[0] for row in rows}
    assert copies > 1


def test_the_results_of_a_sample(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    (sample,) = owner.execute(
        "select referenceprel from marts.resultat_analyse where annee = 2024 group by 1 "
        "having bool_or(sous_seuil) and bool_or(limite_max is not null) order by count(*) desc, 1 limit 1"
    ).fetchone() or pytest.fail("no sample has a result below a threshold")
    rows = owner.execute(
        "select cdparametresiseeaux, rqana, valeur, sous_seuil, seuil, limite_max, depasse_limite, "
        "r.cdunitereferencesiseeaux, libminparametre from marts.resultat_analyse as r "
        "join marts.parametre using (cdparametresiseeaux) where referenceprel = %s order by 1, referenceanl, annee",
        [sample],
    ).fetchall()
    names = ("cdparametresiseeaux", "rqana", "valeur", "sous_seuil", "seuil", "limite_max", "depasse_limite",
             "cdunitereferencesiseeaux", "libminparametre")  # fmt: skip
    found = every(user, f"/data/eau/resultats?referenceprel={sample}", 4)
    assert sorted(tuple(map(str, (each[name] for name in names))) for each in found) == sorted(
        tuple(map(str, row)) for row in rows
    )
    below = next(each for each in found if each["sous_seuil"])
    assert float(below["rqana"].removeprefix("<").replace(",", ".")) == below["seuil"]
    assert below["valeur"] is None


def test_results_beyond_their_limit(user: httpx.Client, owner: psycopg.Connection[Any]) -> None:
    sample, parameter = owner.execute(
        "select referenceprel, cdparametresiseeaux from marts.resultat_analyse where depasse_limite limit 1"
    ).fetchone() or pytest.fail("no result is over its limit")
    found = every(user, f"/data/eau/resultats?referenceprel={sample}")
    beyond = next(each for each in found if each["cdparametresiseeaux"] == parameter)
    assert beyond["depasse_limite"] is True
    assert beyond["valeur"] > beyond["limite_max"]
    assert beyond["cdunitereferencesiseeaux"] in beyond["limitequal"]


@pytest.mark.parametrize(
    "path",
    [
        "/data/communes/99999/eau",
        "/data/communes/99999/eau/prelevements",
        "/data/eau/prelevements?cdreseau=nowhere",
        "/data/eau/resultats?referenceprel=nothing",
    ],
)
def test_what_is_not_there(user: httpx.Client, path: str) -> None:
    assert_problem(user.get(path), "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/data/communes/7505/eau",
        "/data/communes/59001/eau/prelevements?start_date=2024-02-01&end_date=2024-01-31",
        "/data/eau/prelevements",
        "/data/eau/prelevements?cdreseau=a%00b",
        "/data/eau/resultats?referenceprel=",
        "/data/eau/resultats?referenceprel=07000340289&after=x",
    ],
)
def test_what_cannot_be_asked(user: httpx.Client, path: str) -> None:
    assert_problem(user.get(path), "invalid-request")


def test_it_is_kept_until_a_build(user: httpx.Client, owner: psycopg.Connection[Any], busiest: Any) -> None:
    path = f"/data/communes/{busiest[0]}/eau"
    etag = user.get(path).headers["ETag"]
    assert user.get(path, headers={"If-None-Match": etag}).status_code == 304
    owner.execute("update control.construction set construit_le = now() where modele = 'conformite_commune'")
    assert user.get(path, headers={"If-None-Match": etag}).status_code == 200
