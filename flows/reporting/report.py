"""What a run leaves for people and programs: the same report as JSON and as Markdown, in the lake's logs."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg

from flows.reporting import findings
from flows.run import Findings, Run
from flows.scheduling.schedules import collected_since
from ingestion.control import journal
from ingestion.lake import write_log
from ingestion.report import Collected, Loaded
from ingestion.sources import SOURCES

Report = dict[str, Any]
LONGEST_TABLE = 1000  # lines; the JSON has them all


@contextmanager
def kept(run: Run) -> Iterator[None]:
    """Report the run when it ends: in the lake, in `control.execution` for the next one, and in `run.report`."""
    began = datetime.now(UTC)
    try:
        yield
    except Exception as error:
        with suppress(Exception):  # what ended the run matters more than its report
            keep(run, began, error)
        raise
    keep(run, began, None)


def keep(run: Run, began: datetime, error: Exception | None) -> None:
    """Compile the report of a run and keep it."""
    with run.warehouse.connect() as connection:
        if run.built.freshness:
            journal.note_freshness(
                connection,
                [(each.source, _domain(each.source), each.newest, each.limit) for each in run.built.freshness],
            )
        marts = journal.count_marts(connection, {node.name for node in run.built.nodes})
        run.report = compile_report(run, began, error, marts)
        run.findings.update(findings.late(connection))
        run.findings.update(_refused(run, connection))
        run.report["gaps"] = gaps(run, connection)
        run.report["changes"] = changes(journal.last_report(connection, run.name), run.report)
        journal.note_report(connection, run.name, run.report)
    name = f"rapports/{began:%Y-%m}/{began:%Y-%m-%dT%H-%M-%SZ}-{run.name}"
    write_log(run.settings, f"{name}.json", json.dumps(run.report, ensure_ascii=False, indent=1))
    write_log(run.settings, f"{name}.md", markdown(run.report))


def compile_report(run: Run, began: datetime, error: Exception | None, marts: dict[str, int]) -> Report:
    """Return the report of a run as values that JSON has."""
    ended = datetime.now(UTC)
    return {
        "name": run.name,
        "began": f"{began:%Y-%m-%d %H:%M:%S} UTC",
        "seconds": round((ended - began).total_seconds(), 1),
        "error": str(error) if error else None,
        "collected": [_rounded(asdict(line)) for line in run.reporter.lines if isinstance(line, Collected)],
        "loaded": [_rounded(asdict(line)) for line in run.reporter.lines if isinstance(line, Loaded)],
        "dbt": [asdict(node) for node in run.built.nodes],
        "freshness": [
            {
                "source": each.source,
                "newest": each.newest and f"{each.newest:%Y-%m-%d %H:%M} UTC",
                "allowed_days": each.limit and each.limit.total_seconds() / 86400,
                "status": each.status,
            }
            for each in run.built.freshness
        ],
        "marts": marts,
        "revised": [asdict(each) for each in run.built.revised],
    }


def _refused(run: Run, connection: psycopg.Connection) -> Findings:
    """Look at the share of refused records: of what was read, or of what was loaded once it is built."""
    loaded = [line for line in run.reporter.lines if isinstance(line, Loaded)]
    if run.built.nodes and loaded:
        packages = [line.package for line in loaded]
        query = "SELECT domaine, count(*) FROM marts.rejet WHERE paquet = ANY(%s) GROUP BY domaine"
        counts: dict[str, int] = dict(connection.execute(query, (packages,)).fetchall())
        return findings.refused(run.settings, loaded, counts)
    collected = [line for line in run.reporter.lines if isinstance(line, Collected)]
    totals: Counter[str] = Counter()
    for line in collected:
        totals[line.domain] += line.refused
    return findings.refused(run.settings, collected, totals)


def gaps(run: Run, connection: psycopg.Connection) -> list[str]:
    """Say what was expected and is not there: domains, files and stations not read, stations nobody knows."""
    collected = [line for line in run.reporter.lines if isinstance(line, Collected)]
    found = [f"{line.domain}: the provider does not know {listed(line.missing)}" for line in collected if line.missing]
    found += [f"{line.domain}: nothing was read {line.lost}" for line in collected if line.lost]
    wanted = collected_since(tuple(SOURCES), datetime.now(UTC))
    return found + [missing_line(each) for each in journal.missing(connection, wanted)]


def missing_line(missing: journal.Missing) -> str:
    """Say in a line what a domain lacks."""
    last = f"last on {missing.last_success:%Y-%m-%d %H:%M} UTC" if missing.last_success else "never yet"
    pieces = f"; not read: {listed(missing.pieces)}" if missing.pieces else ""
    return f"{missing.domain}: not collected since it was due ({last}){pieces}" + (
        f"; {missing.error}" if missing.error else ""
    )


def listed(names: Sequence[str], shown: int = 5) -> str:
    """Name the first few of a list, and count the others."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"


