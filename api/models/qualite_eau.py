"""The marts of drinking water. dbt builds them: never `create_all` these.

A `…Row` is a row as an answer gives it; the table of the same name is the row in the database.
"""

import datetime as dt

from sqlalchemy import Boolean, Date, DateTime, Double, Integer, Text
from sqlmodel import SQLModel

from api.models.columns import column

_MARTS = {"schema": "marts"}
_COMMUNE = ("INSEE code of the commune.", "70402", Text)
_NETWORK = ("Code of the distribution network.", "070000002", Text)
_SAMPLE = ("Code of the sample.", "07000340289", Text)
_PARAMETER = ("Code of the parameter in SISE-Eaux, the health agencies' database.", "NO3", Text)
_YEAR = ("Year of the file that the row comes from.", 2024, Integer)
_FIRST_YEAR = ("First year of which a file has it.", 2022, Integer)
_LAST_YEAR = ("Last year of which a file has it.", 2024, Integer)
_LINES = ("Lines of the file that have this key: more than 1 where it repeats one.", 1, Integer)
_SAME = ("How many of them say the same as this one.", 1, Integer)
_VERDICT = "C they are kept, N they are not, D they are by a derogation, S none was looked for; null: not said."


class ReseauDistribution(SQLModel, table=True):
    """One row per distribution network."""

    __tablename__ = "reseau_distribution"
    __table_args__ = _MARTS
    cdreseau: str = column(*_NETWORK, key=True)
    nomreseau: str | None = column("Its name.", "UDI VALY-LE-HAUT", Text)
    code_departement: str = column("Code of its département.", "70", Text)
    premiere_annee: int = column(*_FIRST_YEAR)
    derniere_annee: int = column(*_LAST_YEAR)


class CommuneReseauRow(SQLModel):
    """A distribution network that serves a district of a commune, or did."""

    code_insee: str = column(*_COMMUNE, key=True)
    quartier: str = column("District of the commune; `-` for none in particular.", "-", Text, key=True)
    cdreseau: str = column(*_NETWORK, key=True)
    debutalim: dt.date | None = column("Since when it serves the district.", "2017-07-28", Date)
    premiere_annee: int = column("First year in which it served the district.", 2022, Integer)
    derniere_annee: int = column("Last year in which it served the district.", 2024, Integer)


class CommuneReseau(CommuneReseauRow, table=True):
    """One row per commune, district and distribution network."""

    __tablename__ = "commune_reseau"
    __table_args__ = _MARTS
    annees: str = column("All these years, in one text.", "2021, 2022", Text)


class Parametre(SQLModel, table=True):
    """One row per parameter looked for in drinking water."""

    __table_args__ = _MARTS
    cdparametresiseeaux: str = column(*_PARAMETER, key=True)
    cdparametre: str | None = column("Its code at Sandre.", "1340", Text)
    casparam: str | None = column("CAS number of the substance.", "14797-55-8", Text)
    libmajparametre: str | None = column("Its name in capitals.", "NITRATES (EN NO3)", Text)
    libminparametre: str | None = column("Its name.", "Nitrates (en NO3)", Text)
    libwebparametre: str | None = column("Its name for the public.", "Nitrates", Text)
    qualitparam: str | None = column("N: its result is a number; O: an observation.", "N", Text)
    cdunitereferencesiseeaux: str | None = column("Unit of its results.", "mg/L", Text)
    cdunitereference: str | None = column("Code of the unit at Sandre.", "162", Text)
    premiere_annee: int = column(*_FIRST_YEAR)
    derniere_annee: int = column(*_LAST_YEAR)


class PrelevementRow(SQLModel):
    """A sample (prélèvement) for one of the networks that it stands for."""

    referenceprel: str = column(*_SAMPLE, key=True)
    cdreseau: str = column(*_NETWORK, key=True)
    annee: int = column(*_YEAR, key=True)
    dateprel: dt.date = column("Day on which it was taken.", "2024-02-12", Date)
    heureprel: str | None = column("Hour at which it was taken, local time, as published.", "14h09", Text)
    cddept: str | None = column("Département of the agency, three characters.", "070", Text)
    inseecommuneprinc: str | None = column("INSEE code of the network's principal commune.", "70402", Text)
    nomcommuneprinc: str | None = column("Name of that commune.", "VALY-LE-HAUT", Text)
    cdreseauamont: str | None = column("Installation upstream where it was taken, if it was.", "070000901", Text)
    nomreseauamont: str | None = column("Name of that installation.", "STATION VALY-LE-HAUT", Text)
    pourcentdebit: float | None = column("Part of the network's water from there, %.", 100.0, Double)
    plvconformitebacterio: str | None = column(f"Limits of quality of bacteria: {_VERDICT}", "N", Text)
    plvconformitechimique: str | None = column(f"Limits of quality of chemistry: {_VERDICT}", "C", Text)
    plvconformitereferencebact: str | None = column(f"References of quality of bacteria: {_VERDICT}", "C", Text)
    plvconformitereferencechim: str | None = column(f"References of quality of chemistry: {_VERDICT}", "C", Text)
    conclusionprel: str | None = column("Conclusion of the health agency.", "Eau d'alimentation non conforme …", Text)
    ugelib: str | None = column("Managing unit of the network.", "SYNDICAT DES EAUX DU PLATEAU", Text)
    distrlib: str | None = column("Who distributes the water.", "MAIRIE DE VALY-LE-HAUT", Text)
    moalib: str | None = column("Owner of the network.", "MAIRIE DE VALY-LE-HAUT", Text)
    lignes: int = column(*_LINES)
    identiques: int = column(*_SAME)


