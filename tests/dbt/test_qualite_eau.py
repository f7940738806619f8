"""The marts of drinking water, built again and again from raw tables as ingestion writes them, a year at a time."""

from typing import Any

import pytest

from flows.chain.revisions import count_revised

MARTS = (
    "reseau_distribution", "commune_reseau", "parametre", "prelevement", "resultat_analyse", "conformite_commune",
    "rejet",
)  # fmt: skip
HISTORIES = {
    "prelevement_historique": ["referenceprel", "cdreseau", "annee"],
    "resultat_analyse_historique": ["referenceprel", "cdparametresiseeaux", "referenceanl", "annee"],
}
BUILD = ("build", "--resource-type", "model", "--resource-type", "snapshot")
LIMIT = "<=0,1 µg/L"
# The rules said another way than the models say them.
PRELEVEMENT = """
    select referenceprel, cdreseau, annee::int, count(*)::int from raw_qualite_eau.plv
    where referenceprel <> '' and cdreseau <> '' and dateprel ~ '^2' group by 1, 2, 3 order by 1, 2, 3
"""
RESULTAT = """
    select referenceprel, cdparametresiseeaux, coalesce(referenceanl, ''), annee::int, count(*)::int,
        max(nullif(regexp_replace(rqana, '[^0-9,].*', ''), '')::text)
    from raw_qualite_eau.result where referenceprel <> '' and cdparametresiseeaux <> ''
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""
CONFORMITE = """
    with d as (select distinct inseecommune, annee, cdreseau from raw_qualite_eau.com_udi),
    p as (select d.inseecommune, d.annee, p.referenceprel, max(p.plvconformitebacterio) as b
        from d join raw_qualite_eau.plv as p using (annee, cdreseau) group by 1, 2, 3)
    select inseecommune, annee::int,
        (select count(*) from p where (p.inseecommune, p.annee) = (d.inseecommune, d.annee))::int,
        (select avg((b <> 'N')::int) from p where (p.inseecommune, p.annee) = (d.inseecommune, d.annee))::float,
        (select count(*) from raw_qualite_eau.result as r where r.annee = d.annee and r.rqana = '0,5' and exists (
            select from p where (p.inseecommune, p.annee, p.referenceprel) = (d.inseecommune, d.annee, r.referenceprel)
        ))::int
    from d group by 1, 2, d.annee order by 1, 2
