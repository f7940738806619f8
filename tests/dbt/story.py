"""Edits of the raw tables of meteo and piezometrie, built one after another, and what stood after each build."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.helpers.raw_tables import BRUTE, CONTROLEE, RawTables

METEO = ("localisation", "meteo", "meteo_mensuelle")
PIEZOMETRIE = (
    "info_nappe", "nature_mesure", "continuite", "producteur", "nappe", "nappe_mensuelle", "indicateur_piezometrique",
    "piezo_meteo", "nappe_signalement",
)  # fmt: skip
MARTS = (*METEO, *PIEZOMETRIE, "commune", "rejet")
HISTORIES = ("nappe_historique", "info_nappe_historique")
ANALYSES = ("mouvements_de_nappe", "nappe_a_une_date", "niveaux_revises", "piezometres_deplaces")
TESTED = ("int_meteo__a_verifier", "int_piezometrie__a_verifier")
BUILD = ("build", "--exclude-resource-type", "unit_test", "--select", *MARTS, *HISTORIES, *TESTED)
INVENTEE = "Donnée inventée"
# Each mart, and its rule said another way than the model says it: no newer file has the same cell and day.
RULES = {
    "select lambx, lamby, date, t, nom_du_fichier from marts.meteo order by 1, 2, 3": """
        with courant as (
            select distinct on (nom_du_fichier) * from raw_meteo.lecture order by nom_du_fichier, paquet desc
        )
        select lambx, lamby, date, t, nom_du_fichier from raw_meteo.sim2 as q join courant as c using (nom_du_fichier)
        where not exists (
            select from raw_meteo.sim2 as r join courant as d using (nom_du_fichier)
            where (r.lambx, r.lamby, r.date) = (q.lambx, q.lamby, q.date) and d.modifie_le > c.modifie_le
        ) order by 1, 2, 3
    """,
    "select code_bss, date_mesure, niveau_nappe_eau, mesures_du_jour from marts.nappe order by 1, 2": """
        select code_bss, date_mesure, max(niveau_nappe_eau), count(*)::int from raw_piezometrie.chroniques
        join raw_piezometrie.stations using (code_bss) group by 1, 2 order by 1, 2
    """,
}
NAPPE = "code_bss, date_mesure::text, niveau_nappe_eau, statut, qualification, code_producteur"


@dataclass(frozen=True)
class State:
    """What stood after a build."""

    instant: datetime
    warnings: list[str]
    built: list[list[tuple[Any, ...]]]  # by the marts of RULES
    expected: list[list[tuple[Any, ...]]]  # by the rules
    nappe: list[tuple[Any, ...]]
    rejet: list[tuple[Any, ...]]
    checksums: dict[str, str]
    marts: dict[str, list[tuple[str, str]]]  # the versions of their rows
    histories: dict[str, list[tuple[str, str]]]


@dataclass
class Story:
    """The states by name, and what the histories and the analyses tell at the end."""

    raw: RawTables
    dbt: Callable[..., Any]
    states: dict[str, State] = field(default_factory=dict)
    histories: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    past: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    analyses: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> State:
        return self.states[name]

    def build(self, name: str, *arguments: str) -> None:
        """Build, and note the state under a name."""
        results = self.dbt(self.raw.warehouse, *BUILD, *arguments).result.results
        self.note(name, sorted(each.node.name for each in results if each.status == "warn"))

    def note(self, name: str, warnings: list[str]) -> None:
        """Note the state under a name."""
        warehouse, rows = self.raw.warehouse, self.raw.run
        self.states[name] = State(
            instant=rows("select clock_timestamp()")[0][0],
            warnings=warnings,
            built=[rows(mart) for mart in RULES],
            expected=[rows(rule) for rule in RULES.values()],
            nappe=rows(f"select {NAPPE} from marts.nappe order by 1, 2"),
            rejet=rows("select reference, motif, constate_le is not null from marts.rejet order by 1"),
            checksums=warehouse.checksums([f"marts.{mart}" for mart in MARTS], left_out=()),
            marts=warehouse.versions([f"marts.{mart}" for mart in MARTS]),
            histories=warehouse.versions([f"snapshots.{history}" for history in HISTORIES]),
        )

    def end(self) -> None:
        """Note what the histories and the analyses tell."""
        rows = self.raw.run
        for history in HISTORIES:
            query = f"select to_jsonb(h) from snapshots.{history} as h order by 1"
            self.histories[history] = [row for (row,) in rows(query)]
        said = f"""select {NAPPE} from snapshots.nappe_historique
            where dbt_valid_from <= %s and (dbt_valid_to is null or %s < dbt_valid_to) order by 1, 2"""
        self.past = {name: rows(said, state.instant, state.instant) for name, state in self.states.items()}
        compiled = self.dbt(self.raw.warehouse, "compile", "-s", *ANALYSES).result.results
        self.analyses = {each.node.name: rows(each.node.compiled_code) for each in compiled}


def play(raw: RawTables, dbt: Callable[..., Any]) -> Story:
    """Play the story from what one build made of `raw`."""
    story = Story(raw, dbt)
    story.note("built", [])
    story.build("again")
    hot = [(0, f"2024-01-{day:02}", 100.0 + day) for day in range(2, 8)]
    raw.sim2("annee", hot, modified="2024-03-01", complete=False)
    story.build("incomplete")
    raw.complete("meteo")
    _revise(raw)
    story.build("revised")
    story.build("told")
    _overlap(raw)
    story.build("overlapping")
    _list_station(raw)
    story.build("listed")
    story.build("refreshed", "--full-refresh")
    story.end()
    return story


def _revise(raw: RawTables) -> None:
    """A new file; a station that moved and was renamed, its 3rd revised, its 4th confirmed, its 5th withdrawn.

    The file that is now complete lost a cell and its last days, and is too hot.
    """
    raw.sim2("2025", [(0, "2025-01-01", 5.0), (2, "2025-01-01", 6.0)], modified="2025-01-02", cells=3)
    raw.run("update raw_piezometrie.stations set nb_mesures_piezo = 7, date_fin_mesure = '2024-02-01'")
    raw.run("update raw_piezometrie.stations set x_lambert2 = 68100, libelle_pe = 'Puits' where code_bss = 'A/1'")
    measures = [
        ("2024-01-03", 33.0, CONTROLEE, "30"),
        ("2024-01-04", 4.0, CONTROLEE, "10"),
        ("2024-01-06", 6.0, INVENTEE, "10"),
    ]
    raw.measures("A/1", "2024-01-03", measures)


def _overlap(raw: RawTables) -> None:
    """A file that overlaps two others; two measures of one day; measures of a station that nobody lists.

    The 5th is there again, the 6th withdrawn.
    """
    raw.sim2("latest", [(0, "2024-01-07", 70.0), (2, "2025-01-01", 71.0)], modified="2025-02-01", cells=3)
    raw.sim2("annee", [(1, "2024-01-07", 107.0), (0, "2024-01-08", 108.0)], modified="2025-01-15")
    raw.measures("B/2", "2024-02-01", [("2024-02-01", level, BRUTE, "20") for level in (1.0, 2.0)])
    raw.measures("C/3", "2024-01-01", [("2024-01-01", 8.0, BRUTE, "40"), ("2024-01-02", 9.0, BRUTE, "40")])
    raw.measures("A/1", "2024-01-05", [("2024-01-05", 5.5, BRUTE, "10")])


def _list_station(raw: RawTables) -> None:
    """The station is listed and its measures are not read again; a file became empty; a line is refused."""
    raw.station("C/3")
    raw.sim2("2025", [], modified="2025-03-01")
    raw.run("insert into raw_meteo.rejet values (%s, '2025', 2, 'T', 'not a number', '600;x')", f"{raw.packages:04}")
    raw.package("piezometrie")
