"""Communes: the statements and what becomes of their rows."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException
from sqlalchemy import Boolean, ColumnElement, Text, bindparam, func, select

from api.models import table_of
from api.models.communes import Commune, CommuneRow
from api.pages import Listing
from api.reader import Reader
from api.schemas.communes import CommunesQuery
from api.statement import Statement

_commune = table_of(Commune).c
_ONE = Statement(select(table_of(Commune)).where(_commune.code_insee == bindparam("code_insee", type_=Text)))
# PostgreSQL compares accents; people who type a name leave them out.
_ACCENTED = "".join(each for each in map(chr, range(0xC0, 0x180)) if len(unicodedata.normalize("NFD", each)) > 1)
_BARE = "".join(unicodedata.normalize("NFD", each)[0] for each in _ACCENTED)


def _plain(name: ColumnElement[Any]) -> ColumnElement[Any]:
    """What `plain` makes of the name, in SQL."""
    bare = func.replace(func.replace(func.translate(name, _ACCENTED, _BARE), "Œ", "OE"), "œ", "oe")
    return func.translate(func.lower(bare), "-'’", "   ")


def plain(name: str) -> str:
    """A name as it is compared: no accents, no capitals, no hyphens.

    >>> plain("Saint-Étienne-de-l'Œuvre")
    'saint etienne de l oeuvre'
    """
    bare = name.replace("Œ", "OE").replace("œ", "oe")
    letters = (each for each in unicodedata.normalize("NFD", bare) if not unicodedata.combining(each))
    return "".join(letters).lower().translate(dict.fromkeys(map(ord, "-'’"), " "))


COMMUNES = Listing(
    select(table_of(Commune)),
    [_commune.code_insee],
    {
        "nom": func.starts_with(_plain(_commune.nom), bindparam("nom", type_=Text)),
        "code_departement": _commune.code_departement == bindparam("code_departement", type_=Text),
        "actuelle": _commune.actuelle == bindparam("actuelle", type_=Boolean),
    },
)


def commune(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `CommuneFound`."""
    postcodes = row["codes_postaux"]
    return {
        **{name: row[name] for name in CommuneRow.model_fields},
        "codes_postaux": None if postcodes is None else postcodes.split(", "),
    }


async def page(read: Reader, query: CommunesQuery) -> dict[str, Any]:
    """A `Page` of the communes asked for."""
    asked = query.conditions()
    if query.nom is not None:
        asked["nom"] = plain(query.nom)
    return await COMMUNES.page(read, query, asked, commune)


async def one(read: Reader, code_insee: str) -> dict[str, Any]:
    """A commune; HTTPException 404 when there is none."""
    row = await read.remembered(_ONE, code_insee=code_insee)
    if row is None:
        raise HTTPException(404, f"There is no commune {code_insee}: GET /data/communes/list?nom=… finds one by name.")
    return commune(row)
