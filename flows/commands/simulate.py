"""`hydrotheque simulate`: a simulation of the providers on this machine."""

from typing import Annotated

import typer

from ingestion.simulator.server import serve_forever
from ingestion.simulator.tap_water_files import resources
from ingestion.simulator.world import Scenario

app = typer.Typer()


@app.command()
def simulate(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1")] = 8010,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data")] = 1,
    cells: Annotated[int, typer.Option(help="Cells of the weather grid, up to 9,892")] = 100,
    stations: Annotated[int, typer.Option(help="Piezometers")] = 16,
) -> None:
    """Serve simulated providers: data.gouv.fr and Hub'Eau on one address."""
    scenario = Scenario(seed=seed, cells=cells, stations=stations)
    years = ",".join(f"{year}={resource}" for year, resource in resources(scenario).items())
    typer.echo(f"HYDROTHEQUE_DATA_GOUV_URL=http://127.0.0.1:{port} HYDROTHEQUE_HUBEAU_URL=http://127.0.0.1:{port}")
    typer.echo(f"HYDROTHEQUE_QUALITE_EAU_RESOURCES={years}")
    serve_forever(scenario, "127.0.0.1", port)
