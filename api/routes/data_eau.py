"""/data/communes/{code_insee}/eau and /data/eau: drinking water."""

from typing import Annotated

from fastapi import Query, Response

from api import eau
from api.deps import reads
from api.models.communes import Commune
from api.models.qualite_eau import (
    CommuneReseau,
    ConformiteCommune,
    Parametre,
    Prelevement,
    ReseauDistribution,
    ResultatAnalyse,
)
from api.reader import Reader
from api.routes import data
from api.schemas import eau as schema
from api.schemas.common import Period
from api.schemas.communes import CodeInsee

router = data.router()
ReadCommune = Annotated[Reader, reads(Commune, CommuneReseau, ReseauDistribution, ConformiteCommune)]
ReadSamplesOfCommune = Annotated[Reader, reads(Commune, CommuneReseau, Prelevement)]
ReadSamples = Annotated[Reader, reads(ReseauDistribution, Prelevement)]
ReadResults = Annotated[Reader, reads(Prelevement, ResultatAnalyse, Parametre)]


@router.get(
    "/communes/{code_insee}/eau",
    summary="Drinking water of a commune",
    response_model=schema.CommuneWater,
    responses=data.says(missing="No such commune."),
)
async def commune_eau(read: ReadCommune, code_insee: CodeInsee) -> Response:
    """How the tap water of a commune kept the limits of quality, year by year, and the networks that bring it."""
    return read.answer(await eau.of_commune(read, code_insee))


@router.get(
    "/communes/{code_insee}/eau/prelevements",
    summary="Water samples of a commune",
    response_model=schema.SamplePage,
    responses=data.says(missing="No such commune."),
)
async def commune_eau_prelevements(
    read: ReadSamplesOfCommune, code_insee: CodeInsee, query: Annotated[Period, Query()]
) -> Response:
    """The samples of the networks that served the commune in the year, newest first; one for each network that a
    sample stands for.
    """
    return read.answer(await eau.samples_of_commune(read, code_insee, query))


@router.get(
    "/eau/prelevements",
    summary="Water samples of a network",
    response_model=schema.SamplePage,
    responses=data.says(missing="No such network."),
)
async def eau_prelevements(read: ReadSamples, query: Annotated[schema.SamplesQuery, Query()]) -> Response:
    """The samples of one distribution network with their verdicts, newest first."""
    return read.answer(await eau.samples_of_network(read, query))


@router.get(
    "/eau/resultats",
    summary="Results of a water sample",
    response_model=schema.ResultPage,
    responses=data.says(missing="No such sample."),
)
async def eau_resultats(read: ReadResults, query: Annotated[schema.ResultsQuery, Query()]) -> Response:
    """What was found in one sample, by parameter: value or threshold, unit, limit and reference of quality."""
    return read.answer(await eau.results(read, query))
