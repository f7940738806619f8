"""Backup and restore of the warehouse with PostgreSQL's own programs. A restore is one transaction."""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from ingestion.errors import WarehouseError
from ingestion.sources import SOURCES
from ingestion.warehouse import DBT_SCHEMAS, Warehouse, exclusive
from ingestion.warehouse.embedded import BIN

# Schemas that the lake cannot restore: accounts, followed stations, history of revised rows.
LIGHT = ("app", "control", "snapshots")
# A light backup lists packages as loaded, without the raw schemas: the next load must read them again.
UNLOADED = ("DELETE FROM control.paquet_charge", "DELETE FROM control.conservation")
SCHEMAS = ("app", "control", *DBT_SCHEMAS, *(source.schema for source in SOURCES.values()))


def backup(warehouse: Warehouse, file: Path, *, light: bool = False) -> None:
    """Write the warehouse as of one instant to a file that only its owner may read: it has the accounts.

    `light` leaves out the schemas that `load --from-lake` and `build` restore. Raises WarehouseError.
    """
    schemas = [f"--schema={name}" for name in LIGHT] if light else ["--exclude-schema=raw_*_staging"]
    part = file.with_name(f"{file.name}.part")
    try:
        part.touch(mode=0o600)
        _run(warehouse, "pg_dump", "--format=custom", "--compress=gzip:1", f"--file={part}", *schemas)
        part.replace(file)
    except OSError as error:
        raise WarehouseError(f"{file} cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def restore(warehouse: Warehouse, file: Path, *, force: bool = False) -> bool:
    """Replace the warehouse by a backup in one transaction; return whether the backup was a light one.

    Roles and rights are not in the backup: `hydrotheque db init` creates them.
    Raises WarehouseError when the file is no backup, and without `force` when the warehouse has data.
    """
    if not file.is_file():
        raise WarehouseError(f"{file}: no such file")
    listing = _run(warehouse, "pg_restore", "--list", str(file))
    if not force and (data := _contents(warehouse)):
        raise WarehouseError(
            f"database {warehouse.database} holds {data}: nothing was restored; --force replaces everything in it"
        )
    light = " SCHEMA - marts " not in listing
    with exclusive(warehouse):
        _replace(warehouse, file, *(UNLOADED if light else ()))
    with warehouse.connect() as connection:
        connection.execute("ANALYZE")
    return light


def _contents(warehouse: Warehouse) -> str:
    """Return the data that a restore would destroy; an empty text for a database that was only initialised."""
    with warehouse.connect() as connection:
        tables = connection.execute(
            r"SELECT count(*) FROM pg_tables WHERE schemaname IN ('marts', 'snapshots') OR schemaname LIKE 'raw\_%'"
        ).fetchone()
        has_users = connection.execute("SELECT to_regclass('app.users') IS NOT NULL").fetchone() == (True,)
        users = connection.execute("SELECT count(*) FROM app.users").fetchone() if has_users else None
    found = [(tables[0] if tables else 0, "tables of data"), (users[0] if users else 0, "accounts")]
    return " and ".join(f"{count} {what}" for count, what in found if count)


def _replace(warehouse: Warehouse, file: Path, *after: str) -> None:
    """Drop our schemas, run the backup's statements and those of `after`, in one transaction."""
    drop = "; ".join(f"DROP SCHEMA IF EXISTS {name} CASCADE" for name in _schemas(warehouse))
    read = [_program("pg_restore", warehouse), "--no-owner", "--no-privileges", "--file=-", str(file)]
    write = [_program("psql", warehouse), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    write += ["--output=/dev/null", "--command=SET client_min_messages = warning", f"--command={drop}", "--file=-"]
    write += [f"--command={statement}" for statement in after]
    environment = os.environ | warehouse.env
    with tempfile.TemporaryFile("w+") as errors:
        reader = subprocess.Popen(read, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603 - PostgreSQL's, no shell
        writer = subprocess.Popen(write, stdin=subprocess.PIPE, stderr=errors, env=environment)  # noqa: S603
        assert reader.stdout  # noqa: S101 - both are pipes
        assert writer.stdin  # noqa: S101
        with suppress(BrokenPipeError):
            shutil.copyfileobj(reader.stdout, writer.stdin)
            if reader.wait():
                writer.kill()  # psql would commit at the end of a broken file
            writer.stdin.close()
        reader.stdout.close()
        failed = writer.wait() or reader.wait()
        if failed:
            raise WarehouseError(f"nothing was restored: {_last_line(errors)}")


def _schemas(warehouse: Warehouse) -> list[str]:
    with warehouse.connect() as connection:
        raw = connection.execute(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'raw\_%'").fetchall()
    return sorted({*SCHEMAS, *(name for (name,) in raw)})


def _run(warehouse: Warehouse, program: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
        [_program(program, warehouse), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | warehouse.env,
    )
    if done.returncode:
        raise WarehouseError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"{program} failed")
    return done.stdout


def _last_line(errors: IO[str]) -> str:
    errors.seek(0)
    return (errors.read().strip().splitlines() or ["the programs of PostgreSQL were ended"])[-1]


def _program(name: str, warehouse: Warehouse) -> str:
    """Return PostgreSQL's program of the server's version: the embedded one, or the one on the PATH.

    Raises WarehouseError without a program of that version.
    """
    with warehouse.connect() as connection:
        wanted = connection.info.server_version // 10000
    for program in (str(BIN / name), shutil.which(name)):
        if program and _version(program) == wanted:
            return program
    raise WarehouseError(f"{name} of PostgreSQL {wanted}, the server's version, is needed on the PATH")


def _version(program: str) -> int:
    text = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    found = re.search(r"\b(\d+)\.", text)
    return int(found[1]) if found else 0
