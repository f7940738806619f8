"""The queries offered to analysts: compiled by dbt, run as the role analyste."""

from pathlib import Path

import psycopg
from dbt.contracts.graph.manifest import Manifest

from ingestion.warehouse import open_warehouse
from tests.dbt.conftest import Dbt
from tests.helpers.warehouse import DATABASE, chain

ROOT = Path(__file__).parents[2]
# They have nothing to tell before something was revised: test_incremental.py asks them then.
OF_CHANGES = {"niveaux_revises", "piezometres_deplaces"}


def test_every_analysis_answers_on_the_simulated_warehouse(home: Path, tmp_path: Path, dbt: Dbt) -> None:
    warehouse = chain(tmp_path, DATABASE)
    result = dbt(warehouse, "compile", "-s", "path:dbt_project/analyses")
    queries = {run.node.name: run.node.compiled_code for run in result.result if run.node.resource_type == "analysis"}
    assert set(queries) == {path.stem for path in (ROOT / "dbt_project" / "analyses").glob("*.sql")}
    assert len(queries) >= 12
    with psycopg.connect(open_warehouse(warehouse.settings, "analyste").url, autocommit=True) as connection:
        for name, query in queries.items():
            assert connection.execute(query).fetchone() or name in OF_CHANGES, name


def test_every_analysis_asks_a_question_and_is_described(manifest: Manifest) -> None:
    analyses = [node for node in manifest.nodes.values() if node.resource_type == "analysis"]
    assert [node.name for node in analyses if not node.description] == []
    assert [node.name for node in analyses if not (node.raw_code.startswith("-- ") and "?" in node.raw_code)] == []
