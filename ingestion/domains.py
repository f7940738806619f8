"""The domains: where each stands in the lake and in the warehouse, and what a package replaces in its raw tables."""

from dataclasses import dataclass, field
from typing import Any

# A scope is the condition of the rows deleted before the insert, in the same transaction; `indexes` serve it.
_DELETE_INSERT = {"disposition": "merge", "strategy": "delete-insert"}
_SAME_PACKAGE = "paquet = (SELECT paquet FROM {staging_table} LIMIT 1)"
_SAME_FILE = "nom_du_fichier = (SELECT nom_du_fichier FROM {staging_table} LIMIT 1)"
_SAME_WINDOW = (
    "EXISTS (SELECT 1 FROM (SELECT DISTINCT code_bss, lu_depuis FROM {staging_table}) AS lu "
    "WHERE lu.code_bss = {table}.code_bss AND {table}.date_mesure >= lu.lu_depuis)"
)


def replaces(scope: str) -> dict[str, Any]:
    """Return dlt's hints of a raw table in which a package replaces the rows of a scope."""
    return {"write_disposition": _DELETE_INSERT | {"destination_scope": scope}}


def keyed(*columns: str) -> dict[str, Any]:
    """Return dlt's hints of a raw table in which a package replaces the rows that have the same key."""
    return {"write_disposition": _DELETE_INSERT, "primary_key": columns}


OF_THE_PACKAGE = replaces(_SAME_PACKAGE)


@dataclass(frozen=True)
class Domain:
    """A domain's folder in the lake (container/folder), its raw schema, dlt's hints of its raw tables, and the columns
    of the index of those that grow.
    """

    folder: str
    schema: str
    tables: dict[str, dict[str, Any]]
    indexes: dict[str, str] = field(default_factory=dict)


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
    ),
    "piezometrie": Domain(
        "donnees-piezometre/quotidien",
        "raw_piezometrie",
        {
            "stations": keyed("code_bss"),
            "chroniques": replaces(_SAME_WINDOW),
            "codes": OF_THE_PACKAGE,
            "rejet": OF_THE_PACKAGE,
            "lecture": OF_THE_PACKAGE,
        },
        {"chroniques": "code_bss, date_mesure"},
    ),
}
