"""The state of every source and table, for `hydrotheque status`."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from flows.scheduling import schedules
from ingestion.control import journal
from ingestion.settings import Settings
from ingestion.warehouse import initialise, open_warehouse

PARIS = ZoneInfo("Europe/Paris")
console = Console(highlight=False, width=100)  # the tables need 100 columns


def show(settings: Settings) -> bool:
    """Print the state of every source and table; return whether something is late."""
    warehouse = open_warehouse(settings)
    initialise(settings, warehouse)
    with warehouse.connect() as connection:
        sources, tables = journal.sources(connection), journal.tables(connection)
        errors = journal.errors(connection)
    console.print(_sources(sources))
    console.print()
    console.print(_tables(tables))
    for domain, error in errors.items():
        console.print(f"\nfailed     {domain:<12} {error}")
    return any(source.late for source in sources)


def _sources(sources: list[journal.Source]) -> Table:
    table = _table("source", "state", "last success", "rows", "refused", "data read", "next", left=3)
    for source in sources:
        table.add_row(
            source.domaine,
            source.state,
            _instant(source.reussie_le),
            _number(source.lignes),
            _number(source.refusees),
            _instant(source.donnees_du),
            _instant(schedules.schedule_of(source.domaine).after(datetime.now(UTC))),
        )
    return table


def _tables(tables: list[journal.Mart]) -> Table:
    table = _table("table in marts", "version", "built", "rows", left=1)
    for each in tables:
        table.add_row(each.nom_table, _number(each.version), _instant(each.construit_le), _number(each.lignes))
    return table


def _table(*columns: str, left: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right")
    return table


def _instant(instant: datetime | None) -> str:
    return f"{instant.astimezone(PARIS):%Y-%m-%d %H:%M}" if instant else "-"


def _number(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
