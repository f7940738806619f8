"""The report of a run in the lake's logs: as JSON for programs, as Markdown for people."""

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
from flows.scheduling.schedules import required_since
from ingestion.control import journal
from ingestion.lake import write_log
from ingestion.report import Collected, Loaded
from ingestion.sources import SOURCES

Report = dict[str, Any]
LONGEST_TABLE = 1000  # lines; the JSON has them all


@contextmanager
def reporting(run: Run) -> Iterator[None]:
    """Save the report when the run ends: in the lake, in `control.execution` for the next run, and in `run.report`."""
    began = datetime.now(UTC)
    try:
        yield
    except Exception as error:
        with suppress(Exception):  # the error of the run matters more than its report
            save_report(run, began, error)
        raise
    save_report(run, began, None)


def save_report(run: Run, began: datetime, error: Exception | None) -> None:
    """Compile the report of a run and save it."""
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
    """Return the report of a run, of types that JSON has."""
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
    """Check the share of refused records: of loaded rows after a build, else of collected rows."""
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
    """Return a line for each gap: domains, files and stations not read, stations unknown to the provider."""
    collected = [line for line in run.reporter.lines if isinstance(line, Collected)]
    found = [f"{line.domain}: the provider does not know {listed(line.missing)}" for line in collected if line.missing]
    found += [f"{line.domain}: nothing was read {line.lost}" for line in collected if line.lost]
    wanted = required_since(tuple(SOURCES), datetime.now(UTC))
    return found + [missing_line(each) for each in journal.missing(connection, wanted)]


def missing_line(missing: journal.Missing) -> str:
    """Return a line with the missing pieces of a domain."""
    last = f"last on {missing.last_success:%Y-%m-%d %H:%M} UTC" if missing.last_success else "never yet"
    pieces = f"; not read: {listed(missing.pieces)}" if missing.pieces else ""
    return f"{missing.domain}: not collected since it was due ({last}){pieces}" + (
        f"; {missing.error}" if missing.error else ""
    )


def listed(names: Sequence[str], shown: int = 5) -> str:
    """Return the first few names, and the count of the others."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"


def changes(before: Report, after: Report) -> list[str]:
    """Return a line for each change since the last run of this name: rows of marts, pieces, verdicts of tests."""
    if not before:
        return []
    found = [
        f"{name}: {before['marts'].get(name, 0):,} -> {rows:,} rows"
        for name, rows in after["marts"].items()
        if before["marts"] and rows != before["marts"].get(name)
    ]
    old, new = (_pieces(report) for report in (before, after))
    domains = {domain for domain, _ in old} & {domain for domain, _ in new}
    for change, pieces in (("new", new - old), ("gone", old - new)):
        names = sorted(piece for domain, piece in pieces if domain in domains)
        found += [f"{change}: {listed(names)}"] if names else []
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
    """Return the tables of a report by title, without empty ones."""
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
