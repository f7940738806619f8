"""`hydrotheque stations`, `sensors` and `sources`: the piezometers, sensors and files that are collected."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import psycopg
import typer

from ingestion.control import followed
from ingestion.settings import get_settings
from ingestion.warehouse import initialise, open_warehouse
from ingestion.warehouse.held import held_files

app = typer.Typer()
stations = typer.Typer(help="The piezometers whose levels are collected.", no_args_is_help=True)
sensors = typer.Typer(help="The sensors whose values are collected every hour.", no_args_is_help=True)
sources = typer.Typer(help="The files collected from data.gouv.fr.", no_args_is_help=True)
app.add_typer(stations, name="stations")
app.add_typer(sensors, name="sensors")
app.add_typer(sources, name="sources")

Sensor = Annotated[str, typer.Argument(help="Code of a station (M702241010), of a site (M7022410), or code BSS")]
Code = Annotated[str, typer.Argument(help="Code BSS, as 07548X0009/F")]


@contextmanager
def _connection() -> Iterator[psycopg.Connection]:
    settings = get_settings()
    warehouse = open_warehouse(settings)
    initialise(settings, warehouse)
    with warehouse.connect() as connection:
        yield connection


@stations.command()
def add(
    code: Code,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; defaults to all")] = None,
) -> None:
    """Follow a piezometer."""
    with _connection() as connection:
        followed.add_station(connection, code, since.date() if since else None)


@stations.command()
def remove(code: Code) -> None:
    """Stop following a piezometer; its collected levels stay."""
    with _connection() as connection:
        followed.remove_station(connection, code)


@stations.command("list")
def list_stations() -> None:
    """List the followed piezometers, a line each: code, first day."""
    with _connection() as connection:
        for code, since in followed.followed_stations(connection).items():
            typer.echo(f"{code}\t{since or 'all'}")


@sensors.command("add")
def add_sensor(code: Sensor) -> None:
    """Follow a sensor."""
    with _connection() as connection:
        followed.add_sensor(connection, code)


@sensors.command("remove")
def remove_sensor(code: Sensor) -> None:
    """Stop following a sensor; its collected values stay."""
    with _connection() as connection:
        followed.remove_sensor(connection, code)


@sensors.command("list")
def list_sensors() -> None:
    """List the followed sensors, a line each: code."""
    with _connection() as connection:
        for code in followed.followed_sensors(connection):
            typer.echo(code)


@sources.command("list")
def list_sources() -> None:
    """List the collected files, a line each: name, loaded version (date, bytes, rows), address."""
    with _connection() as connection:
        for name, url, held in held_files(connection):
            typer.echo(f"{name}\t{held or 'not loaded yet'}\t{url}")
