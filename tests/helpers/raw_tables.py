"""Writes the raw tables of a warehouse as ingestion does: a few rows and a package at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from tests.helpers.warehouse import TestWarehouse

BRUTE, CONTROLEE, INTERPRETEE = "Donnée brute", "Donnée contrôlée niveau 1", "Donnée interprétée"
START = datetime(2025, 1, 1, tzinfo=UTC)  # of the sensors' values
HYDRO_STATION, WELL = "M702241010", "06252X0063/PZ1"
Values = Mapping[datetime, tuple[float, int]]


def hours(*numbers: float) -> list[datetime]:
    """Return instants, in hours after START."""
    return [START + timedelta(hours=number) for number in numbers]


@dataclass
class RawTables:
    """The raw tables of a warehouse, and the number of the packages written to them."""

    warehouse: TestWarehouse
    packages: int = 0

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return self.warehouse.rows(statement, *values)

    def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows with the same columns."""
        if not rows:
            return
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, rows[0])),
            sql.SQL(", ").join(map(sql.Placeholder, rows[0])),
        )
        with psycopg.connect(self.warehouse.url) as connection:
            connection.cursor().executemany(statement, rows)

    def package(self, domain: str, *, complete: bool = True) -> str:
        """Return the name of a new package; nothing builds one that is not complete."""
        self.packages += 1
        if complete:
            self.complete(domain)
        return f"{self.packages:04}"

    def complete(self, domain: str) -> None:
        """Note that the last package is completely loaded."""
        self.insert("control.paquet_charge", {"domaine": domain, "paquet": f"{self.packages:04}"})

    # meteo

    def sim2(
        self, name: str, rows: Sequence[tuple[int, str, float]], *, modified: str, cells: int = 2, complete: bool = True
    ) -> None:
        """Replace a SIM2 file by rows of (cell number, day, temperature); cells lie 80 hm apart on one line."""
        self.run("delete from raw_meteo.sim2 where nom_du_fichier = %s", name)
        self.insert(
            "raw_meteo.sim2",
            *(
                {"lambx": 600 + 80 * cell, "lamby": 24010, "date": day, "t": t, "nom_du_fichier": name}
                for cell, day, t in rows
            ),
        )
        self.run(
            """insert into raw_meteo.maille
            select x, 24010, x * 100, 2401000, 650000, 6862500, 2.3, 48.8
            from (select 600 + 80 * generate_series(0, %s - 1)::bigint as x) as new
            where not exists (select from raw_meteo.maille where lambx = x)""",
            cells,
        )
        days = [day for _, day, _ in rows]
        reading = {
            "paquet": self.package("meteo", complete=complete),
            "nom_du_fichier": name,
            "modifie_le": modified,
            "lignes": len(rows),
            "date_min": min(days, default=None),
            "date_max": max(days, default=None),
            "lu_le": datetime.now(UTC),
        }
        self.insert("raw_meteo.lecture", reading)

    # piezometrie

    def station(self, code: str, *, x: float = 60_100, y: float = 2_401_000) -> None:
        """List a station."""
        station = {
            "code_bss": code,
            "altitude_station": "-999",
            "x_lambert2": x,
            "y_lambert2": y,
            "lu_le": datetime.now(UTC),
        }
        self.insert("raw_piezometrie.stations", station)

    def measures(
        self,
        code: str,
        since: str,
        rows: Sequence[tuple[str, float, str, str]],
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Replace a station's measures from a day on by rows of (day, level, statut, code of the producer).

        `names` has the names of producers; the others are named after their code.
        """
        self.run("delete from raw_piezometrie.chroniques where code_bss = %s and date_mesure >= %s", code, since)
        package = self.package("piezometrie")
        names = {producer: f"producteur {producer}" for *_, producer in rows} | dict(names or {})
        chroniques = (
            {
                "code_bss": code,
                "date_mesure": day,
                "niveau_nappe_eau": level,
                "statut": statut,
                "code_producteur": producer,
                "nom_producteur": names[producer],
                "lu_depuis": since,
                "paquet": package,
            }
            for day, level, statut, producer in rows
        )
        self.insert("raw_piezometrie.chroniques", *chroniques)
        codes = ({"entite": "producteur", "code": each, "nom": names[each], "paquet": package} for each in names)
        self.insert("raw_piezometrie.codes", *codes)
        reading = {"code_bss": code, "lu_depuis": since, "lignes": len(rows)}
        self.insert("raw_piezometrie.lecture", reading | {"paquet": package, "lu_le": datetime.now(UTC)})

    # capteurs

    def sensors(self) -> None:
        """List two sensors, HYDRO_STATION and WELL, without values."""
        hydro = {"code_capteur": HYDRO_STATION, "code_site": "M7022410", "code_station": HYDRO_STATION}
        hydro |= {"code_commune_station": "85254", "en_service": True, "lu_le": datetime.now(UTC)}
        self.insert("raw_capteurs.stations_hydrometriques", hydro)
        well = {"code_bss": WELL, "code_commune_insee": "71522", "lu_le": datetime.now(UTC)}
        self.insert("raw_capteurs.stations_piezometriques", well)
        self.readings({})

    def readings(self, heights: Values, levels: Sequence[datetime] = ()) -> None:
        """Write a package of heights (value, statut) and levels that replace those from the first of them on."""
        package = self.package("capteurs")
        if heights:
            self._replace_readings("observations_tr", "date_obs", HYDRO_STATION, ["H"], list(heights), package)
        if levels:
            names = ["niveau_eau_ngf", "profondeur_nappe"]
            self._replace_readings("chroniques_tr", "date_mesure", WELL, names, levels, package)
        hydro = {"code_capteur": HYDRO_STATION, "code_station": HYDRO_STATION, "grandeur_hydro": "H", "paquet": package}
        observations = (  # the same instant comes with the lower statut too
            hydro | {"date_obs": instant, "resultat_obs": value if each == statut else 9999, "code_statut": each}
            for instant, (value, statut) in heights.items()
            for each in sorted({4, statut})
        )
        self.insert("raw_capteurs.observations_tr", *observations)
        well = {"code_capteur": WELL, "code_bss": WELL, "paquet": package}  # 64ths: their sums are exact
        chroniques = (
            well | {"date_mesure": instant, "niveau_eau_ngf": 200 + n / 64, "profondeur_nappe": 14 - n / 64}
            for n, instant in enumerate(levels)
        )
        self.insert("raw_capteurs.chroniques_tr", *chroniques)

    def _replace_readings(
        self, table: str, column: str, code: str, grandeurs: Sequence[str], instants: Sequence[datetime], package: str
    ) -> None:
        since = min(instants)
        self.run(f"delete from raw_capteurs.{table} where code_capteur = %s and {column} >= %s", code, since)
        reading = {"paquet": package, "code_capteur": code, "lu_depuis": since, "lu_le": datetime.now(UTC)}
        reading |= {"dernier_instant": max(instants), "lignes": len(instants)}
        self.insert("raw_capteurs.lecture", *(reading | {"grandeur": each} for each in grandeurs))

    # qualite_eau

    def water_year(
        self,
        year: int,
        communes: Sequence[tuple[str, str]],
        samples: Sequence[tuple[str, str, str]],
        results: Sequence[tuple[str, str, str]],
        *,
        complete: bool = True,
    ) -> None:
        """Replace a year by (commune, network), (sample, network, verdict of bacteria), (sample, parameter, rqana)."""
        file = {"annee": year, "nom_du_fichier": f"dis-{year}.zip"}
        for table in ("com_udi", "plv", "result"):
            self.run(f"delete from raw_qualite_eau.{table} where nom_du_fichier = %s", file["nom_du_fichier"])
        networks = (
            {"inseecommune": commune, "nomcommune": f"COMMUNE {commune}", "quartier": "-", "cdreseau": network}
            | {"nomreseau": f"RESEAU {network} {year}", "debutalim": "2010-09-07"}
            for commune, network in communes
        )
        self.insert("raw_qualite_eau.com_udi", *(network | file for network in networks))
        taken = {"dateprel": f"{year}-06-15", "heureprel": "08h30", "plvconformitechimique": "C"} | file
        plv = (
            taken | {"referenceprel": sample, "cdreseau": network, "plvconformitebacterio": verdict}
            for sample, network, verdict in samples
        )
        self.insert("raw_qualite_eau.plv", *plv)
        result = (
            {"referenceprel": sample, "cdparametresiseeaux": parameter, "libminparametre": f"{parameter} en {year}"}
            | {"limitequal": "<=0,1 µg/L" if parameter == "ATRZ" else None, "rqana": rqana}
            | {"referenceanl": None if parameter == "PH" else sample}
            for sample, parameter, rqana in results
        )
        self.insert("raw_qualite_eau.result", *(each | file for each in result))
        reading = {"paquet": self.package("qualite_eau", complete=complete), "lu_le": datetime.now(UTC)}
        self.insert("raw_qualite_eau.lecture", reading | file)
