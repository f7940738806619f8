"""Sensors: the statements and what becomes of their rows."""

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException
from sqlalchemy import ARRAY, Boolean, Date, DateTime, Text, bindparam, column, func, select, true, values

from api import places
from api.models import table_of
from api.models.capteurs import Capteur, LacuneCapteur, MesureCapteur, MesureCapteurJour, MesureRow
from api.pages import Listing
from api.reader import Reader
from api.schemas.capteurs import QUANTITIES, SeriesQuery
from api.statement import Statement

_sensor, _value, _day, _gap = (table_of(each).c for each in (Capteur, MesureCapteur, MesureCapteurJour, LacuneCapteur))
_quantity = bindparam("grandeur", type_=Text)
_code = bindparam("code_capteur", type_=Text)
_ONE = Statement(select(_sensor.code_capteur).where(_sensor.code_capteur == _code))
_codes = bindparam("code_capteur", type_=ARRAY(Text))
_OF_SENSORS = {
    "type": _sensor.type == bindparam("type", type_=Text),
    "code_departement": _sensor.code_departement == bindparam("code_departement", type_=Text),
    "en_service": _sensor.en_service == bindparam("en_service", type_=Boolean),
    **places.within(_sensor.longitude, _sensor.latitude),
}
SENSORS = Listing(select(table_of(Capteur)), [_sensor.code_capteur], _OF_SENSORS)

# By index, whatever the number of values: a sensor has each quantity or not.
_quantities = values(column("quantity", Text), name="quantities").data([(each,) for each in QUANTITIES])
_last_value = (
    select(*(_value[name] for name in MesureRow.model_fields))
    .where(_value.code_capteur == _sensor.code_capteur, _value.grandeur == _quantities.c.quantity)
    .order_by(_value.instant.desc())
    .limit(1)
    .lateral("last_value")
)
LATEST = Listing(
    select(*_last_value.c, _sensor.libelle, _sensor.type, _sensor.longitude, _sensor.latitude)
    .select_from(table_of(Capteur))
    .join(_quantities, true())
    .join(_last_value, true()),
    [_last_value.c.code_capteur, _last_value.c.grandeur],
    {
        "code_capteur": _sensor.code_capteur == func.any(_codes),
        "grandeur": _quantities.c.quantity == _quantity,
        "type": _OF_SENSORS["type"],
        "code_departement": _OF_SENSORS["code_departement"],
    },
)

# By quantity, each the newest first: one key, read backwards.
VALUES = Listing(
    select(*(_value[name] for name in MesureRow.model_fields)),
    [_value.grandeur, _value.instant],
    {
        "code_capteur": _value.code_capteur == _code,
        "grandeur": _value.grandeur == _quantity,
        "start": _value.instant >= bindparam("start", type_=DateTime(timezone=True)),
        "end": _value.instant < bindparam("end", type_=DateTime(timezone=True)),
    },
    newest_first=True,
)
DAYS = Listing(
    select(*_day),
    [_day.grandeur, _day.jour],
    {
        "code_capteur": _day.code_capteur == _code,
        "grandeur": _day.grandeur == _quantity,
        "start_date": _day.jour >= bindparam("start_date", type_=Date),
        "end_date": _day.jour <= bindparam("end_date", type_=Date),
    },
    newest_first=True,
)
GAPS = Listing(
    select(*_gap),
    [_gap.code_capteur, _gap.grandeur, _gap.debut],
    {
        "code_capteur": _gap.code_capteur == func.any(_codes),
        "grandeur": _gap.grandeur == _quantity,
        # Those that touch the period.
        "start": _gap.fin >= bindparam("start", type_=DateTime(timezone=True)),
        "end": _gap.debut < bindparam("end", type_=DateTime(timezone=True)),
    },
)


def sensor_feature(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `SensorFeature`."""
    return places.feature(dict(row), "code_capteur", "longitude", "latitude")


async def series(read: Reader, listing: Listing, query: SeriesQuery) -> dict[str, Any]:
    """A page of the values or of the days of a sensor; HTTPException 404 for no sensor."""
    if await read.remembered(_ONE, code_capteur=query.code_capteur) is None:
        raise HTTPException(
            404, f"There is no sensor {query.code_capteur}: GET /data/capteurs/list gives those there are."
        )
    return await listing.page(read, query, query.conditions())
