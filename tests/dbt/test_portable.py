"""Every model also compiles for Spark, and says nothing there that Spark does not understand.

No Spark runs here: the grammars of sqlfluff and of sqlglot read what dbt compiles, neither being strict alone, and
the functions must be among those that Spark 4.0 lists.
"""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from dbt.adapters.spark import connections
from dbt.adapters.spark.impl import SparkAdapter
from dbt.adapters.spark.relation import SparkRelation
from dbt.cli.main import dbtRunner
from dbt.clients.jinja import get_rendered
from dbt.context.providers import generate_runtime_model_context
from dbt.task.compile import CompileRunner
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp

from tests.dbt.conftest import QUIET

ROOT = Path(__file__).parents[2]
PROFILE = """
hydrotheque:
  target: spark
  outputs:
    spark: {type: spark, method: thrift, host: none, schema: staging, threads: 1}
"""
LISTED = Path(__file__).with_name("spark_functions.txt").read_text(encoding="utf-8").splitlines()[1:]
# what the list leaves out: syntax that reads like a call
FUNCTIONS = {*" ".join(LISTED).split(), "cast", "exists", "extract", "lateral", "try_cast"}
TYPES = {
    "bigint", "binary", "boolean", "date", "decimal", "double", "float", "int", "integer", "smallint", "string",
    "timestamp",
}  # fmt: skip


@cache
def _spark() -> Linter:
    return Linter(config=FluffConfig(overrides={"dialect": "sparksql"}))


def complaints(sql: str) -> list[str]:
    """Say what in a query is not Spark's."""
    tree = _spark().parse_string(f"{sql.strip()}\n").tree
    assert tree
    found = [f"cannot be parsed: {part.raw}" for part in tree.recursive_crawl("unparsable")]
    called = {part.raw.lower() for part in tree.recursive_crawl("function_name")}
    found += [f"function {name}" for name in sorted(called - FUNCTIONS)]
    found += [f"type {name}" for name in sorted(set(_cast_types(sql)) - TYPES)]
    try:
        sqlglot.parse_one(sql, dialect="spark")
    except sqlglot.errors.ParseError as error:
        found.append(str(error).splitlines()[0])
    return found


def _cast_types(sql: str) -> Iterator[str]:
    """Yield the types of the casts, without their length."""
    tokens = [token.text.lower() for token in sqlglot.tokenize(sql, dialect="spark")]
    depth, casts = 0, []  # the depths of the casts that are open
    for number, (before, token) in enumerate(pairwise(["", *tokens])):
        if token == "(":
            depth += 1
            casts += [depth] * (before in {"cast", "try_cast"})
        elif token == ")":
            casts = [cast for cast in casts if cast < depth]
            depth -= 1
        elif token == "as" and casts and casts[-1] == depth:
            yield " ".join(takewhile(lambda text: text not in {"(", ")"}, tokens[number + 1 :]))
        elif token == "::":
            yield "after ::"


def _tables(sql: str) -> set[str]:
    """Return the tables that a query reads, its own CTEs left out."""
    query = sqlglot.parse_one(sql, dialect="spark")
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    tables = [table for table in query.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    return {f"{table.db}.{table.name}".strip(".") for table in tables if table.db or table.name not in ctes}


def _parents(manifest: Any, node: Any) -> set[str]:
    """Return the relations that a node depends on; those of an ephemeral model in its place."""
    found: set[str] = set()
    for key in node.depends_on.nodes:
        parent = manifest.sources.get(key) or manifest.nodes[key]
        found |= {parent.relation_name} if parent.relation_name else _parents(manifest, parent)
    return found


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], list[str]]:
    """Each query that dbt would send to Spark, by model and place; and the tables read that no ref() or source() names.

    A model is compiled as its first build runs it and as the next, which finds its table; its hooks are too.
    """
    folder = tmp_path_factory.mktemp("spark")
    (folder / "profiles.yml").write_text(PROFILE)
    queries: dict[str, str] = {}
    strangers: list[str] = []
    built: list[str] = []

    def listed(_: SparkAdapter, schema: Any) -> list[SparkRelation]:
        return [SparkRelation.create(schema=schema.schema, identifier=name, type="table") for name in built]

    def compile_with_hooks(runner: CompileRunner, manifest: Any) -> Any:
        node = runner.compiler.compile_node(runner.node, manifest, {})
        if node.resource_type in {"model", "snapshot"}:
            unknown = sorted(_tables(node.compiled_code) - _parents(manifest, node) - {node.relation_name})
            strangers.extend(f"{node.name} reads {table}" for table in unknown)
            context = generate_runtime_model_context(node, runner.config, manifest)
            hooks = [get_rendered(hook.sql, context, node) for hook in (*node.config.pre_hook, *node.config.post_hook)]
            for number, sql in enumerate([node.compiled_code, *";".join(hooks).split(";")]):
                if sql.strip():
                    queries[f"{node.name} {'again' if built else 'first'} {number}"] = sql
        return node

    with pytest.MonkeyPatch.context() as patch:
        for client in ("hive", "ThriftState", "THttpClient"):  # asked for before compiling, used by nothing here
            patch.setattr(connections, client, object())
        patch.setattr(SparkAdapter, "list_relations_without_caching", listed)
        patch.setattr(CompileRunner, "compile", compile_with_hooks)
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        where = ("--project-dir", str(ROOT), "--profiles-dir", str(folder))
        for _ in ("first", "again"):
            result = dbtRunner().invoke([*QUIET, "compile", *where, "--threads", "1"])
            assert result.success, result.exception
            built[:] = [run.node.name for run in result.result.results if run.node.config.materialized == "incremental"]
    return queries, strangers


def test_every_model_is_understood_by_spark(compiled: Any) -> None:
    queries, _ = compiled
    wrong = {sql: what for sql in set(queries.values()) if (what := complaints(sql))}
    assert [f"{where}: {wrong[sql]}" for where, sql in queries.items() if sql in wrong] == []


def test_every_table_read_is_a_ref_or_a_source(compiled: Any) -> None:
    _, strangers = compiled
    assert strangers == []


@pytest.mark.parametrize(
    "sql",
    [
        "select a::int from t",
        "select a ~ '^b' from t",
        "select distinct on (a) a from t",
        "select x from t cross join lateral generate_series(1, 2) as g (x)",
        "select json_build_object('a', a) from t",
        "select a ->> 'b' from t",
        "select cast(a as text) from t",
        "select cast(a as double precision) from t",
        "select cast(a as timestamptz) from t",
        "select to_tsvector(a) from t",
        "select array_agg(a)[1] from t where a similar to 'b'",
        "delete from t using u where t.a = u.a",
    ],
)
def test_postgresql_is_noticed(sql: str) -> None:
    assert complaints(sql)


def test_what_both_understand_passes() -> None:
    assert (
        complaints("with a as (select 1 as b) select cast(b as double), max(b) filter (where b > 0) from a group by b")
        == []
    )
