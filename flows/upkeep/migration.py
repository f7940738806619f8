"""Migrate the warehouse and the users' table to this version."""

import os
import subprocess
import sys

from ingestion.errors import WarehouseError
from ingestion.settings import ROOT, Settings
from ingestion.warehouse import grant_application, initialise, open_warehouse


def migrate(settings: Settings) -> None:
    """Create missing parts of the warehouse and of the users' table. Raises WarehouseError."""
    warehouse = open_warehouse(settings)
    initialise(settings, warehouse)
    done = subprocess.run(
        [sys.executable, "-m", "api.migrate"],
        check=False,
        cwd=ROOT,
        env=os.environ | warehouse.env,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise WarehouseError(f"the users' table could not be migrated: {done.stderr.strip().splitlines()[-1]}")
    grant_application(warehouse)
