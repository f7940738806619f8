"""Bodies of the routes on drinking water."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from sqlmodel import SQLModel

from api.models.qualite_eau import CommuneReseauRow, ConformiteRow, PrelevementRow, ResultatRow
from api.schemas.common import Page, Paging, Period, printable

NetworkCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=20,
        description="Code of the distribution network: `GET /data/communes/{code_insee}/eau` gives those of a commune.",
        examples=["070000002"],
    ),
    AfterValidator(printable),
]
SampleCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="Code of the sample (`referenceprel`).",
        examples=["07000340289"],
    ),
    AfterValidator(printable),
]


class _OfNetwork(SQLModel):
    nomreseau: str | None = Field(description="Name of the network.", examples=["UDI VALY-LE-HAUT"])
    annees: list[int] = Field(description="All years in which it served the district.", examples=[[2022, 2023, 2024]])


# The fields of the last base come first in the answer.
class NetworkOfCommune(_OfNetwork, CommuneReseauRow):
    """A distribution network of a commune."""


class CommuneWater(BaseModel):
    """The drinking water of a commune."""

    code_insee: str = Field(description="Code of the commune at INSEE.", examples=["70402"])
    nom: str | None = Field(description="Its name.", examples=["Valy-le-Haut"])
    conformite: list[ConformiteRow] = Field(description="How it kept the limits, by year, the newest first.")
    reseaux: list[NetworkOfCommune] = Field(description="The networks that serve it or did, by code and district.")


class SamplesQuery(Period):
    """A network, and which of the days."""

    cdreseau: NetworkCode


class SamplePage(Page[PrelevementRow]):
    """A page of samples, the newest first."""


class ResultsQuery(Paging):
    """A sample."""

    referenceprel: SampleCode


class _Parameter(SQLModel):
    libminparametre: str | None = Field(description="Name of the parameter.", examples=["Nitrates (en NO3)"])
    libwebparametre: str | None = Field(description="The same for the public.", examples=["Nitrates"])
    cdparametre: str | None = Field(description="Code of the parameter at Sandre.", examples=["1340"])


class Result(_Parameter, ResultatRow):
    """A result, and what the parameter is."""


class ResultPage(Page[Result]):
    """A page of the results of a sample, by parameter."""
