"""The marts of drinking water, built again and again from raw tables as ingestion writes them, a year at a time."""

import pytest

from flows.chain.revisions import count_revised
from tests.dbt.conftest import Dbt
from tests.helpers.raw_tables import RawTables

TABLES = tuple(
    f"marts.{mart}"
    for mart in (
        "reseau_distribution", "commune_reseau", "parametre", "prelevement", "resultat_analyse", "conformite_commune",
        "rejet",
    )
)  # fmt: skip
OF_A_YEAR = TABLES[3:6]
HISTORIES = {
    "prelevement_historique": ["referenceprel", "cdreseau", "annee"],
    "resultat_analyse_historique": ["referenceprel", "cdparametresiseeaux", "referenceanl", "annee"],
}
BUILD = (
    "build", "--resource-type", "model", "--resource-type", "snapshot", "--select", "group:qualite_eau", "commune",
    "rejet", "--exclude", "staging",
)  # fmt: skip
# Each mart, and its rule said another way than the model says it.
RULES = {
    "select referenceprel, cdreseau, annee, lignes from marts.prelevement order by 1, 2, 3": """
        select referenceprel, cdreseau, annee::int, count(*)::int from raw_qualite_eau.plv
        where referenceprel <> '' and cdreseau <> '' and dateprel ~ '^2' group by 1, 2, 3 order by 1, 2, 3
    """,
    """select referenceprel, cdparametresiseeaux, referenceanl, annee, lignes, replace(valeur::text, '.', ',')
        from marts.resultat_analyse order by 1, 2, 3, 4""": """
        select referenceprel, cdparametresiseeaux, coalesce(referenceanl, ''), annee::int, count(*)::int,
            max(nullif(regexp_replace(rqana, '[^0-9,].*', ''), '')::text)
        from raw_qualite_eau.result where referenceprel <> '' and cdparametresiseeaux <> ''
        group by 1, 2, 3, 4 order by 1, 2, 3, 4
    """,
    """select code_insee, annee, prelevements, part_conforme_bacterio, resultats_depasses
        from marts.conformite_commune order by 1, 2""": """
        with d as (select distinct inseecommune, annee, cdreseau from raw_qualite_eau.com_udi),
        p as (select d.inseecommune, d.annee, p.referenceprel, max(p.plvconformitebacterio) as b
            from d join raw_qualite_eau.plv as p using (annee, cdreseau) group by 1, 2, 3)
        select inseecommune, annee::int,
            (select count(*) from p where (p.inseecommune, p.annee) = (d.inseecommune, d.annee))::int,
            (select avg((b <> 'N')::int) from p where (p.inseecommune, p.annee) = (d.inseecommune, d.annee))::float,
            (select count(*) from raw_qualite_eau.result as r where r.annee = d.annee and r.rqana = '0,5' and exists (
                select from p
                where (p.inseecommune, p.annee, p.referenceprel) = (d.inseecommune, d.annee, r.referenceprel)
            ))::int
        from d group by 1, 2, d.annee order by 1, 2
    """,
}


class Water:
    """Two years of drinking water, and dbt on the models of the domain."""

    def __init__(self, raw: RawTables, dbt: Dbt) -> None:
        self.raw, self.dbt, self.warehouse, self.rows = raw, dbt, raw.warehouse, raw.run
        raw.water_year(
            2023,
            [("01001", "001000001"), ("01002", "001000001"), ("01002", "001000002")],
            [("S1", "001000001", "C"), ("S1", "001000002", "C"), ("S2", "001000002", "N")],
            [("S1", "ATRZ", "<0,02"), ("S1", "PH", "7,5"), ("S2", "ATRZ", "0,5"), ("S2", "CU", "TRACES")],
        )
        raw.water_year(
            2024,
            [("01001", "001000001"), ("99999", "001000003")],
            [("S3", "001000001", "N"), ("S4", "001000003", "C")],
            [("S3", "ATRZ", "0,05"), ("S3", "PH", "8"), ("S4", "PH", "6,9")],
        )

    def build(self, *arguments: str) -> None:
        """Build the tables of the domain, and those that they share."""
        self.dbt(self.warehouse, *BUILD, *arguments)

    def check(self) -> None:
        """Compare the marts with their rules, and the histories with the marts."""
        for mart, rule in RULES.items():
            assert self.rows(mart) == self.rows(rule)
        for table, columns in (("prelevement", "referenceprel, annee"), ("resultat_analyse", "referenceprel, rqana")):
            now = f"select {columns} from marts.{table} order by 1, 2"
            assert self.rows(now) == self.rows(
                f"select {columns} from snapshots.{table}_historique where dbt_valid_to is null order by 1, 2"
            )

    def revised(self) -> list[tuple[str, int, int]]:
        """Rows changed and gone, by table, as the run's summary counts them."""
        with self.warehouse.owner.connect() as connection:
            return [(r.table, r.changed, r.gone) for r in count_revised(connection, HISTORIES)]

    def versions(self, where: str = "true") -> dict[str, list[tuple[str, str]]]:
        """The versions of the rows that belong to a year."""
        return self.warehouse.versions(OF_A_YEAR, where)


