"""The lines of a run on a terminal: one for each piece, and a table at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from flows.run import Run
from ingestion.report import Collected, Loaded, Reporter
from ingestion.warehouse import marts

console = Console(highlight=False)


def reporter() -> Reporter:
    """Return a reporter with progress bars on a terminal, with lines only elsewhere."""
    return Reporter(show_line, _bar if console.is_terminal else _every_hundred)


class _Rate(ProgressColumn):
    """Stations per second."""

    def render(self, task: Task) -> Text:
        return TaskProgressColumn.render_speed(task.finished_speed or task.speed)


@contextmanager
def _bar(piece: str, total: int | None) -> Iterator[Callable[[int], None]]:
    rate = _Rate() if piece.startswith("chroniques") else TransferSpeedColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(piece, total=total)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def _every_hundred(piece: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Print a line for each hundred stations; a file has one line, at its end."""
    shown = 0

    def advance(done: int) -> None:
        nonlocal shown
        if piece.startswith("chroniques") and done // 100 > shown:
            shown = done // 100
            console.print(f"           {piece}: {done} of {total}")

    yield advance


def show_line(line: Collected | Loaded) -> None:
    """Print the lines for a collected piece or loaded packages."""
    for text in lines_for(line):
        console.print(text)


def lines_for(line: Collected | Loaded) -> list[str]:
    """Return the lines for a collected piece or loaded packages: the result, then values lost and stations unknown."""
    if isinstance(line, Loaded):
        title = f"package {line.package}" if line.packages == 1 else f"{line.packages} packages to {line.package}"
        return [f"loaded     {line.domain:<12} {title}: {line.rows:,} rows, {line.seconds:.1f} s"]
    texts = [f"unchanged  {line.domain:<12} {line.piece}"]
    if not line.unchanged:
        refused = f", {line.refused:,} refused" if line.refused else ""
        new = f", new columns kept: {', '.join(line.new_columns)}" if line.new_columns else ""
        texts = [f"collected  {line.domain:<12} {line.piece}: {line.rows:,} rows, {line.seconds:.1f} s{refused}{new}"]
    if line.lost:
        texts.append(f"lost       {line.domain:<12} nothing was read {line.lost}, and the provider has deleted it")
    if line.missing:
        texts.append(f"unknown    {line.domain:<12} the provider does not know {', '.join(line.missing)}")
    return texts


def show_built(run: Run) -> None:
    """Print the counts of a dbt build, the published rows that it revised, and its warnings."""
    if run.built.unchanged:
        console.print("unchanged  tables       no package is newer than they are")
    if run.built.nodes:
        console.print(
            f"built      {run.built.models} models, {run.built.tests} tests passed, {run.built.seconds:.1f} s"
        )
        for each in run.built.revised:
            console.print(f"revised    {each.table}: {each.changed:,} rows changed, {each.gone:,} gone")
        for warning in run.built.warnings:
            console.print(f"warning    {warning}")


def show_run(run: Run) -> None:
    """Print the table of a whole run, and the next commands."""
    show_built(run)
    collected = [line for line in run.reporter.lines if isinstance(line, Collected)]
    loaded = [line for line in run.reporter.lines if isinstance(line, Loaded)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("domain", "read", "unchanged", "to the lake", "refused", "packages", "to raw"):
        table.add_column(column, justify="left" if column == "domain" else "right")
    for domain in dict.fromkeys(line.domain for line in run.reporter.lines):
        pieces = [line for line in collected if line.domain == domain]
        packages = [line for line in loaded if line.domain == domain]
        figures = (
            sum(not line.unchanged for line in pieces),
            sum(line.unchanged for line in pieces),
            sum(line.rows for line in pieces),
            sum(line.refused for line in pieces),
            sum(line.packages for line in packages),
            sum(line.rows for line in packages),
        )
        table.add_row(domain, *(f"{figure:,}" for figure in figures))
    console.print()
    console.print(table)
    console.print()
    console.print(_marts(run))
    console.print("\nNext: make psql (the tables), make serve (the API), README.md (both)")


def _marts(run: Run) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("table in marts")
    table.add_column("rows", justify="right")
    with run.warehouse.connect() as connection:
        for name in marts(connection):
            row = connection.execute(f"SELECT count(*) FROM marts.{name}").fetchone()  # noqa: S608 - our own names
            table.add_row(name, f"{row[0] if row else 0:,}")
    return table
