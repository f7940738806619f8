"""Bodies of the routes on communes."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, Field
from sqlmodel import SQLModel

from api.models.communes import CommuneRow
from api.schemas.common import Departement, Page, Paging, printable

CodeInsee = Annotated[
    str,
    Path(
        pattern=r"^[0-9][0-9AB][0-9]{3}$",
        description="Code of the commune at INSEE, five characters; no postcode.",
        examples=["59001"],
    ),
]


class CommunesQuery(Paging):
    """Which communes are wanted: what is given holds together."""

    nom: Annotated[str, AfterValidator(printable)] | None = Field(
        default=None,
        min_length=1,
        max_length=60,
        description="How the name begins; accents, capitals and hyphens do not count.",
        examples=["saint et"],
    )
    code_departement: Departement = None
    actuelle: bool | None = Field(
        default=None, description="`true`: those of the last list; `false`: those that merged or disappeared."
    )


class _Postcodes(SQLModel):
    codes_postaux: list[str] | None = Field(description="Its postcodes.", examples=[["59268"]])


# The fields of the last base come first in the answer.
class CommuneFound(_Postcodes, CommuneRow):
    """A commune."""


class CommunePage(Page[CommuneFound]):
    """A page of the communes, by code."""
