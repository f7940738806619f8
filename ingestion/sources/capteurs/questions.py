"""Hub'Eau in real time: the questions about sensors, hydrometric stations and piezometers."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import pyarrow as pa

from ingestion.providers import hubeau
from ingestion.providers.hubeau import HubEau
from ingestion.sources.capteurs.plan import SITE_LENGTH


def hydro_stations(provider: HubEau, codes: Iterable[str], selections: Iterable[dict[str, str]] = ()) -> pa.Table:
    """Return the hydrometric stations of a list of codes, of stations or of sites, and those in service that each
    selection (parameters) describes; once each, in the order of their codes.
    """
    codes = list(codes)
    answers = []
    for name, length in (("code_station", SITE_LENGTH + 2), ("code_site", SITE_LENGTH)):
        for part in hubeau.chunks(code for code in codes if len(code) == length):
            answers.append(provider.ask("referentiel/stations", **{name: ",".join(part)}))
    answers += [provider.ask("referentiel/stations", en_service="true", **selection) for selection in selections]
    return hubeau.distinct(answers, "referentiel/stations", "code_station")


def observations(provider: HubEau, codes: list[str], grandeur: str, since: datetime) -> pa.Table:
    """Return the observations of stations or sites from an instant on: H (height, mm) or Q (flow, l/s)."""
    answers = provider.follow(
        "observations_tr",
        code_entite=",".join(codes),
        grandeur_hydro=grandeur,
        date_debut_obs=f"{since:%Y-%m-%dT%H:%M:%SZ}",
    )
    return pa.concat_tables([answer.rows for answer in answers], promote_options="permissive")


def levels(provider: HubEau, codes: list[str], since: date, until: date) -> pa.Table:
    """Return the hourly levels of piezometers from a day to another, both included."""
    answers: Iterator[pa.Table] = hubeau.chroniques(provider, codes, since, until, "chroniques_tr")
    return pa.concat_tables(list(answers), promote_options="permissive")


def answering(provider: HubEau, codes: Iterable[str]) -> list[str]:
    """Return those of a list of piezometers that gave a value in the last two days: few are in real time."""
    today = provider.clock.date()
    found: set[str] = set()
    for part in hubeau.chunks(codes):
        found.update(levels(provider, part, today - timedelta(2), today)["code_bss"].drop_null().to_pylist())
    return sorted(found)
