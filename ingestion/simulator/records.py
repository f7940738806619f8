"""Stations and measures -> the JSON texts of Hub'Eau, fields in the published order."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ingestion.simulator.levels import NO_TIME, Measures, summary
from ingestion.simulator.stations import UNKNOWN_ALTITUDE, WITHOUT_POSITION, Station
from ingestion.simulator.world import Scenario, day_number, day_of

STATUSES = ("Donnée brute", "Donnée contrôlée niveau 1", "Donnée contrôlée niveau 2", "Donnée interprétée")
QUALITIES = ("Correcte", "Incertaine", "Incorrecte", "Non qualifié")
CONTINUITIES = (("1", "Point initial"), ("2", "Point lié au point précédent"), ("3", "Point non lié"))
NATURES = ((None, None), ("N", "Naturel"), ("I", "Influencé"), ("S", "Statique"), ("D", "Dynamique"))
MODES = ("Valeur mesurée", "Valeur reconstituée")

STATION_FIELDS = (
    "code_bss",
    "urn_bss",
    "date_debut_mesure",
    "date_fin_mesure",
    "code_commune_insee",
    "nom_commune",
    "x",
    "y",
    "codes_bdlisa",
    "urns_bdlisa",
    "geometry",
    "bss_id",
    "altitude_station",
    "nb_mesures_piezo",
    "code_departement",
    "nom_departement",
    "libelle_pe",
    "profondeur_investigation",
    "codes_masse_eau_edl",
    "noms_masse_eau_edl",
    "urns_masse_eau_edl",
    "date_maj",
)
# JSON texts as fixed-width byte strings, padded with NUL.
Texts = npt.NDArray[np.bytes_]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _chosen(values: Sequence[object]) -> Callable[[npt.NDArray[np.int64]], Texts]:
    """A function from positions in a list to the JSON texts of its values."""
    texts = np.array([_json(value) for value in values])
    return lambda positions: texts[positions]


@lru_cache(maxsize=1)
def _calendar() -> Texts:
    """The text of every day from 1900 to 2099."""
    days = np.datetime_as_string(np.arange("1900-01-01", "2100-01-01", dtype="datetime64[D]")).astype("S10")
    return np.strings.add(np.strings.add(b'"', days), b'"')


def _dates(days: npt.NDArray[np.int64]) -> Texts:
    return _calendar()[days - day_number(date(1900, 1, 1))]


def _times(times: npt.NDArray[np.int64]) -> Texts:
    return np.where(times == NO_TIME, b"null", times.astype("S20"))


def _metres(centimetres: npt.NDArray[np.int64]) -> Texts:
    distinct, position = np.unique(centimetres, return_inverse=True)
    return np.array([repr(value).encode() for value in (distinct / 100).tolist()], dtype="S12")[position]


def urn_bss(station: Station) -> str:
    """The address of a water point in the style of ADES."""
    return f"http://services.ades.eaufrance.fr/pointeau/{station.code_bss}"


# Each field is a value for the whole station, or a text for each of its rows.
_BY_STATION: dict[str, Callable[[Station], str]] = {
    "code_bss": lambda station: station.code_bss,
    "urn_bss": urn_bss,
    "code_producteur": lambda station: station.producer[0],
    "nom_producteur": lambda station: station.producer[1],
}
_statuses, _qualities, _modes = _chosen(STATUSES), _chosen(QUALITIES), _chosen(MODES)
_continuity_codes = _chosen([code for code, _ in CONTINUITIES])
_continuity_names = _chosen([name for _, name in CONTINUITIES])
_nature_codes, _nature_names = _chosen([code for code, _ in NATURES]), _chosen([name for _, name in NATURES])
_BY_ROW: dict[str, Callable[[Measures], Texts]] = {
    "date_mesure": lambda rows: _dates(rows.day),
    "timestamp_mesure": lambda rows: _times(rows.time),
    "niveau_nappe_eau": lambda rows: _metres(rows.level),
    "mode_obtention": lambda rows: _modes(rows.mode),
    "statut": lambda rows: _statuses(rows.status),
    "qualification": lambda rows: _qualities(rows.quality),
    "code_continuite": lambda rows: _continuity_codes(rows.continuity),
    "nom_continuite": lambda rows: _continuity_names(rows.continuity),
    "code_nature_mesure": lambda rows: _nature_codes(rows.nature),
    "nom_nature_mesure": lambda rows: _nature_names(rows.nature),
    "profondeur_nappe": lambda rows: _metres(rows.depth),
}
MEASURE_FIELDS = (
    "code_bss",
    "urn_bss",
    "date_mesure",
    "timestamp_mesure",
    "niveau_nappe_eau",
    "mode_obtention",
    "statut",
    "qualification",
    "code_continuite",
    "nom_continuite",
    "code_producteur",
    "nom_producteur",
    "code_nature_mesure",
    "nom_nature_mesure",
    "profondeur_nappe",
)


def _pieces(station: Station, rows: Measures, fields: Sequence[str]) -> list[bytes | Texts]:
    """A JSON object and the comma after it, cut where the text differs from row to row."""
    pieces: list[bytes | Texts] = []
    literal = b"{"
    for field in fields:
        literal += _json(field) + b":"
        if field in _BY_ROW:
            pieces += [literal, _BY_ROW[field](rows)]
            literal = b","
        else:
            literal += _json(_BY_STATION[field](station)) + b","
    return [*pieces, literal.removesuffix(b",") + b"},"]


def measure_texts(station: Station, rows: Measures, fields: Sequence[str]) -> npt.NDArray[np.uint8]:
    """A JSON object and a comma for each row, (rows, width), padded with NUL anywhere.

    fields          a subset of MEASURE_FIELDS, in that order
    """
    pieces = _pieces(station, rows, fields)
    widths = [len(piece) if isinstance(piece, bytes) else piece.itemsize for piece in pieces]
    table = np.empty(len(rows), dtype=[(f"f{i}", f"S{width}") for i, width in enumerate(widths)])
    for i, piece in enumerate(pieces):
        table[f"f{i}"] = piece
    return table.view(np.uint8).reshape(len(rows), sum(widths))


def _updated(scenario: Scenario) -> str:
    """The day the provider's index was rebuilt, written as Java does."""
    day = scenario.today - timedelta(days=2)
    zone = "CEST" if 4 <= day.month <= 10 else "CET"
    return f"{day:%a %b %d} 07:31:38 {zone} {day.year}"


