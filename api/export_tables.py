"""Which tables may be taken as a whole, what of them may be asked for, and the SELECT of it."""

import datetime as dt
from typing import NamedTuple

from psycopg import sql
from sqlmodel import SQLModel

from api.models import capteurs as c
from api.models import marts as m
from api.models import qualite_eau as q
from api.models import series as s
from api.models import table_of
from api.models.communes import Commune
from api.pages import invalid
from api.schemas.export import ExportQuery

_STATION = "code_bss in (select code_bss from marts.info_nappe where code_departement = {})"
_SENSOR = "code_capteur in (select code_capteur from marts.capteur where code_departement = {})"
_COMMUNE = "code_insee in (select code_insee from marts.commune where code_departement = {})"
_AGENCY = "cddept = lpad({}, 3, '0')"  # 001, 02A, 974
_OWN = "code_departement = {}"


class Exported(NamedTuple):
    """A table: the columns of its day (or instant) and of its code, and the condition of a département, if any."""

    model: type[SQLModel]
    day: str | None = None
    code: str | None = None
    departement: str | None = None


TABLES: dict[str, Exported] = {
    table_of(each.model).name: each
    for each in (
        Exported(m.Localisation),
        Exported(m.Meteo, day="date"),
        Exported(s.MeteoMensuelle, day="mois"),
        Exported(m.InfoNappe, code="code_bss", departement=_OWN),
        Exported(m.NatureMesure),
        Exported(m.Continuite),
        Exported(m.Producteur),
        Exported(m.Nappe, day="date_mesure", code="code_bss", departement=_STATION),
        Exported(s.NappeMensuelle, day="mois", code="code_bss", departement=_STATION),
        Exported(s.IndicateurPiezometrique, day="mois", code="code_bss", departement=_STATION),
        Exported(s.PiezoMeteo, day="date_mesure", code="code_bss", departement=_STATION),
        Exported(s.NappeSignalement, day="date_debut", code="code_bss", departement=_STATION),
        Exported(c.Capteur, code="code_capteur", departement=_OWN),
        Exported(c.MesureCapteur, day="instant", code="code_capteur", departement=_SENSOR),
        Exported(c.MesureCapteurJour, day="jour", code="code_capteur", departement=_SENSOR),
        Exported(c.LacuneCapteur, day="debut", code="code_capteur", departement=_SENSOR),
        Exported(q.ReseauDistribution, code="cdreseau", departement=_OWN),
        Exported(q.CommuneReseau, code="code_insee", departement=_COMMUNE),
        Exported(q.Parametre, code="cdparametresiseeaux"),
        Exported(q.Prelevement, day="dateprel", code="cdreseau", departement=_AGENCY),
        Exported(q.ResultatAnalyse, code="referenceprel", departement=_AGENCY),
        Exported(q.ConformiteCommune, code="code_insee", departement=_COMMUNE),
        Exported(Commune, code="code_insee", departement=_OWN),
    )
}


def select(name: str, asked: ExportQuery) -> str:
    """The rows of a table that are asked for, as SQL with its values in it: COPY takes no parameters.

    RequestValidationError when the table has not what is asked by.
    """
    found = TABLES[name]
    where = []
    if asked.start_date is not None:
        where.append(sql.SQL("{} >= {}").format(_column(name, found.day, "start_date"), asked.start_date))
    if asked.end_date is not None:
        day = _column(name, found.day, "end_date")
        if asked.end_date < dt.date.max:  # an instant of the last day is before the next one
            where.append(sql.SQL("{} < {}").format(day, asked.end_date + dt.timedelta(days=1)))
    if asked.code is not None:
        codes = sql.SQL(", ").join(map(sql.Literal, asked.code))
        where.append(sql.SQL("{} in ({})").format(_column(name, found.code, "code"), codes))
    if asked.code_departement is not None:
        if found.departement is None:
            raise _lacks(name, "code_departement")
        where.append(sql.SQL(found.departement).format(asked.code_departement))
    rows = sql.SQL("select * from {}").format(sql.Identifier("marts", name))
    return sql.SQL(" where ").join([rows, *([sql.SQL(" and ").join(where)] if where else [])]).as_string()


def _column(name: str, column: str | None, field: str) -> sql.Identifier:
    if column is None:
        raise _lacks(name, field)
    return sql.Identifier(column)


def _lacks(name: str, field: str) -> Exception:
    return invalid(field, f"{name} cannot be asked for by this")
