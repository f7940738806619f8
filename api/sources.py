"""Who made the data and under which licence: said in the header `Link` of every answer under /data (RFC 8288)."""

from typing import NamedTuple
from urllib.parse import quote

from sqlmodel import SQLModel

from api.models.capteurs import Capteur, LacuneCapteur, MesureCapteur, MesureCapteurJour
from api.models.communes import Commune
from api.models.marts import Continuite, InfoNappe, Localisation, Meteo, Nappe, NatureMesure, Producteur
from api.models.qualite_eau import (
    CommuneReseau,
    ConformiteCommune,
    Parametre,
    Prelevement,
    ReseauDistribution,
    ResultatAnalyse,
)
from api.models.series import IndicateurPiezometrique, MeteoMensuelle, NappeMensuelle, NappeSignalement, PiezoMeteo


class Source(NamedTuple):
    """Where data is taken from, and whom to name."""

    name: str
    url: str
    domain: str = ""  # of marts.etat_source, which knows how recent it is


LICENCE = Source("Licence Ouverte 2.0 (Etalab)", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/")
SIM2 = Source("Météo-France, SIM2, data.gouv.fr", "https://www.data.gouv.fr/datasets/6569b27598256cc583c917a7", "meteo")
ADES = Source(
    "ADES (BRGM and the producers of each level), Hub'Eau",
    "https://hubeau.eaufrance.fr/page/api-piezometrie",
    "piezometrie",
)
REAL_TIME = Source(
    "SCHAPI and the flood services (PHyC), BRGM and the producers (ADES), Hub'Eau",
    "https://hubeau.eaufrance.fr/page/api-hydrometrie",
    "capteurs",
)
COMMUNES = Source(
    "INSEE, IGN and others, communes-france-2025, data.gouv.fr",
    "https://www.data.gouv.fr/datasets/communes-et-villes-de-france-en-csv-excel-json-parquet-et-feather",
    "communes",
)
TAP_WATER = Source(
    "Regional health agencies (ARS), Ministère chargé de la Santé, sanitary control of drinking water, data.gouv.fr",
    "https://www.data.gouv.fr/datasets/resultats-du-controle-sanitaire-de-leau-distribuee-commune-par-commune",
    "qualite_eau",
)

OF_TABLE: dict[type[SQLModel], tuple[Source, ...]] = {
    Localisation: (SIM2,),
    Meteo: (SIM2,),
    InfoNappe: (ADES,),
    Nappe: (ADES,),
    NatureMesure: (ADES,),
    Continuite: (ADES,),
    Producteur: (ADES,),
    MeteoMensuelle: (SIM2,),
    NappeMensuelle: (ADES,),
    IndicateurPiezometrique: (ADES,),
    PiezoMeteo: (ADES, SIM2),
    NappeSignalement: (ADES,),
    Commune: (COMMUNES,),
    Capteur: (REAL_TIME,),
    MesureCapteur: (REAL_TIME,),
    MesureCapteurJour: (REAL_TIME,),
    LacuneCapteur: (REAL_TIME,),
    ReseauDistribution: (TAP_WATER,),
    CommuneReseau: (TAP_WATER,),
    Parametre: (TAP_WATER,),
    Prelevement: (TAP_WATER,),
    ResultatAnalyse: (TAP_WATER,),
    ConformiteCommune: (TAP_WATER,),
}


def link_header(tables: tuple[type[SQLModel], ...]) -> str:
    """The licence, and each source of these tables once."""
    sources = dict.fromkeys(source for table in tables for source in OF_TABLE[table])
    return ", ".join([_link(LICENCE, "license"), *(_link(source, "via") for source in sources)])


def _link(source: Source, relation: str) -> str:
    return f"<{source.url}>; rel=\"{relation}\"; title*=UTF-8''{quote(source.name, safe='')}"
