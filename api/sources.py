"""Who made the data and under which licence: said in the header `Link` of every answer under /data (RFC 8288)."""

from typing import NamedTuple
from urllib.parse import quote

from sqlmodel import SQLModel

from api.models.marts import Continuite, InfoNappe, Localisation, Meteo, Nappe, NatureMesure, Producteur


class Source(NamedTuple):
    """Where data is taken from, and whom to name."""

    name: str
    url: str


LICENCE = Source("Licence Ouverte 2.0 (Etalab)", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/")
SIM2 = Source("Météo-France, SIM2, data.gouv.fr", "https://www.data.gouv.fr/datasets/6569b27598256cc583c917a7")
ADES = Source(
    "ADES (BRGM and the producers of each level), Hub'Eau", "https://hubeau.eaufrance.fr/page/api-piezometrie"
)

OF_TABLE: dict[type[SQLModel], tuple[Source, ...]] = {
    Localisation: (SIM2,),
    Meteo: (SIM2,),
    InfoNappe: (ADES,),
    Nappe: (ADES,),
    NatureMesure: (ADES,),
    Continuite: (ADES,),
    Producteur: (ADES,),
}


def link_header(tables: tuple[type[SQLModel], ...]) -> str:
    """The licence, and each source of these tables once."""
    sources = dict.fromkeys(source for table in tables for source in OF_TABLE[table])
    return ", ".join([_link(LICENCE, "license"), *(_link(source, "via") for source in sources)])


def _link(source: Source, relation: str) -> str:
    return f"<{source.url}>; rel=\"{relation}\"; title*=UTF-8''{quote(source.name, safe='')}"
