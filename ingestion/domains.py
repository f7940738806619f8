"""The domains: where each stands in the lake and in the warehouse, and what a package replaces in its raw tables."""

from dataclasses import dataclass, field
from typing import Any

# A scope is the condition of the rows deleted before the insert, in the same transaction; `indexes` serve it.
_DELETE_INSERT = {"disposition": "merge", "strategy": "delete-insert"}
_SAME_PACKAGE = "paquet IN (SELECT paquet FROM {staging_table})"
_SAME_FILE = "nom_du_fichier = (SELECT nom_du_fichier FROM {staging_table} LIMIT 1)"


@dataclass(frozen=True)
class Window:
    """What a reading replaces: the rows of the same series (`keys`) from the start of the reading (lu_depuis) on."""

    keys: tuple[str, ...]
    instant: str

    @property
    def scope(self) -> str:
        """The condition of the rows replaced."""
        keys = ", ".join(self.keys)
        same = " AND ".join(f"lu.{key} = {{table}}.{key}" for key in self.keys)
        return (
            f"EXISTS (SELECT 1 FROM (SELECT {keys}, min(lu_depuis) AS depuis FROM {{staging_table}} GROUP BY {keys}) "
            f"AS lu WHERE {same} AND {{table}}.{self.instant} >= lu.depuis)"
        )


def replaces(scope: str) -> dict[str, Any]:
    """Return dlt's hints of a raw table in which a package replaces the rows of a scope."""
    return {"write_disposition": _DELETE_INSERT | {"destination_scope": scope}}


def keyed(*columns: str, newest: str = "") -> dict[str, Any]:
    """Return dlt's hints of a raw table in which a package replaces the rows that have the same key; of several in one
    load, the one with the highest `newest` stands.
    """
    sort = {"columns": {newest: {"dedup_sort": "desc"}}} if newest else {}
    return {"write_disposition": _DELETE_INSERT, "primary_key": columns, **sort}


OF_THE_PACKAGE = replaces(_SAME_PACKAGE)


@dataclass(frozen=True)
class Domain:
    """A domain's folder in the lake (container/folder), its raw schema, dlt's hints of its raw tables, and the columns
    of the index of those that grow.

    Packages are loaded one by one, or, where they are many and small, as many at once as have `rows_at_once` rows:
    `windows` then says what of a table a later package replaces. `producers` are those that the licence has named where
    the data are published again.
    """

    folder: str
    schema: str
    tables: dict[str, dict[str, Any]]
    indexes: dict[str, str] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    rows_at_once: int = 0
    producers: str = ""


_SENSORS = {
    "observations_tr": Window(("code_capteur", "grandeur_hydro"), "date_obs"),
    "chroniques_tr": Window(("code_capteur",), "date_mesure"),
}
DOMAINS = {
    "meteo": Domain(
        "donnees-meteo/quotidien",
        "raw_meteo",
        {
            "sim2": replaces(_SAME_FILE),
            "maille": keyed("lambx", "lamby"),
            "rejet": OF_THE_PACKAGE,
            "lecture": OF_THE_PACKAGE,
        },
        {"sim2": "nom_du_fichier"},
        producers="Météo-France, SIM2, through data.gouv.fr",
    ),
    "piezometrie": Domain(
        "donnees-piezometre/quotidien",
        "raw_piezometrie",
        {
            "stations": keyed("code_bss"),
            "chroniques": replaces(Window(("code_bss",), "date_mesure").scope),
            "codes": OF_THE_PACKAGE,
            "rejet": OF_THE_PACKAGE,
            "lecture": OF_THE_PACKAGE,
        },
        {"chroniques": "code_bss, date_mesure"},
        producers="ADES, BRGM and the producers named in the table producteur, through Hub'Eau",
    ),
    "capteurs": Domain(
        "donnees-capteurs/temps_reel",
        "raw_capteurs",
        {
            "stations_hydrometriques": keyed("code_capteur", newest="lu_le"),
            "stations_piezometriques": keyed("code_bss", newest="lu_le"),
            **{table: replaces(window.scope) for table, window in _SENSORS.items()},
            "interruption": OF_THE_PACKAGE,
            "rejet": OF_THE_PACKAGE,
            "lecture": OF_THE_PACKAGE,
        },
        {**{table: f"{', '.join(w.keys)}, {w.instant}" for table, w in _SENSORS.items()}, "lecture": "paquet"},
        windows=_SENSORS,
        rows_at_once=500_000,
        producers="SCHAPI and the flood services (PHyC), BRGM and the producers (ADES), through Hub'Eau",
    ),
    "qualite_eau": Domain(
        "donnees-qualite-eau/bronze",
        "raw_qualite_eau",
        {
            **dict.fromkeys(("com_udi", "plv", "result"), replaces(_SAME_FILE)),
            "rejet": OF_THE_PACKAGE,
            "lecture": OF_THE_PACKAGE,
        },
        dict.fromkeys(("com_udi", "plv", "result"), "nom_du_fichier"),
        producers="the regional health agencies (ARS) and the Ministère chargé de la Santé, through data.gouv.fr",
    ),
    "communes": Domain(
        "donnees-ville/communes",
        "raw_communes",
        # a commune that left the list stays, with the package that had it last
        {"communes": keyed("code_insee"), "rejet": OF_THE_PACKAGE, "lecture": OF_THE_PACKAGE},
        producers="INSEE, IGN and others, communes-france-2025, through data.gouv.fr",
    ),
}