@pytest.fixture
def water(built: RawTables, dbt: Dbt) -> Water:
    return Water(built, dbt)


def issue_again(water: Water) -> None:
    """2023 once more: a sample, a result, a network and a parameter are gone, others changed and came."""
    water.raw.water_year(
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
    assert water.rows("select 1 from marts.prelevement where referenceprel = 'S2'") == []
    assert water.rows("select 1 from marts.parametre where cdparametresiseeaux = 'CU'") == []
    assert water.rows("select 1 from marts.reseau_distribution where cdreseau = '001000002'") == []
    assert water.revised() == [("prelevement", 1, 2), ("resultat_analyse", 1, 2)]
    ended = "select referenceprel, cdreseau, plvconformitebacterio from snapshots.prelevement_historique "
    assert water.rows(f"{ended} where dbt_valid_to is not null order by 1, 2") == [
        ("S1", "001000001", "C"),
        ("S1", "001000002", "C"),
        ("S2", "001000002", "N"),
    ]
    assert water.rows("select lignes, identiques from marts.resultat_analyse where valeur = 0.5") == [(2, 1)]
    # the commune's trend of the year after follows
    trend = "select evolution_bacterio, tendance from marts.conformite_commune where annee = 2024 order by code_insee"
    assert water.rows(trend) == [(0.0, "stable"), (None, None)]


def test_a_year_replaced_equals_a_build_from_the_start_and_touches_no_other_year(water: Water) -> None:
    water.build()
    water.check()
    assert water.rows("select nom, actuelle from marts.commune where code_insee = '99999'") == [
        ("COMMUNE 99999", False)
    ]
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
    for table in OF_A_YEAR[:2]:  # the communes' trend of the year after follows
        assert now[table] == old[table]

    # a package that is not complete is not there; then it is
    water.raw.water_year(
        2025, [("01001", "001000009")], [("S9", "001000009", "C")], [("S9", "PH", "7")], complete=False
    )
    water.build()
    assert water.rows("select 1 from marts.prelevement where annee = 2025") == []
    water.raw.complete("qualite_eau")
    water.build()
    water.check()

    # a year that has no line any more
    water.raw.water_year(2025, [], [], [])
    water.build()
    water.check()
    incremental = water.warehouse.checksums(TABLES, left_out=())
    water.build("--full-refresh")
    assert water.warehouse.checksums(TABLES, left_out=()) == incremental
    assert water.revised() == []


def test_what_cannot_be_keyed_or_typed_is_refused_and_counted(water: Water) -> None:
    water.raw.water_year(
        2025,
        [("01001", "001000001"), ("01003", "")],
        [("S6", "", "C"), ("S7", "001000001", "X"), ("", "001000001", "C"), ("S7", "001000001", "X")],
        [("", "PH", "7"), ("S7", "", "7"), ("S7", "PH", "N.M.")],
    )
    water.rows("update raw_qualite_eau.plv set dateprel = '2025-02-30' where referenceprel = 'S6'")
    water.build()
    refused = "select objet, reference, motif, count(*) from marts.rejet group by 1, 2, 3 order by 1, 2, 3"
    assert water.rows(refused) == [
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
    assert water.rows(kept) == [(None, "2025-06-15 08:30:00", 2, 2)]
    assert water.rows("select rqana, valeur from marts.resultat_analyse where annee = 2025") == [("N.M.", None)]
    assert water.rows("select count(*) from marts.rejet where constate_le is null") == [(0,)]

    # the year put right
    water.raw.water_year(2025, [("01001", "001000001")], [("S7", "001000001", "C")], [("S7", "PH", "7")])
    water.build()
    assert water.rows("select 1 from marts.rejet") == []
    water.check()
