"""The generated world: grid, sample, seasons, groundwater, revisions."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from ingestion.simulator import grid
from ingestion.simulator.levels import Measures, measures, summary
from ingestion.simulator.sim2_files import cells_of
from ingestion.simulator.sim2_physics import simulate
from ingestion.simulator.stations import DEPTH_REPEATS_LEVEL, Station, stations
from ingestion.simulator.weather import Place, drivers
from ingestion.simulator.world import Scenario, day_number
from ingestion.sources.meteo.sim2_csv import VARIABLES

DEFAULT = Scenario()


def test_the_grid_has_9892_cells_on_the_lattice():
    cells = grid.all_cells()
    assert len({(x, y) for x, y in cells.tolist()}) == 9892
    assert set((cells[:, 0] - 600) % 80) == {0}
    assert set((cells[:, 1] - 16010) % 80) == {0}


def test_the_grid_covers_the_mainland_and_corsica():
    for longitude, latitude in [(2.35, 48.85), (-0.58, 44.84), (7.75, 48.58), (9.15, 42.3), (1.91, 50.94)]:
        x, y = grid.to_hectometres(np.array([longitude]), np.array([latitude]))
        assert grid.is_cell(*grid.nearest_node(float(x[0]), float(y[0])))
    x, y = grid.to_hectometres(np.array([-3.0]), np.array([45.5]))
    assert not grid.is_cell(*grid.nearest_node(float(x[0]), float(y[0])))


def test_the_sample_holds_the_example_cell_and_every_station():
    cells = [tuple(cell) for cell in cells_of(DEFAULT).tolist()]
    assert len(set(cells)) == 100
    # Lambert-93 (652500, 6862500), Paris, in hectometres of Lambert II étendu.
    assert cells[0] == grid.example_cell() == (6040, 24330)
    assert {station.cell for station in stations(DEFAULT)} <= set(cells)
    assert set(cells) <= {tuple(cell) for cell in grid.all_cells().tolist()}


def test_a_larger_sample_of_cells_can_be_the_whole_grid():
    whole = cells_of(replace(DEFAULT, cells=9892))
    assert len({tuple(cell) for cell in whole.tolist()}) == 9892


@pytest.mark.parametrize(
    "wrong",
    [{"cells": 0}, {"cells": 9893}, {"years": ()}, {"years": (2024, 2023)}, {"stations": 0}, {"revision": -1}],
)
def test_a_scenario_that_cannot_be_generated_is_refused_by_its_field(wrong):
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))}: "):
        replace(DEFAULT, **wrong)


@pytest.fixture(scope="module")
def weather() -> dict[str, np.ndarray]:
    """2023 for the default sample, (days, cells)."""
    place = Place.of(1, cells_of(DEFAULT))
    return simulate(1, place, day_number(date(2023, 1, 1)), day_number(date(2023, 12, 31)))


def test_every_published_variable_is_simulated(weather):
    assert set(weather) == set(VARIABLES)
    assert all(values.shape == (365, 100) and np.isfinite(values).all() for values in weather.values())


def test_values_stay_within_physical_bounds(weather):
    assert weather["hu"].min() >= 30
    assert weather["hu"].max() <= 100
    assert weather["swi"].min() >= 0.2
    assert weather["swi"].max() <= 1.04
    assert (weather["tinf_h"] <= weather["t"]).all()
    assert (weather["t"] <= weather["tsup_h"]).all()
    assert (weather["preliq"] >= 0).all()
    assert (weather["prenei"][weather["t"] > 1.5] == 0).all()


def test_seasons(weather):
    january, july = slice(0, 31), slice(181, 212)
    assert weather["t"][july].mean() > weather["t"][january].mean() + 8
    assert weather["etp"][july].mean() > 3 * weather["etp"][january].mean()
    assert weather["swi"][july].mean() < weather["swi"][january].mean()
    assert weather["drainc"][july].mean() < weather["drainc"][january].mean()


def test_rain_persists_and_amounts_to_a_year_in_france(weather):
    rain = weather["preliq"] + weather["prenei"]
    wet = rain > 0.1
    assert 500 < rain.sum(axis=0).mean() < 1300
    assert wet[1:][wet[:-1]].mean() > wet.mean() + 0.1


def test_a_day_does_not_depend_on_the_other_cells(weather):
    alone = simulate(
        1, Place.of(1, cells_of(DEFAULT)[40:41]), day_number(date(2023, 1, 1)), day_number(date(2023, 2, 1))
    )
    assert np.allclose(alone["t"][:, 0], weather["t"][:32, 40])


def by_instant(rows: Measures) -> dict[tuple[int, int], tuple[int, int]]:
    """Level and status by day and time."""
    instants = zip(rows.day.tolist(), rows.time.tolist(), strict=True)
    return dict(zip(instants, zip(rows.level.tolist(), rows.status.tolist(), strict=True), strict=True))


def rows_of(scenario: Scenario, index: int) -> tuple[Station, Measures]:
    """All the rows of a station."""
    station = stations(scenario)[index]
    return station, measures(scenario, station, None, None)


def test_the_level_follows_the_rain_of_the_weeks_before():
    scenario = replace(DEFAULT, years=tuple(range(2005, 2025)))
    for index in (0, 3, 8, 11):
        station, rows = rows_of(scenario, index)
        days = np.arange(rows.day[0] - 120, rows.day[-1] + 1)
        place = Place.of(1, np.array([station.cell]))
        rain = drivers(1, place, days).precipitation[:, 0]
        month = np.convolve(rain, np.full(40, 1 / 40))[: len(rain)]
        here = rows.day - days[0]
        before = np.corrcoef(rows.level, month[here - 14])[0, 1]
        after = np.corrcoef(rows.level[:-200], month[here[:-200] + 80])[0, 1]
        assert before > 0.5
        assert before > after + 0.2


def test_the_summary_counts_the_rows():
    for index in range(16):
        station, rows = rows_of(DEFAULT, index)
        series = summary(DEFAULT, station)
        assert (series.count, series.first, series.last) == (len(rows), rows.day[0], rows.day[-1])


def test_there_are_gaps_two_a_day_late_days_and_untimed_rows():
    everything = [rows_of(DEFAULT, index) for index in range(16)]
    assert any((np.diff(rows.day) > 10).any() for _, rows in everything)
    assert any((np.diff(rows.day) == 0).any() for _, rows in everything)
    assert any((rows.time < 0).any() for _, rows in everything)
    assert max(day_number(DEFAULT.today) - int(rows.day[-1]) for _, rows in everything) > 49


def test_depth_is_ground_less_level_but_for_one_department():
    for index in range(16):
        station, rows = rows_of(DEFAULT, index)
        if station.department.code == DEPTH_REPEATS_LEVEL:
            assert (rows.depth == rows.level).all()
        else:
            assert set((rows.depth + rows.level).tolist()) == {round(100 * station.ground)}
    assert DEPTH_REPEATS_LEVEL in {station.department.code for station in stations(DEFAULT)}


@pytest.mark.parametrize(
    "later", [replace(DEFAULT, revision=1), replace(DEFAULT, today=DEFAULT.today + timedelta(days=31), revision=1)]
)
def test_a_later_state_revises_some_of_the_past_and_keeps_most(later):
    changed = late = new = total = 0
    for index in range(16):
        _, then = rows_of(DEFAULT, index)
        _, now = rows_of(later, index)
        before = dict(
            zip(zip(then.day, then.time, strict=True), zip(then.level, then.status, strict=True), strict=True)
        )
        after = dict(zip(zip(now.day, now.time, strict=True), zip(now.level, now.status, strict=True), strict=True))
        assert set(before) <= set(after)
        assert all(after[key][1] >= before[key][1] for key in before)
        changed += sum(after[key][0] != before[key][0] for key in before)
        total += len(before)
        late += sum(day <= then.day[-1] for day, _ in set(after) - set(before))
        new += sum(day > then.day[-1] for day, _ in set(after) - set(before))
    assert 0 < changed < total / 20
    assert late > 0
    assert new > 0


def test_stations_are_distinct_by_the_thousand():
    many = stations(replace(DEFAULT, stations=5000))
    assert len({station.code_bss for station in many}) == len({station.bss_id for station in many}) == 5000
    assert many[:4] == stations(DEFAULT)[:4]
    assert all(grid.is_cell(*station.cell) for station in many)