"""


class Water:
    """Raw tables of drinking water, and dbt on the models of the domain."""

    def __init__(self, source: Any, dbt: Any) -> None:
        self.source, self.dbt, self.sql = source, dbt, source.sql
        self.built = False

    def year(
        self,
        year: int,
        communes: list[tuple[str, str]],
        samples: list[tuple[str, str, str]],
        results: list[tuple[str, str, str]],
        *,
        complete: bool = True,
    ) -> None:
        """Replace a year by (commune, network), (sample, network, verdict of bacteria), (sample, parameter, rqana)."""
        file = f"dis-{year}.zip"
        for table in ("com_udi", "plv", "result"):
            self.sql(f"delete from raw_qualite_eau.{table} where nom_du_fichier = %s", file)
        for commune, network in communes:
            self.sql(
                "insert into raw_qualite_eau.com_udi values (%s, %s, '-', %s, %s, '2010-09-07', %s, %s)",
                commune, f"COMMUNE {commune}", network, f"RESEAU {network} {year}", year, file,
            )  # fmt: skip
        for sample, network, verdict in samples:
            self.sql(
                "insert into raw_qualite_eau.plv (referenceprel, cdreseau, dateprel, heureprel, "
                "plvconformitebacterio, plvconformitechimique, annee, nom_du_fichier) "
                "values (%s, %s, %s, '08h30', %s, 'C', %s, %s)",
                sample, network, f"{year}-06-15", verdict, year, file,
            )  # fmt: skip
        for sample, parameter, rqana in results:
            self.sql(
                "insert into raw_qualite_eau.result (referenceprel, cdparametresiseeaux, libminparametre, rqana, "
                "limitequal, referenceanl, annee, nom_du_fichier) values (%s, %s, %s, %s, %s, %s, %s, %s)",
                sample, parameter, f"{parameter} en {year}", rqana, LIMIT if parameter == "ATRZ" else None,
                None if parameter == "PH" else sample, year, file,
            )  # fmt: skip
        package = self.source.package("qualite_eau", complete=complete)
        self.sql(
            "insert into raw_qualite_eau.lecture (paquet, nom_du_fichier, annee, lu_le) values (%s, %s, %s, now())",
            package, file, year,
        )  # fmt: skip

    def build(self, *arguments: str) -> None:
        select = ("tag:qualite_eau", "commune", "rejet") if self.built else ("+tag:qualite_eau", "+rejet")
        result = self.dbt(self.source.env, *BUILD, "--select", *select, *arguments)
        assert result.success, (result.exception, [r.message for r in result.result or () if r.status == "error"])
        self.built = True

    def check(self) -> None:
        samples = "select referenceprel, cdreseau, annee, lignes from marts.prelevement order by 1, 2, 3"
        assert self.sql(samples) == self.sql(PRELEVEMENT)
        results = (
            "select referenceprel, cdparametresiseeaux, referenceanl, annee, lignes, replace(valeur::text, '.', ',') "
            "from marts.resultat_analyse order by 1, 2, 3, 4"
        )
        assert self.sql(results) == self.sql(RESULTAT)
        communes = (
            "select code_insee, annee, prelevements, part_conforme_bacterio, resultats_depasses "
            "from marts.conformite_commune order by 1, 2"
        )
        assert self.sql(communes) == self.sql(CONFORMITE)

        # the history says what the marts say, and what they said
        for table, columns in (("prelevement", "referenceprel, annee"), ("resultat_analyse", "referenceprel, rqana")):
            now = f"select {columns} from marts.{table} order by 1, 2"
            assert self.sql(now) == self.sql(
                f"select {columns} from snapshots.{table}_historique where dbt_valid_to is null order by 1, 2"
            )

    def revised(self) -> list[tuple[str, int, int]]:
        """Rows changed and gone, by table, as the run's summary counts them."""
        return [(r.table, r.changed, r.gone) for r in count_revised(self.source.connection, HISTORIES)]

    def checksums(self) -> dict[str, str]:
        query = "select md5(string_agg(t::text, '|' order by t::text)) from marts.{} as t"
        return {mart: self.sql(query.format(mart))[0][0] for mart in MARTS}

    def versions(self, where: str = "true") -> dict[str, list[tuple[Any, ...]]]:
        query = "select xmin::text, ctid::text from marts.{} where {} order by 1, 2"
        return {mart: self.sql(query.format(mart, where)) for mart in MARTS[3:6]}


@pytest.fixture
def water(source: Any, dbt: Any) -> Water:
    water = Water(source, dbt)
    water.year(
        2023,
        [("01001", "001000001"), ("01002", "001000001"), ("01002", "001000002")],
        [("S1", "001000001", "C"), ("S1", "001000002", "C"), ("S2", "001000002", "N")],
        [("S1", "ATRZ", "<0,02"), ("S1", "PH", "7,5"), ("S2", "ATRZ", "0,5"), ("S2", "CU", "TRACES")],
    )
    water.year(
        2024,
        [("01001", "001000001"), ("99999", "001000003")],
        [("S3", "001000001", "N"), ("S4", "001000003", "C")],
        [("S3", "ATRZ", "0,05"), ("S3", "PH", "8"), ("S4", "PH", "6,9")],
    )
    return water


def issue_again(water: Water) -> None:
    """2023 once more: a sample, a result, a network and a parameter are gone, others changed and came."""
    water.year(
        2023,
        [("01001", "001000001"), ("01002", "001000001")],
        [("S1", "001000001", "N"), ("S5", "001000001", "C"), ("S5", "001000001", "N")],
        [
            ("S1", "ATRZ", "<0,02"),
            ("S1", "PH", "7,6"),
            ("S5", "ATRZ", "0,5"),
            ("S5", "ATRZ", "0,3"),
            ("S5", "NO3", "9"),
        ],
    )