class Prelevement(PrelevementRow, table=True):
    """One row per sample, network and year of the file."""

    __table_args__ = _MARTS
    # Local time of a place that the row does not name: an answer gives the day and the hour as published.
    preleve_le: dt.datetime | None = column("Day and hour, local time.", "2024-02-12T14:09:00", DateTime)


class ResultatRow(SQLModel):
    """What was found of a parameter in a sample, beside its limit (health) and its reference (good working)."""

    referenceprel: str = column(*_SAMPLE, key=True)
    cdparametresiseeaux: str = column(*_PARAMETER, key=True)
    referenceanl: str = column("Code of the analysis; blank for a test in the field.", "07000340289", Text, key=True)
    annee: int = column(*_YEAR, key=True)
    cddept: str | None = column("Département of the agency, three characters.", "070", Text)
    insituana: str | None = column("T in the field, L in a laboratory.", "L", Text)
    rqana: str | None = column("Result as published: a number, `<0,020`, `TRACES`, `PRESENCE`.", "12,5", Text)
    valeur: float | None = column("Result as a number; null where it is none, as below a threshold.", 12.5, Double)
    sous_seuil: bool = column("Whether it is below what can be told: `<`.", False, Boolean)
    sur_seuil: bool = column("Whether it is above what can be told: `>`.", False, Boolean)
    seuil: float | None = column("Number behind the `<` or `>`.", 0.05, Double)
    valtraduite: float | None = column("Result as its publisher makes it a number: 0 for every `<`.", 12.5, Double)
    cdunitereferencesiseeaux: str | None = column("Unit of every number of this row.", "mg/L", Text)
    limitequal: str | None = column("Limit of quality, as published.", "<=50 mg/L", Text)
    limite_min: float | None = column("Lowest value that the limit allows.", None, Double)
    limite_max: float | None = column("Highest value that the limit allows.", 50.0, Double)
    depasse_limite: bool | None = column("Whether it is outside the limit; null without one.", False, Boolean)
    refqual: str | None = column("Reference of quality, as published.", ">=6,5 et <=9 unité pH", Text)
    reference_min: float | None = column("Lowest value that the reference allows.", 6.5, Double)
    reference_max: float | None = column("Highest value that the reference allows.", 9.0, Double)
    hors_reference: bool | None = column("Whether it is outside the reference; null without one.", False, Boolean)
    lignes: int = column(*_LINES)
    identiques: int = column(*_SAME)


class ResultatAnalyse(ResultatRow, table=True):
    """One row per sample, parameter, analysis and year of the file."""

    __tablename__ = "resultat_analyse"
    __table_args__ = _MARTS


class ConformiteRow(SQLModel):
    """How the tap water of a commune kept the limits of quality in one year."""

    code_insee: str = column(*_COMMUNE, key=True)
    annee: int = column("The year.", 2024, Integer, key=True)
    prelevements: int = column("Samples of the networks that served the commune in the year.", 48, Integer)
    prelevements_bacterio: int = column("Those of them looked at for bacteria.", 48, Integer)
    prelevements_chimie: int = column("Those of them looked at for chemistry.", 48, Integer)
    part_conforme_bacterio: float | None = column("Share that keeps the limits of bacteria, 0 to 1.", 0.98, Double)
    part_conforme_chimie: float | None = column("Share that keeps the limits of chemistry, 0 to 1.", 1.0, Double)
    parametres_depasses: int = column("Parameters of which a sample was over its limit.", 1, Integer)
    resultats_depasses: int = column("Results over their limit.", 1, Integer)
    evolution_bacterio: float | None = column("Share of bacteria less that of the year before.", -0.02, Double)
    evolution_chimie: float | None = column("Share of chemistry less that of the year before.", 0.0, Double)
    tendance: str | None = column("Against the year before.", "stable", Text)


class ConformiteCommune(ConformiteRow, table=True):
    """One row per commune and year."""

    __tablename__ = "conformite_commune"
    __table_args__ = _MARTS
