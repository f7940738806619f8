"""An incremental build gives what a full refresh gives, and touches nothing else."""

from typing import Any

MARTS = (
    "localisation", "meteo", "commune", "info_nappe", "nature_mesure", "continuite", "producteur", "nappe", "rejet",
    "meteo_mensuelle", "nappe_mensuelle", "indicateur_piezometrique", "piezo_meteo", "nappe_signalement",
)  # fmt: skip
# The rule said another way than the model says it: no newer file has the same cell and day.
METEO = """
    with courant as (select distinct on (nom_du_fichier) * from raw_meteo.lecture order by nom_du_fichier, paquet desc)
    select lambx, lamby, date, t, nom_du_fichier from raw_meteo.sim2 as q join courant as c using (nom_du_fichier)
    where not exists (
        select from raw_meteo.sim2 as r join courant as d using (nom_du_fichier)
        where (r.lambx, r.lamby, r.date) = (q.lambx, q.lamby, q.date) and d.modifie_le > c.modifie_le
    ) order by 1, 2, 3
"""
NAPPE = """
    select code_bss, date_mesure, max(niveau_nappe_eau), count(*)::int from raw_piezometrie.chroniques
    join raw_piezometrie.stations using (code_bss) group by 1, 2 order by 1, 2
"""


def _run(source: Any, dbt: Any, *args: str) -> None:
    result = dbt(source.env, "run", *args)
    assert result.success, (result.exception, [r.message for r in result.result.results if r.status == "error"])


def _checksums(source: Any) -> dict[str, str]:
    return {
        m: source.sql(f"select md5(string_agg(t::text, '|' order by t::text)) from marts.{m} as t")[0][0] for m in MARTS
    }


def _assert_marts_follow_raw(source: Any) -> None:
    assert source.sql("select lambx, lamby, date, t, nom_du_fichier from marts.meteo order by 1, 2, 3") == source.sql(
        METEO
    )
    nappe = source.sql("select code_bss, date_mesure, niveau_nappe_eau, mesures_du_jour from marts.nappe order by 1, 2")
    assert nappe == source.sql(NAPPE)


def test_incremental_builds_equal_a_full_refresh(source: Any, dbt: Any) -> None:
    _run(source, dbt)
    _assert_marts_follow_raw(source)

    # a new file; a file replaced that lost a cell and its last days; a station revised from the 3rd on
    source.file("2025", [(0, "2025-01-01", 5.0), (2, "2025-01-01", 6.0)], modified="2025-01-02", cells=3)
    source.file("annee", [(0, f"2024-01-{day:02}", 100.0 + day) for day in range(2, 8)], modified="2024-03-01")
    source.measures("A/1", "2024-01-03", [("2024-01-03", 33.0, "Donnée interprétée", "30")])
    _run(source, dbt)
    _assert_marts_follow_raw(source)

    # `latest` moves on and overlaps two files; two measures of one day; measures of a station that nobody lists
    source.file("latest", [(0, "2024-01-07", 70.0), (2, "2025-01-01", 71.0)], modified="2025-02-01", cells=3)
    source.file("annee", [(1, "2024-01-07", 107.0), (0, "2024-01-08", 108.0)], modified="2025-01-15")
    source.measures(
        "B/2", "2024-02-01", [("2024-02-01", 1.0, "Donnée brute", "20"), ("2024-02-01", 2.0, "Donnée brute", "20")]
    )
    source.measures(
        "C/3", "2024-01-01", [("2024-01-01", 8.0, "Donnée brute", "40"), ("2024-01-02", 9.0, "Donnée brute", "40")]
    )
    _run(source, dbt)
    _assert_marts_follow_raw(source)
    refused = source.sql("select reference, motif from marts.rejet order by 1")
    unknown = "station not in the list of the provider"
    assert refused == [("C/3, 2024-01-01", unknown), ("C/3, 2024-01-02", unknown)]

    # the station is listed, its measures are not read again; a file that became empty; a line refused
    source.station("C/3")
    source.file("2025", [], modified="2025-03-01")
    source.sql(
        "insert into raw_meteo.rejet values (%s, '2025', 2, 'T', 'not a number', '600;x')", f"{source.packages:04}"
    )
    source.package("piezometrie")
    _run(source, dbt)
    _assert_marts_follow_raw(source)
    assert source.sql("select reference, constate_le is not null from marts.rejet") == [
        ("2025, ligne 2, colonne T", True)
    ]
    incremental = _checksums(source)

    _run(source, dbt, "--full-refresh")

    assert _checksums(source) == incremental


def test_a_producer_recoded_and_renamed_is_the_same_in_a_full_refresh(source: Any, dbt: Any) -> None:
    source.measures("B/2", "2024-01-01", [("2024-01-01", 7.0, "Donnée brute", "1")], names={"1": "Ancien"})
    for code, name in (("9", "Neuf"), ("1", "Nouveau nom"), ("2", "Autre")):
        source.measures("A/1", "2024-01-01", [("2024-01-01", 1.0, "Donnée brute", code)], names={code: name})
        _run(source, dbt)
    incremental = _checksums(source)
    # 10 and 20 are those of the fixture: no measure carries them nor 9 any more
    assert source.sql("select code_producteur, nom_producteur from marts.producteur order by 1") == [
        ("1", "Nouveau nom"),
        ("10", "producteur 10"),
        ("2", "Autre"),
        ("20", "producteur 20"),
        ("9", "Neuf"),
    ]

    _run(source, dbt, "--full-refresh")

    assert _checksums(source) == incremental


def test_a_build_without_news_touches_no_row(source: Any, dbt: Any) -> None:
    _run(source, dbt)
    built = _row_versions(source)
    assert all(built[m] for m in ("localisation", "meteo", "info_nappe", "producteur", "nappe"))

    _run(source, dbt)
    assert _row_versions(source) == built

    # nor does a package that is not completely loaded
    source.file("annee", [(0, "2024-01-01", 9.0)], modified="2024-05-01", complete=False)
    _run(source, dbt)
    assert _row_versions(source) == built

    source.sql("insert into control.paquet_charge (domaine, paquet) values ('meteo', %s)", f"{source.packages:04}")
    _run(source, dbt)
    _assert_marts_follow_raw(source)


def _row_versions(source: Any) -> dict[str, list[tuple[str, str]]]:
    return {m: source.sql(f"select xmin::text, ctid::text from marts.{m} order by 1, 2") for m in MARTS}
