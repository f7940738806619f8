"""The communes of a scenario, as the csv of data.gouv.fr lists them.

Names are made up. One commune that other sources name has left the list, as after a merger.
"""

import csv
import io
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ingestion.simulator.departments import Department
from ingestion.simulator.noise import keys
from ingestion.simulator.stations import stations
from ingestion.simulator.world import Scenario
from ingestion.sources.communes import COLUMNS

RESOURCE_ID = "f5df602b-3800-44d7-b2df-fa40a0350325"
PER_DEPARTMENT = 5
_REGIONS = {
    "84 Auvergne-Rhône-Alpes": "01 03 07 15 26 38 42 43 63 69 73 74",
    "27 Bourgogne-Franche-Comté": "21 25 39 58 70 71 89 90",
    "53 Bretagne": "22 29 35 56",
    "24 Centre-Val de Loire": "18 28 36 37 41 45",
    "94 Corse": "2A 2B",
    "44 Grand Est": "08 10 51 52 54 55 57 67 68 88",
    "32 Hauts-de-France": "02 59 60 62 80",
    "11 Île-de-France": "75 77 78 91 92 93 94 95",
    "28 Normandie": "14 27 50 61 76",
    "75 Nouvelle-Aquitaine": "16 17 19 23 24 33 40 47 64 79 86 87",
    "76 Occitanie": "09 11 12 30 31 32 34 46 48 65 66 81 82",
    "52 Pays de la Loire": "44 49 53 72 85",
    "93 Provence-Alpes-Côte d'Azur": "04 05 06 13 83 84",
}
_REGION_OF = {code: region.split(" ", 1) for region, codes in _REGIONS.items() for code in codes.split()}
_FIRST = ("Aube", "Bois", "Clair", "Font", "Mont", "Noir", "Val", "Vert")
_LAST = ("agny", "court", "ère", "euil", "ières", "ville", "y-le-Haut", "y-sur-Nappe")


@dataclass(frozen=True)
class Commune:
    """A commune: its code INSEE, name and department, and its population, surface in hectares and centre."""

    code: str
    name: str
    department: Department
    population: int
    hectares: int
    longitude: float
    latitude: float


@lru_cache(maxsize=8)
def communes(scenario: Scenario) -> tuple[Commune, ...]:
    """Every commune that the scenario's sources name, by code: those of the stations, and some of each department.

    The last of the stations' departments has none beside its stations'.
    """
    names = {station.commune: (station.commune_name, station.department) for station in stations(scenario)}
    for department in {station.department.code: station.department for station in stations(scenario)}.values():
        for number in range(PER_DEPARTMENT):
            word = _word(scenario, f"{department.code}{number}")
            names.setdefault(
                f"{department.code}{401 + number:03d}", (_FIRST[word % 8] + _LAST[word // 8 % 8], department)
            )
    return tuple(_commune(scenario, code, *names[code]) for code in sorted(names))


def departed(scenario: Scenario) -> str:
    """The code of the commune that is no longer listed."""
    return max(station.commune for station in stations(scenario))


def _word(scenario: Scenario, text: str) -> int:
    return int(keys(scenario.seed, 61, np.array([int.from_bytes(text.encode(), "big")]))[0])


def _commune(scenario: Scenario, code: str, name: str, department: Department) -> Commune:
    word = _word(scenario, code)
    return Commune(
        code=code,
        name=name,
        department=department,
        population=80 + word % 3_000,
        hectares=400 + word // 3_000 % 4_000,
        longitude=department.longitude + (word >> 24) % 100 / 500,
        latitude=department.latitude + (word >> 40) % 100 / 500,
    )


def csv_text(scenario: Scenario) -> str:
    """The list: a first column without a name, integers written in two ways, one commune without a centre."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("", *COLUMNS))
    listed = [commune for commune in communes(scenario) if commune.code != departed(scenario)]
    for number, commune in enumerate(listed):
        values = _values(commune)
        if number == 1:
            values |= {"latitude_centre": "", "longitude_centre": ""}
        writer.writerow((number, *(values.get(column, "") for column in COLUMNS)))
    return out.getvalue()


def _values(commune: Commune) -> dict[str, object]:
    region, region_name = _REGION_OF[commune.department.code]
    plain = unicodedata.normalize("NFD", commune.name).encode("ascii", "ignore").decode().lower()
    postcode = f"{commune.department.code.replace('A', '0').replace('B', '0')}{commune.population % 90:02d}0"
    return {
        "code_insee": commune.code,
        "nom_standard": commune.name,
        "nom_sans_pronom": commune.name,
        "nom_a": f"à {commune.name}",
        "nom_de": f"de {commune.name}",
        "nom_sans_accent": plain,
        "nom_standard_majuscule": commune.name.upper(),
        "typecom": "COM",
        "typecom_texte": "commune",
        "reg_code": region,
        "reg_nom": region_name,
        "dep_code": commune.department.code,
        "dep_nom": commune.department.name,
        "code_postal": postcode,
        "codes_postaux": postcode if commune.population % 7 else f"{postcode}, {postcode[:4]}9",
        "taille_unite_urbaine": 0.0,
        "population": commune.population,
        "superficie_hectare": commune.hectares,
        "superficie_km2": round(commune.hectares / 100),
        "densite": float(round(commune.population / commune.hectares * 100)),
        "latitude_mairie": round(commune.latitude, 3),
        "longitude_mairie": round(commune.longitude, 3),
        "latitude_centre": round(commune.latitude + 0.002, 3),
        "longitude_centre": round(commune.longitude + 0.003, 3),
        "grille_densite": 6,
        "niveau_equipements_services": 0.0,
    }
