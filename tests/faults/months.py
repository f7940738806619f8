"""Two months of a small France: what the providers say in each, and what of it is compared."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.simulator.tap_water_files import resources
from ingestion.simulator.world import Scenario
from tests.helpers.warehouse import DATABASE, OF_THE_RUN, TestWarehouse, new_warehouse

# Two header layouts, two years and 60 days that overlap the second; values of both years are revised in month 2.
MONTH_1 = Scenario(cells=12, years=(2023, 2024), stations=5, today=date(2025, 1, 8))
MONTH_2 = replace(MONTH_1, today=date(2025, 2, 8), revision=1)
SETTINGS = {"piezo_stations": ("all",), "qualite_eau_resources": resources(MONTH_1)}
NOT_THE_WINDOW = (*OF_THE_RUN, "lu_depuis")  # from which day on a series was read, beside its values
VALUES = {
    "meteo": ("raw_meteo.sim2", "raw_meteo.maille"),
    "piezometrie": ("raw_piezometrie.stations", "raw_piezometrie.chroniques"),
    "qualite_eau": ("raw_qualite_eau.com_udi", "raw_qualite_eau.plv", "raw_qualite_eau.result"),
}


def new_place(folder: Path, url: str, name: str = DATABASE, **changes: Any) -> TestWarehouse:
    """An empty warehouse that collects all stations from providers at an address."""
    return new_warehouse(folder, name, **(SETTINGS | {"hubeau_url": url, "data_gouv_url": url} | changes))
