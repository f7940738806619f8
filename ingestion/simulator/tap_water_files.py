"""The yearly zips of drinking water: which are published in a scenario, and their bytes."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ingestion.settings import DRINKING_WATER
from ingestion.simulator.tap_water import PARAMETERS, Network, Parameter, Sample, networks, samples, served
from ingestion.simulator.world import Scenario
from ingestion.sources.qualite_eau.yearly_zip import COLUMNS

FIRST_YEAR = 2016


def resources(scenario: Scenario) -> dict[int, str]:
    """The years published, each with the id of its zip: those that have samples at the scenario's day."""
    years = [year for year in scenario.years if year >= FIRST_YEAR and issue(scenario, year) >= date(year, 4, 1)]
    return {
        year: DRINKING_WATER.get(year) or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{scenario.seed}/dis-{year}"))
        for year in years
    }


def issue(scenario: Scenario, year: int) -> date:
    """The day on which a year was last published: a first of the month, until the year is settled."""
    return min(scenario.effective_day.replace(day=1), date(year + 2, 3, 1))


def modified(scenario: Scenario, year: int) -> datetime:
    """When the zip of a year was last written."""
    return datetime.combine(issue(scenario, year), time(5, 12), UTC)


def write_zip(scenario: Scenario, year: int, path: Path) -> None:
    """Write the zip of a year; the same bytes for the same scenario."""
    published = list(samples(scenario, year, issue(scenario, year)))
    communes = (
        (commune.code, commune.name.upper(), district, network.code, network.name, str(since))
        for commune, district, network, since in served(scenario, year)
    )
    by_index = {network.index: network for network in networks(scenario)}
    twins = {network.twin: network for network in by_index.values() if network.twin is not None}
    tables = {
        "com_udi": communes,
        "plv": (row for sample in published for row in _samples(sample, twins)),
        "result": (row for sample in published for row in _results(sample)),
    }
    written = modified(scenario, year)
    with ZipFile(path, "w", ZIP_DEFLATED) as container:
        for table, rows in tables.items():
            info = ZipInfo(f"DIS_{table.upper()}_{year}.txt", written.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            container.writestr(info, _csv(COLUMNS[table], rows))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The header bare, values in quotes, nothing where there is none."""
    lines = (",".join(f'"{value.replace(chr(34), chr(34) * 2)}"' if value else "" for value in row) for row in rows)
    return "\n".join([",".join(columns), *lines, ""])


def _samples(sample: Sample, twins: dict[int, Network]) -> Iterator[tuple[str, ...]]:
    """A sample of a works that feeds two networks stands in the file for both."""
    verdicts = _verdicts(sample)
    shared = sample.network.upstream and twins.get(sample.network.index)
    for network in (sample.network, shared) if shared else (sample.network,):
        upstream = network.upstream or ("", "")
        owner = f"MAIRIE DE {network.commune.name.upper()}"
        yield (
            network.department.rjust(3, "0"), network.code, network.commune.code, network.commune.name.upper(),
            *upstream, "100 %" if network.upstream else "", sample.reference, str(sample.day), sample.time,
            _conclusion(sample, verdicts), "SYNDICAT DES EAUX DU PLATEAU", owner, owner, *verdicts,
        )  # fmt: skip


def _verdicts(sample: Sample) -> tuple[str, str, str, str]:
    """Conformity to the limits, of bacteria and chemistry, then to the references: C, N, S where nothing was asked."""
    over_limit = {p.group for p, value in _measured(sample) if p.limit is not None and value > p.limit}
    outside = {p.group for p, value in _measured(sample) if _outside(p, value)}
    full = any(p.group == "chimie" for p, _ in _measured(sample))
    return (
        "N" if "bacterio" in over_limit else "C",
        "S" if not full else "D" if sample.network.index % 23 == 22 else "N" if "chimie" in over_limit else "C",
        "N" if "bacterio" in outside else "C",
        "N" if outside & {"terrain", "chimie"} else "C",
    )


def _measured(sample: Sample) -> list[tuple[Parameter, float]]:
    return [(PARAMETERS[i], round(value, PARAMETERS[i].decimals)) for i, value in sample.values.items()]


def _outside(parameter: Parameter, value: float) -> bool:
    low, high = parameter.reference
    return (low is not None and value < low) or (high is not None and value > high)


def _conclusion(sample: Sample, verdicts: tuple[str, ...]) -> str:
    if "N" in verdicts[:2]:
        text = "Eau d'alimentation non conforme aux limites de qualité pour au moins un paramètre mesuré."
    elif "N" in verdicts[2:]:
        text = 'Eau conforme aux limites de qualité, et ne satisfaisant pas aux références de qualité (eau "dure").'
    else:
        text = "Eau d'alimentation conforme aux exigences de qualité en vigueur pour l'ensemble des paramètres mesurés."
    return f"{text} Résultat rectifié." if sample.corrected else text


def _results(sample: Sample) -> Iterator[tuple[str, ...]]:
    department = sample.network.department.rjust(3, "0")
    yield (
        department, sample.reference, "ASP", "6489", "ASPECT (QUALITATIF)", "Aspect (qualitatif)", "", "O", "T",
        "Aspect normal", "SANS OBJET", "X", "", "", "0", "", "",
    )  # fmt: skip
    for parameter, value in _measured(sample):
        text, number = _texts(parameter, value, sample)
        unit, unit_code = parameter.unit
        limit = f"<={_bound(parameter.limit)} {unit}" if parameter.limit is not None else ""
        yield (
            department, sample.reference, parameter.code, parameter.sandre, parameter.name.upper(), parameter.name,
            parameter.name.partition(" (")[0] if parameter.code == "NO3" else "", "N", parameter.place, text, unit,
            unit_code, limit, _reference(parameter), number, parameter.cas,
            sample.reference if parameter.place == "L" else "",
        )  # fmt: skip


def _texts(parameter: Parameter, value: float, sample: Sample) -> tuple[str, str]:
    """The value as published and as a number: 0 below the least that is measured, and where there is no number."""
    odd = (sample.day.toordinal() * 31 + sample.network.index) % 97
    if parameter.code == "ATRZ" and odd == 5:
        return "TRACES", "0"
    if parameter.code == "GT22_68" and odd < 3:
        return ("N.M.", "PRESENCE", ">300")[odd], ("0", "0", "300")[odd]
    if value < parameter.least:
        return f"<{_comma(parameter.least, parameter)}", "0"
    return _comma(value, parameter), f"{value:.{parameter.decimals}f}"


def _reference(parameter: Parameter) -> str:
    low, high = parameter.reference
    ends = [f">={_bound(low)}"] if low is not None else []
    ends += [f"<={_bound(high)}"] if high is not None else []
    return f"{' et '.join(ends)} {parameter.unit[0]}" if ends else ""


def _comma(value: float, parameter: Parameter) -> str:
    """A number as the laboratories write it, whole without a comma."""
    return str(int(value)) if value == int(value) else f"{value:.{parameter.decimals}f}".replace(".", ",")


def _bound(value: float) -> str:
    """A limit: small ones with two digits (`0,10`), whole without a comma."""
    return f"{value:.2f}".replace(".", ",") if 0 < value < 1 else f"{value:g}".replace(".", ",")
