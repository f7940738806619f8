"""The standardised piezometric index against SciPy, and its classes against the normal distribution."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from scipy.stats import gaussian_kde, norm

from tests.dbt.conftest import Dbt
from tests.helpers.warehouse import TestWarehouse, new_warehouse

REFERENCE = range(1991, 2021)
THRESHOLDS = (-np.inf, -1.28, -0.84, -0.25, 0.25, 0.84, 1.28, np.inf)
CLASSES = ("très bas", "bas", "modérément bas", "autour de la normale", "modérément haut", "haut", "très haut")
# The kernel widens the distribution of the reference, so fewer months than in theory are extreme: with 30 years, by
# simulation, 7.3 % of the reference's months and 8.6 % of later ones lie below -1.28, where the normal has 10.0 %.
WIDENING = 0.03
LONG, FIRST, LAST = 40, 1991, 2023


@dataclass
class Levels:
    """Levels of a made-up station: (day, level)."""

    code: str
    rows: list[tuple[dt.date, float]]


def _stationary(number: int, first: int = FIRST, last: int = LAST) -> Levels:
    """Three measures a month around a level that is drawn anew each month, with a season."""
    chance = np.random.default_rng(number)
    rows = []
    for year in range(first, last + 1):
        for month in range(1, 13):
            level = 50 + 10 * number + 3 * np.cos(month / 2) + (0.2 + number / 10) * chance.normal()
            rows += [(dt.date(year, month, day), round(level + chance.normal() / 50, 3)) for day in (3, 15, 28)]
    return Levels(f"S{number:03}", rows)


STATIONS = [
    *(_stationary(number) for number in range(LONG)),
    _stationary(900, first=2007),  # 14 reference years
    _stationary(901, first=2006),  # 15
    Levels("FLAT", [(dt.date(year, 1, 15), 7.5) for year in range(FIRST, LAST + 1)]),
]


@pytest.fixture(scope="module")
def index(home: Path, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """The mart, built once: code_bss, month, level, index, class, years, reason."""
    warehouse = new_warehouse(tmp_path_factory.mktemp("indicateur"))
    with warehouse.owner.connect() as connection:
        _load(connection)
    dbt(warehouse, "run", "-s", "+indicateur_piezometrique")
    return warehouse.rows(
        "select code_bss, mois, niveau_moyen, ips, classe, annees, motif from marts.indicateur_piezometrique"
    )


def _load(connection: psycopg.Connection) -> None:
    package = "0001"
    connection.execute("insert into control.paquet_charge (domaine, paquet) values ('piezometrie', %s)", (package,))
    with connection.cursor() as cursor:
        with cursor.copy(
            "copy raw_piezometrie.chroniques (code_bss, date_mesure, niveau_nappe_eau) from stdin"
        ) as copy:
            for station in STATIONS:
                for day, level in station.rows:
                    copy.write_row((station.code, day, level))
        for station in STATIONS:
            cursor.execute("insert into raw_piezometrie.stations (code_bss) values (%s)", (station.code,))
            cursor.execute(
                "insert into raw_piezometrie.lecture (paquet, code_bss) values (%s, %s)", (package, station.code)
            )


def test_the_index_is_scipys(index: list[tuple[Any, ...]]) -> None:
    means: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    for station in STATIONS:
        months: dict[tuple[int, int], list[float]] = defaultdict(list)
        for day, level in station.rows:
            months[day.year, day.month].append(level)
        for (year, month), levels in months.items():
            means[station.code, month][year] = float(np.mean(levels))
    found = {(code, mois): ips for code, mois, _, ips, *_ in index}
    differences = []
    for (code, month), years in means.items():
        reference = [level for year, level in years.items() if year in REFERENCE]
        if len(reference) < 15 or len(set(reference)) == 1:
            continue
        density = gaussian_kde(reference)
        for year, level in years.items():
            score = norm.ppf(density.integrate_box_1d(-np.inf, level))
            differences.append(abs(float(np.clip(score, -3, 3)) - found[code, dt.date(year, month, 1)]))
    assert len(differences) == 12 * (LONG * (LAST - FIRST + 1) + LAST - 2006 + 1)
    assert max(differences) < 0.02
    assert np.mean(differences) < 0.0001


def test_the_classes_of_stationary_series_have_the_shares_of_the_normal_distribution(
    index: list[tuple[Any, ...]],
) -> None:
    long = [(mois, classe) for code, mois, _, _, classe, *_ in index if code.startswith("S0")]
    for some in (long, [(mois, classe) for mois, classe in long if mois.year not in REFERENCE]):
        counts = Counter(classe for _, classe in some)
        for name, (low, high) in zip(CLASSES, pairwise(THRESHOLDS), strict=True):
            expected = norm.cdf(high) - norm.cdf(low)
            bound = WIDENING + 4 * np.sqrt(expected * (1 - expected) / len(some))
            assert abs(counts[name] / len(some) - expected) < bound, (name, counts[name], len(some))


def test_classes_are_cut_where_the_method_says(index: list[tuple[Any, ...]]) -> None:
    for _, _, _, ips, classe, *_ in index:
        if ips is None:
            assert classe is None
        else:  # a threshold itself belongs to the class nearer to the normal
            assert classe == CLASSES[sum(ips > cut or ips == cut < 0 for cut in THRESHOLDS[1:-1])], ips


def test_a_month_without_an_index_says_why(index: list[tuple[Any, ...]]) -> None:
    reasons = {(code, annees, ips is None, motif) for code, _, _, ips, _, annees, motif in index if code[:2] != "S0"}
    assert reasons == {
        ("S900", 14, True, "fewer than 15 reference years"),
        ("S901", 15, False, None),
        ("FLAT", 30, True, "the reference levels are all the same"),
    }


def test_the_normal_distribution_in_sql_is_scipys(empty_warehouse: TestWarehouse, dbt: Dbt) -> None:
    query = """select x, {{ normal_probability('x') }} as p, {{ normal_score(normal_probability('x')) }} as z
        from (select cast(n as double precision) / 100 as x from generate_series(-500, 500) as g (n)) as scores"""
    result = dbt(empty_warehouse, "show", "--inline", query, "--limit", "-1")
    x, p, z = np.array([[float(value) for value in row] for row in result.result.results[0].agate_table.rows]).T
    assert len(x) == 1001
    assert np.abs(p - norm.cdf(x)).max() < 1e-7
    assert np.abs(z - norm.ppf(p))[np.abs(x) <= 3].max() < 1e-7
