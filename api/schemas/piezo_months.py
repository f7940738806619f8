"""Bodies of the routes on months and on the standardised index."""

from pydantic import BaseModel, Field

from api.models.series import IndicateurRow, NappeMensuelleRow
from api.schemas.common import CodeBss, CodesBss, Departement, Months, Page


class MonthsOfStation(Months):
    """A piezometer, and which months are wanted."""

    code_bss: CodeBss


class StationMonths(Page[NappeMensuelleRow]):
    """A page of the months of one piezometer, newest first."""


class IndexQuery(Months):
    """Of which piezometers and months; of all when nothing is said."""

    code_bss: CodesBss = None
    code_departement: Departement = None


class _Where(BaseModel):
    libelle_pe: str | None = Field(description="Name of the piezometer.", examples=["FORAGE DE LA VALLEE"])
    code_departement: str | None = Field(description="Code of its département.", examples=["75"])
    x: float | None = Field(description="Longitude, WGS84, degrees.", examples=[2.35])
    y: float | None = Field(description="Latitude, WGS84, degrees.", examples=[48.85])


# The fields of the last base come first in the answer.
class StationIndex(_Where, IndicateurRow):
    """The index of a piezometer in one month, and where it is."""


class IndexPage(Page[StationIndex]):
    """A page of the index, by piezometer and month."""
