"""Groundwater month by month, and the standardised index."""

from typing import Any

from sqlalchemy import ARRAY, Date, Text, bindparam, func, select

from api.models import table_of
from api.models.marts import InfoNappe
from api.models.series import IndicateurPiezometrique, NappeMensuelle
from api.pages import Listing
from api.piezo import unknown
from api.reader import Reader
from api.schemas.piezo_months import MonthsOfStation
from api.statement import Statement

_info, _month, _index = (table_of(each).c for each in (InfoNappe, NappeMensuelle, IndicateurPiezometrique))
_code = bindparam("code_bss", type_=Text)
_first, _last = bindparam("start_date", type_=Date), bindparam("end_date", type_=Date)
_STATION = Statement(select(_info.code_bss).where(_info.code_bss == _code))
MONTHS = Listing(
    select(*_month),
    [_month.mois],
    {"code_bss": _month.code_bss == _code, "start_date": _month.mois >= _first, "end_date": _month.mois <= _last},
    newest_first=True,
)
INDEX = Listing(
    select(*_index, _info.libelle_pe, _info.code_departement, _info.x, _info.y).join_from(
        table_of(IndicateurPiezometrique), table_of(InfoNappe), _info.code_bss == _index.code_bss
    ),
    [_index.code_bss, _index.mois],
    {
        "code_bss": _index.code_bss == func.any(bindparam("code_bss", type_=ARRAY(Text))),
        "code_departement": _info.code_departement == bindparam("code_departement", type_=Text),
        "start_date": _index.mois >= _first,
        "end_date": _index.mois <= _last,
    },
)


async def months(read: Reader, query: MonthsOfStation) -> dict[str, Any]:
    """A page of the months of a station, newest first; HTTPException 404 for no station."""
    if await read.remembered(_STATION, code_bss=query.code_bss) is None:
        raise unknown(query.code_bss)
    return await MONTHS.page(read, query, query.conditions())
