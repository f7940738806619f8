"""One PostgreSQL for a whole run of pytest, whatever the number of its workers, and databases cloned from templates."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from psycopg import sql

from ingestion.settings import load_settings
from ingestion.warehouse import Warehouse, open_warehouse
from ingestion.warehouse.embedded import HOST, OWNER, EmbeddedPostgres

FOLDER = "TESTS_FOLDER"  # the folder of a run, which its workers inherit
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# A database that is dropped after minutes needs neither a durable log nor a vacuum.
NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
}


def begin() -> None:
    """Make the folder of this run of pytest."""
    # Not pytest's own folder: each new session of pytest closes that one to the system user of a root user's server.
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="hydrotheque-tests-")
    run_folder().chmod(0o711)
    (run_folder() / "postgres").mkdir()


def end() -> None:
    """Stop the server of this run and remove its folder."""
    EmbeddedPostgres(run_folder()).stop()
    shutil.rmtree(run_folder())


def run_folder() -> Path:
    """Return the folder of this run of pytest, which its workers share."""
    return Path(os.environ[FOLDER])


def new_home(name: str) -> Path:
    """Return a HOME of its own, whose server is the one of this run."""
    home = run_folder() / name
    if not home.exists():
        home.mkdir(parents=True)
        (home / "postgres").symlink_to(run_folder() / "postgres")
    return home


def start(name: str) -> Path:
    """Start the server of this run if it does not run; return a HOME."""
    EmbeddedPostgres(run_folder()).start()
    once("not-durable", _make_not_durable)
    return new_home(name)


def once(name: str, make: Callable[[], object]) -> None:
    """Call `make` in the first worker that needs its result; the others wait until it has ended."""
    done = run_folder() / f"{name}.done"
    with FileLock(done.with_suffix(".lock")):
        if not done.exists():
            make()
            done.touch()


def _make_not_durable() -> None:
    server = EmbeddedPostgres(run_folder()).start()
    administrator = Warehouse(HOST, server.port, "postgres", server.passwords["postgres"], "postgres")
    with administrator.connect() as connection:
        for name, value in NOT_DURABLE.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        connection.execute("SELECT pg_reload_conf()")


def _administer(*statements: sql.Composable) -> None:
    """Run statements beside the databases they are about."""
    with open_warehouse(load_settings(home=run_folder(), pgdatabase=OWNER)).connect() as connection:
        for statement in statements:
            connection.execute(statement)


def create_database(name: str, template: str = "template1") -> None:
    """Create a database as a copy of another, to which nothing may be connected; one of that name is dropped first."""
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    _leave(name)
    _administer(
        sql.SQL("DROP DATABASE IF EXISTS {name}").format(**names),
        sql.SQL("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy").format(**names),
    )


def rename_database(name: str, new_name: str) -> None:
    """Give a database another name: dbt has done its work in it, and the next one is to have its name."""
    names = {"name": sql.Identifier(name), "new": sql.Identifier(new_name)}
    _leave(name)
    _administer(
        sql.SQL("DROP DATABASE IF EXISTS {new}").format(**names),
        sql.SQL("ALTER DATABASE {name} RENAME TO {new}").format(**names),
    )


def _leave(name: str) -> None:
    """End every client's connection to a database."""
    _administer(
        sql.SQL(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = {} AND backend_type = 'client backend'"
        ).format(sql.Literal(name))
    )
