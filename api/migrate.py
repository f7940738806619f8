"""Bring schema `app` to the newest revision: `python -m api.migrate`, as the owner of the database (PG* variables)."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from api.errors import first_line


def config() -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def upgrade() -> None:
    """Create or bring up to date the tables of schema `app`; a second run changes nothing."""
    command.upgrade(config(), "head")


def main() -> int:
    """Run the migrations; 0, or 1 with one line on stderr when the database refuses."""
    try:
        upgrade()
    except DBAPIError as error:
        sys.stderr.write(f"The migrations of schema app failed: {first_line(error)}; look at the PG* variables\n")
        return 1
    sys.stdout.write("Schema app is up to date\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
