"""Drinking water: the statements and what becomes of their rows."""

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException
from sqlalchemy import Date, Text, bindparam, cast, func, select

from api import communes
from api.models import table_of
from api.models.qualite_eau import (
    CommuneReseau,
    ConformiteCommune,
    ConformiteRow,
    Parametre,
    Prelevement,
    PrelevementRow,
    ReseauDistribution,
    ResultatAnalyse,
    ResultatRow,
)
from api.pages import Listing
from api.reader import Reader
from api.schemas.common import Period
from api.schemas.eau import ResultsQuery, SamplesQuery
from api.statement import Statement

_served, _year, _parameter, _sample, _network, _result = (
    table_of(each).c
    for each in (CommuneReseau, ConformiteCommune, Parametre, Prelevement, ReseauDistribution, ResultatAnalyse)
)
_commune = bindparam("code_insee", type_=Text)
_code_of_network, _code_of_sample = bindparam("cdreseau", type_=Text), bindparam("referenceprel", type_=Text)
_YEARS = Statement(
    select(*(_year[name] for name in ConformiteRow.model_fields))
    .where(_year.code_insee == _commune)
    .order_by(_year.annee.desc())
)
_NETWORKS = Statement(
    select(*_served, _network.nomreseau)
    .join_from(table_of(CommuneReseau), table_of(ReseauDistribution), _served.cdreseau == _network.cdreseau)
    .where(_served.code_insee == _commune)
    .order_by(_served.cdreseau, _served.quartier)
)
_ONE_NETWORK = Statement(select(_network.cdreseau).where(_network.cdreseau == _code_of_network))
_ONE_SAMPLE = Statement(select(_sample.referenceprel).where(_sample.referenceprel == _code_of_sample).limit(1))

# A commune's samples are those of the networks that served it in the year, as conformite_commune counts them.
_of_the_commune = (
    select(_served.cdreseau)
    .where(
        _served.code_insee == _commune,
        _served.cdreseau == _sample.cdreseau,
        cast(_sample.annee, Text) == func.any(func.string_to_array(_served.annees, ", ")),
    )
    .exists()
)
SAMPLES = Listing(
    select(*(_sample[name] for name in PrelevementRow.model_fields)),
    [_sample.dateprel, _sample.referenceprel, _sample.cdreseau, _sample.annee],
    {
        "cdreseau": _sample.cdreseau == _code_of_network,
        "code_insee": _of_the_commune,
        "start_date": _sample.dateprel >= bindparam("start_date", type_=Date),
        "end_date": _sample.dateprel <= bindparam("end_date", type_=Date),
    },
    newest_first=True,
)
RESULTS = Listing(
    select(
        *(_result[name] for name in ResultatRow.model_fields),
        _parameter.libminparametre,
        _parameter.libwebparametre,
        _parameter.cdparametre,
    ).join_from(
        table_of(ResultatAnalyse), table_of(Parametre), _result.cdparametresiseeaux == _parameter.cdparametresiseeaux
    ),
    [_result.cdparametresiseeaux, _result.referenceanl, _result.annee],
    {"referenceprel": _result.referenceprel == _code_of_sample},
)


def network(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `NetworkOfCommune`."""
    return {**row, "annees": [int(each) for each in row["annees"].split(", ")]}


async def of_commune(read: Reader, code_insee: str) -> dict[str, Any]:
    """A `CommuneWater`; HTTPException 404 for no commune."""
    found = await communes.one(read, code_insee)
    return {
        "code_insee": code_insee,
        "nom": found["nom"],
        "conformite": [dict(row) for row in await read.rows(_YEARS, code_insee=code_insee)],
        "reseaux": [network(row) for row in await read.rows(_NETWORKS, code_insee=code_insee)],
    }


async def samples_of_commune(read: Reader, code_insee: str, query: Period) -> dict[str, Any]:
    """A page of the samples of the networks of a commune; HTTPException 404 for no commune."""
    await communes.one(read, code_insee)
    return await SAMPLES.page(read, query, {"code_insee": code_insee, **query.conditions()})


async def samples_of_network(read: Reader, query: SamplesQuery) -> dict[str, Any]:
    """A page of the samples of a network; HTTPException 404 for no network."""
    if await read.remembered(_ONE_NETWORK, cdreseau=query.cdreseau) is None:
        raise HTTPException(
            404, f"There is no network {query.cdreseau}: GET /data/communes/{{code_insee}}/eau gives a commune's."
        )
    return await SAMPLES.page(read, query, query.conditions())


async def results(read: Reader, query: ResultsQuery) -> dict[str, Any]:
    """A page of the results of a sample; HTTPException 404 for no sample."""
    if await read.remembered(_ONE_SAMPLE, referenceprel=query.referenceprel) is None:
        raise HTTPException(
            404, f"There is no sample {query.referenceprel}: GET /data/eau/prelevements gives those of a network."
        )
    return await RESULTS.page(read, query, query.conditions())