def changes(before: Report, after: Report) -> list[str]:
    """Say what is different from the run of this name before: rows of marts, pieces, verdicts of tests."""
    if not before:
        return []
    found = [
        f"{name}: {before['marts'].get(name, 0):,} -> {rows:,} rows"
        for name, rows in after["marts"].items()
        if before["marts"] and rows != before["marts"].get(name)
    ]
    was, now = (_pieces(report) for report in (before, after))
    domains = {domain for domain, _ in was} & {domain for domain, _ in now}
    for what, pieces in (("new", now - was), ("not there any more", was - now)):
        names = sorted(piece for domain, piece in pieces if domain in domains)
        found += [f"{what}: {listed(names)}"] if names else []
    verdicts = {node["name"]: node["status"] for node in before["dbt"]}
    return found + [
        f"{node['name']}: {verdicts[node['name']]} -> {node['status']}"
        for node in after["dbt"]
        if node["status"] != verdicts.get(node["name"], node["status"])
    ]


def _pieces(report: Report) -> set[tuple[str, str]]:
    return {(line["domain"], line["piece"]) for line in report["collected"] if not line["stations"]}


def _domain(source: str) -> str:
    schema = source.split(".", maxsplit=1)[0]
    return next((name for name, each in SOURCES.items() if each.schema == schema), schema)


def _rounded(line: Report) -> Report:
    return line | {"seconds": round(line["seconds"], 1)}


def tables(report: Report) -> dict[str, list[Report]]:
    """Return the tables of a report, by title, without those that have no line."""
    collected = report["collected"]
    stations = [(rows, code) for line in collected for code, rows in line["stations"].items() if rows]
    found = {
        "Files and lots of stations": [
            {each: line[each] for each in ("domain", "piece", "rows", "bytes", "seconds", "refused")}
            | {"": "unchanged" if line["unchanged"] else "new columns" * bool(line["new_columns"])}
            for line in collected
        ],
        "Stations with new rows": [
            {"station": code, "rows": rows} for rows, code in sorted(stations, reverse=True)[:LONGEST_TABLE]
        ],
        "Packages loaded": report["loaded"],
        "Rows published before": report["revised"],
        "Freshness": report["freshness"],
        "Models and tests": report["dbt"],
        "Rows": [{"table": name, "rows": rows} for name, rows in report["marts"].items()],
    }
    return {title: lines for title, lines in found.items() if lines}


def markdown(report: Report) -> str:
    """Return the report as a page for people."""
    state = f"**Failed**: {report['error']}" if report["error"] else "Everything passed."
    parts = [f"# {report['name']}, {report['began']}", f"{state} {report['seconds']:,.0f} s."]
    for title, key in (("Gaps", "gaps"), ("Since the last time", "changes")):
        if report[key]:
            parts.append("\n".join([f"## {title}\n", *(f"- {line}" for line in report[key])]))
    parts += [f"## {title}\n\n{_table(lines)}" for title, lines in tables(report).items()]
    return "\n\n".join(parts) + "\n"


def _table(lines: list[Report]) -> str:
    head = list(lines[0])
    body = ["| " + " | ".join(map(_cell, line.values())) + " |" for line in lines]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body])


def _cell(value: Any) -> str:
    if isinstance(value, float | int):
        return f"{value:,}"
    return str(value or "").replace("|", "\\|")