def _position(station: Station) -> dict[str, object]:
    """x, y and geometry; null for the one station without a position."""
    if station.index == WITHOUT_POSITION:
        return {"x": None, "y": None, "geometry": None}
    geometry = {
        "type": "Point",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "coordinates": [station.longitude, station.latitude],
    }
    return {"x": round(station.longitude, 9), "y": round(station.latitude, 9), "geometry": geometry}


def _aquifers(station: Station) -> dict[str, object]:
    """Entities of the two reference systems of aquifers: one or two of the first, none or one of the second."""
    number = station.word % 900
    entities = [f"{100 + number}AF01", f"{100 + number}AA07"][: 1 + number % 2]
    bodies = [] if station.index % 11 == 10 else [f"{'ABCFG'[number % 5]}G{number:03d}"]
    reference = "http://reseau.eaufrance.fr/geotraitements/bdlisa/files/entite"
    return {
        "codes_bdlisa": None if station.index % 17 == 14 else entities,
        "urns_bdlisa": None if station.index % 17 == 14 else [f"{reference}/{code}.pdf" for code in entities],
        "codes_masse_eau_edl": bodies or None,
        "noms_masse_eau_edl": [f"Nappe simulée {code}" for code in bodies] or None,
        "urns_masse_eau_edl": [f"http://www.sandre.eaufrance.fr/geo/MasseDEauSouterraine/{c}" for c in bodies] or None,
    }


def station_record(scenario: Scenario, station: Station) -> dict[str, object]:
    """A station as Hub'Eau gives it, all its fields in the published order."""
    series = summary(scenario, station)
    depth = None if station.index % 9 == 8 else round(station.mean_depth * 2 + 5, 1)
    values = {
        "code_bss": station.code_bss,
        "urn_bss": urn_bss(station),
        "date_debut_mesure": None if series.first is None else str(day_of(series.first)),
        "date_fin_mesure": None if series.last is None else str(day_of(series.last)),
        "code_commune_insee": station.commune,
        "nom_commune": station.commune_name,
        "bss_id": station.bss_id,
        "altitude_station": "-999" if station.index == UNKNOWN_ALTITUDE else str(station.ground),
        "nb_mesures_piezo": series.count,
        "code_departement": station.department.code,
        "nom_departement": station.department.name,
        "libelle_pe": station.label,
        "profondeur_investigation": depth,
        "date_maj": _updated(scenario),
        **_position(station),
        **_aquifers(station),
    }
    return {field: values[field] for field in STATION_FIELDS}