def assert_replaced(water: Water) -> None:
    """What the marts and snapshots say after that."""
    assert water.sql("select 1 from marts.prelevement where referenceprel = 'S2'") == []
    assert water.sql("select 1 from marts.parametre where cdparametresiseeaux = 'CU'") == []
    assert water.sql("select 1 from marts.reseau_distribution where cdreseau = '001000002'") == []
    assert water.revised() == [("prelevement", 1, 2), ("resultat_analyse", 1, 2)]
    ended = "select referenceprel, cdreseau, plvconformitebacterio from snapshots.prelevement_historique "
    assert water.sql(f"{ended} where dbt_valid_to is not null order by 1, 2") == [
        ("S1", "001000001", "C"),
        ("S1", "001000002", "C"),
        ("S2", "001000002", "N"),
    ]
    assert water.sql("select lignes, identiques from marts.resultat_analyse where valeur = 0.5") == [(2, 1)]
    # the commune's trend of the year after follows
    trend = "select evolution_bacterio, tendance from marts.conformite_commune where annee = 2024 order by code_insee"
    assert water.sql(trend) == [(0.0, "stable"), (None, None)]


def test_a_year_replaced_equals_a_build_from_the_start_and_touches_no_other_year(water: Water) -> None:
    water.build()
    water.check()
    assert water.sql("select nom, actuelle from marts.commune where code_insee = '99999'") == [("COMMUNE 99999", False)]
    assert water.revised() == []
    before = water.versions()
    water.build()
    assert water.versions() == before

    old = water.versions("annee = 2024")
    issue_again(water)
    water.build()
    water.check()
    assert_replaced(water)
    now = water.versions("annee = 2024")
    assert {m: now[m] for m in MARTS[3:5]} == {m: old[m] for m in MARTS[3:5]}

    # a package that is not complete is not there; then it is
    water.year(2025, [("01001", "001000009")], [("S9", "001000009", "C")], [("S9", "PH", "7")], complete=False)
    water.build()
    assert water.sql("select 1 from marts.prelevement where annee = 2025") == []
    water.source.sql(
        "insert into control.paquet_charge (domaine, paquet) values ('qualite_eau', %s)", f"{water.source.packages:04}"
    )
    water.build()
    water.check()

    # a year that has no line any more
    water.year(2025, [], [], [])
    water.build()
    water.check()
    incremental = water.checksums()
    water.build("--full-refresh")
    assert water.checksums() == incremental
    assert water.revised() == []


def test_what_cannot_be_keyed_or_typed_is_refused_and_counted(water: Water) -> None:
    water.year(
        2025,
        [("01001", "001000001"), ("01003", "")],
        [("S6", "", "C"), ("S7", "001000001", "X"), ("", "001000001", "C"), ("S7", "001000001", "X")],
        [("", "PH", "7"), ("S7", "", "7"), ("S7", "PH", "N.M.")],
    )
    water.sql("update raw_qualite_eau.plv set dateprel = '2025-02-30' where referenceprel = 'S6'")
    water.build()
    refused = "select objet, reference, motif, count(*) from marts.rejet group by 1, 2, 3 order by 1, 2, 3"
    assert water.sql(refused) == [
        ("com_udi", "01003", "cdreseau missing", 1),
        ("plv", "001000001", "referenceprel missing", 1),
        ("plv", "S6", "cdreseau missing", 1),
        ("plv", "S7, 001000001", "verdict unknown; the rest is kept", 2),
        ("result", "PH", "referenceprel missing", 1),
        ("result", "S7", "cdparametresiseeaux missing", 1),
    ]
    kept = (
        "select plvconformitebacterio, preleve_le::text, lignes, identiques from marts.prelevement where annee > 2024"
    )
    assert water.sql(kept) == [(None, "2025-06-15 08:30:00", 2, 2)]
    assert water.sql("select rqana, valeur from marts.resultat_analyse where annee = 2025") == [("N.M.", None)]
    assert water.sql("select count(*) from marts.rejet where constate_le is null") == [(0,)]

    # the year put right
    water.year(2025, [("01001", "001000001")], [("S7", "001000001", "C")], [("S7", "PH", "7")])
    water.build()
    assert water.sql("select 1 from marts.rejet") == []
    water.check()
