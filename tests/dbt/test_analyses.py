"""The queries offered to analysts: compiled by dbt, run as the role analyste."""

from pathlib import Path
from typing import Any

import psycopg

from ingestion.warehouse import open_warehouse

ROOT = Path(__file__).parents[2]
# They have nothing to tell before something was revised: test_history.py asks them then.
OF_CHANGES = {"niveaux_revises", "piezometres_deplaces"}


def test_every_analysis_answers_on_the_simulated_warehouse(warehouse: Any, dbt: Any) -> None:
    result = dbt(warehouse.env, "compile", "-s", "path:dbt_project/analyses")
    assert result.success, result.exception
    queries = {run.node.name: run.node.compiled_code for run in result.result if run.node.resource_type == "analysis"}
    assert set(queries) == {path.stem for path in (ROOT / "dbt_project" / "analyses").glob("*.sql")}
    assert len(queries) >= 12
    with psycopg.connect(open_warehouse(warehouse.settings, "analyste").url, autocommit=True) as connection:
        for name, query in queries.items():
            assert connection.execute(query).fetchone() or name in OF_CHANGES, name


def test_every_analysis_asks_a_question_and_is_described(manifest: Any) -> None:
    analyses = [node for node in manifest.nodes.values() if node.resource_type == "analysis"]
    assert [node.name for node in analyses if not node.description] == []
    assert [node.name for node in analyses if not (node.raw_code.startswith("-- ") and "?" in node.raw_code)] == []
