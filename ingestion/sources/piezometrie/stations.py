"""The piezometers: which are followed, and their description as Hub'Eau gives it, typed."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.control.followed import follow, followed_stations
from ingestion.errors import SourceError
from ingestion.providers import hubeau
from ingestion.providers.hubeau import HubEau
from ingestion.sources.coordinates import LAMBERT2, WGS84, convert
from ingestion.sources.source import Collecting, Stations, texts

STATION_TYPES = {
    **dict.fromkeys(("date_debut_mesure", "date_fin_mesure"), pa.date32()),
    **dict.fromkeys(("date_maj", "lu_le"), pa.timestamp("us", "UTC")),
    **dict.fromkeys(("x_lambert2", "y_lambert2"), pa.float64()),
}
REFUSED = texts("code_bss", "objet", "reference", "motif", "texte")
# A day as it is published: DuckDB's cast alone takes other forms.
DAY = r"CASE WHEN regexp_full_match({0}, '\d{{4}}-\d{{2}}-\d{{2}}') THEN TRY_CAST({0} AS DATE) END"


def followed(run: Collecting, provider: HubEau) -> Stations:
    """Follow what the settings select, and return the stations followed as the provider describes them.

    Raises SourceError when the provider knows none of them.
    """
    settings = run.settings
    named: tuple[str, ...] = settings.piezo_stations
    everything = settings.sources == "simulated" and not named and not settings.piezo_departements
    if everything or [name.lower() for name in named] == ["all"]:
        selected, named = hubeau.all_stations(provider), ()
    else:
        selected = hubeau.stations(provider, named, settings.piezo_departements)
    follow(run.connection, selected["code_bss"].drop_null().to_pylist())
    codes = set(followed_stations(run.connection))
    others = hubeau.stations(provider, tuple(sorted(codes - set(selected["code_bss"].to_pylist()))), ())
    rows = pa.concat_tables([selected, others], promote_options="permissive")
    asked = pa.array([*codes, None], pa.string())
    found, refused = typed_stations(rows.filter(pc.is_in(rows["code_bss"], asked)))
    if not found.num_rows:
        raise SourceError(f"{settings.hubeau_url} knows none of the stations followed; see `hydrotheque stations list`")
    missing = tuple(sorted((codes | set(named)) - set(found["code_bss"].to_pylist())))
    return Stations({"stations": found}, refused, (rows,), missing, tuple(hubeau.new_fields(rows, "stations")))


def typed_stations(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Give stations their types: dates, an instant of update, Lambert II étendu metres; return them, and those
    refused for want of a code (schema REFUSED). A date that cannot be read is null: the station is kept.
    """
    with duckdb.connect() as db:
        db.register("rows", rows)
        days = ", ".join(f"{DAY.format(name)} AS {name}" for name in ("date_debut_mesure", "date_fin_mesure"))
        kept = db.sql(f"SELECT * REPLACE ({days}) FROM rows WHERE code_bss IS NOT NULL").to_arrow_table()
        refused = db.sql(
            "SELECT code_bss, 'stations' AS objet, coalesce(bss_id, '') AS reference, 'code_bss missing' AS motif, "
            "to_json(rows)::VARCHAR AS texte FROM rows WHERE code_bss IS NULL"
        ).to_arrow_table()
    updated = _instant_of_update(kept["date_maj"])
    kept = kept.set_column(kept.schema.get_field_index("date_maj"), "date_maj", updated)
    x, y = convert(kept["x"].combine_chunks(), kept["y"].combine_chunks(), WGS84, LAMBERT2)
    return kept.append_column("x_lambert2", x).append_column("y_lambert2", y), refused.cast(REFUSED)


def _instant_of_update(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read `Fri Jun 28 07:31:38 CEST 2024` as an instant; anything else is null."""
    parts = pc.extract_regex(text, r"^\w{3} (?P<day>\w{3} +\d+ [\d:]+) (?P<zone>CEST|CET|UTC|GMT) (?P<year>\d{4})$")
    moment = pc.binary_join_element_wise(pc.struct_field(parts, "day"), pc.struct_field(parts, "year"), " ")
    local = pc.strptime(moment, format="%b %d %H:%M:%S %Y", unit="us", error_is_null=True)
    zone = pc.struct_field(parts, "zone")
    hours = pc.if_else(pc.equal(zone, "CEST"), 2, pc.if_else(pc.equal(zone, "CET"), 1, 0))
    seconds = pc.multiply(hours, 3600).cast(pa.duration("s"))
    return pc.subtract(local, seconds.cast(pa.duration("us"))).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
