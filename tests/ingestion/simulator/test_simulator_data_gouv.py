"""The SIM2 files: their bytes, and how data.gouv.fr serves them."""

import gzip
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import numpy as np
import pytest

from ingestion.simulator.sim2_files import FileStore, daily_files
from ingestion.simulator.world import Scenario
from ingestion.sources.meteo.sim2_csv import VARIABLES

DATASET = "/api/1/datasets/6569b27598256cc583c917a7/"
SMALL = Scenario(cells=20, years=(2023, 2024))


def lines_of(folder: Path, scenario: Scenario, name: str) -> list[list[str]]:
    """The fields of each line of a generated file, header included."""
    text = gzip.decompress(FileStore(scenario, folder).path(name).read_bytes()).decode()
    return [line.split(";") for line in text.splitlines()]


def by_key(lines: list[list[str]], column: str) -> dict[tuple[str, ...], str]:
    """A column by LAMBX, LAMBY, DATE."""
    position = lines[0].index(column)
    return {tuple(line[:3]): line[position] for line in lines[1:]}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    one, two = FileStore(SMALL, tmp_path / "a"), FileStore(SMALL, tmp_path / "b")
    other = FileStore(replace(SMALL, seed=2), tmp_path / "a")
    for name in one.files:
        assert one.path(name).read_bytes() == two.path(name).read_bytes()
        assert one.path(name).read_bytes() != other.path(name).read_bytes()


def test_gzip_carries_no_time(tmp_path):
    assert FileStore(SMALL, tmp_path).path("QUOT_SIM2_2024.csv.gz").read_bytes()[:8] == b"\x1f\x8b\x08\0\0\0\0\0"


def test_both_headers(tmp_path):
    old, new = (lines_of(tmp_path, SMALL, f"QUOT_SIM2_{year}.csv.gz")[0] for year in (2023, 2024))
    assert old == ["LAMBX", "LAMBY", "DATE"] + [f"{v.upper()}_Q" for v in VARIABLES if v != "sswi_10j"]
    assert new == ["LAMBX", "LAMBY", "DATE"] + [v.upper() for v in VARIABLES]
    assert (len(old), len(new)) == (28, 29)


def test_a_year_has_every_cell_and_day_once_in_the_published_format(tmp_path):
    lines = lines_of(tmp_path, SMALL, "QUOT_SIM2_2024.csv.gz")
    assert len(lines) == 1 + 20 * 366
    assert len({tuple(line[:3]) for line in lines}) == len(lines)
    assert {len(line) for line in lines} == {29}
    assert (lines[1][2], lines[366][2]) == ("20240101", "20241231")
    decimals = {name: len(value.partition(".")[2]) for name, value in zip(lines[0][3:], lines[-1][3:], strict=True)}
    three = {"Q", "SWI", "SSWI_10J", "HTEURNEIGE", "HTEURNEIGE6", "HTEURNEIGEX", "WG_RACINE", "WGI_RACINE"}
    assert {name for name, count in decimals.items() if count == 3} == three
    assert {count for name, count in decimals.items() if name not in three} == {1}


def test_the_new_index_is_empty_at_the_start_of_its_series_only(tmp_path):
    values = by_key(lines_of(tmp_path, SMALL, "QUOT_SIM2_2024.csv.gz"), "SSWI_10J")
    empty = {key[2] for key, value in values.items() if not value}
    assert empty == {f"202401{day:02d}" for day in range(1, 11)}


def test_text_and_numbers_agree(tmp_path):
    lines = lines_of(tmp_path, SMALL, "QUOT_SIM2_2023.csv.gz")
    table = np.array([line[3:] for line in lines[1:]], dtype=float)
    column = {name: table[:, i] for i, name in enumerate(lines[0][3:])}
    assert (column["TINF_H_Q"] <= column["T_Q"]).all()
    assert (column["T_Q"] <= column["TSUP_H_Q"]).all()
    balance = column["PRELIQ_Q"] + column["PRENEI_Q"] - column["EVAP_Q"]
    assert np.allclose(balance, column["PE_Q"])
    assert column["T_Q"].min() < 0
    assert column["DLI_Q"].min() > 1000


def test_latest_overlaps_the_year_with_a_few_revised_values_and_goes_beyond(tmp_path):
    year = by_key(lines_of(tmp_path, SMALL, "QUOT_SIM2_2024.csv.gz"), "ETP")
    lines = lines_of(tmp_path, SMALL, "QUOT_SIM2_latest.csv.gz")
    latest = by_key(lines, "ETP")
    common = set(year) & set(latest)
    assert len(common) == 20 * 52
    assert {key[2] for key in set(latest) - common} == {f"202501{day:02d}" for day in range(1, 9)}
    assert 0 < sum(year[key] != latest[key] for key in common) < len(common) / 20
    other = by_key(lines, "T")
    temperature = by_key(lines_of(tmp_path, SMALL, "QUOT_SIM2_2024.csv.gz"), "T")
    assert all(other[key] == temperature[key] for key in common)


def test_a_revision_rewrites_recent_years_and_leaves_frozen_ones(tmp_path):
    scenario = Scenario(cells=10, years=(2020, 2024))
    later = replace(scenario, revision=1)
    then, now = ({file.name: file for file in daily_files(s)} for s in (scenario, later))
    assert now["QUOT_SIM2_2024.csv.gz"].modified > then["QUOT_SIM2_2024.csv.gz"].modified
    assert now["QUOT_SIM2_2020.csv.gz"].modified == then["QUOT_SIM2_2020.csv.gz"].modified
    before, after = (lines_of(tmp_path, s, "QUOT_SIM2_2024.csv.gz") for s in (scenario, later))
    differs = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert 0 < len(differs) < len(before) / 20
    etp = before[0].index("ETP")
    assert all(a[:etp] + a[etp + 1 :] == b[:etp] + b[etp + 1 :] for a, b in differs)
    assert FileStore(scenario, tmp_path).path("QUOT_SIM2_2020.csv.gz") == FileStore(later, tmp_path).path(
        "QUOT_SIM2_2020.csv.gz"
    )


def test_the_current_year_has_a_file_up_to_the_last_rewriting():
    scenario = Scenario(years=(2024, 2025), today=date(2025, 3, 20))
    files = {file.name: file for file in daily_files(scenario)}
    assert files["QUOT_SIM2_2025.csv.gz"].last == date(2025, 3, 15)
    assert files["QUOT_SIM2_latest.csv.gz"].last == date(2025, 3, 20)
    assert files["QUOT_SIM2_latest.csv.gz"].modified > files["QUOT_SIM2_2025.csv.gz"].modified


def test_the_layout_by_decades():
    scenario = Scenario(years=tuple(range(2008, 2025)), layout="decades")
    files = {file.name: (file.first, file.last) for file in daily_files(scenario)}
    assert files == {
        "QUOT_SIM2_2000-2009.csv.gz": (date(2008, 1, 1), date(2009, 12, 31)),
        "QUOT_SIM2_2010-2019.csv.gz": (date(2010, 1, 1), date(2019, 12, 31)),
        "QUOT_SIM2_previous-2020-202411.csv.gz": (date(2020, 1, 1), date(2024, 11, 30)),
        "QUOT_SIM2_latest-20241201-20250108.csv.gz": (date(2024, 12, 1), date(2025, 1, 8)),
    }


def test_both_layouts_hold_the_same_weather(tmp_path):
    decades = replace(SMALL, layout="decades")
    year = by_key(lines_of(tmp_path, SMALL, "QUOT_SIM2_2024.csv.gz"), "SWI")
    decade = by_key(lines_of(tmp_path, decades, "QUOT_SIM2_previous-2020-202411.csv.gz"), "SWI")
    common = set(year) & set(decade)
    assert len(common) == 20 * 335
    assert all(year[key] == decade[key] for key in common)


def resource(site: httpx.Client, title: str) -> dict[str, object]:
    """A resource of the dataset by its title."""
    return next(entry for entry in site.get(DATASET).json()["resources"] if entry["title"] == title)


def test_the_dataset_lists_daily_files_and_others(site):
    body = site.get(DATASET).json()
    titles = [entry["title"] for entry in body["resources"]]
    assert {"QUOT_SIM2_2022", "QUOT_SIM2_2023", "QUOT_SIM2_2024", "QUOT_SIM2_latest"} < set(titles)
    assert any(title.startswith("MENS_") for title in titles)
    assert {entry["format"] for entry in body["resources"]} == {"csv.gz", "csv", "pdf"}
    assert len({entry["id"] for entry in body["resources"]}) == len(titles)
    assert all(entry["checksum"] is None for entry in body["resources"])
    for entry in body["resources"]:
        answer = site.get(entry["url"])
        assert (answer.status_code, len(answer.content)) == (200, entry["filesize"])


def test_unknown_things_are_not_found(site):
    for path in ("/api/1/datasets/nothing/", "/fr/datasets/r/nothing"):
        answer = site.get(path)
        assert answer.status_code == 404
        assert "message" in answer.json()
    assert site.get(str(resource(site, "QUOT_SIM2_2024")["url"]).replace("2024", "1999")).status_code == 404


def test_latest_redirects_to_the_file(site):
    entry = resource(site, "QUOT_SIM2_latest")
    answer = site.get(entry["latest"])
    assert (answer.status_code, answer.headers["location"]) == (302, entry["url"])
    assert site.get(entry["latest"], follow_redirects=True).content[:2] == b"\x1f\x8b"


def test_head_tells_length_and_validators(site):
    entry = resource(site, "QUOT_SIM2_2024")
    answer = site.head(entry["url"])
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == entry["filesize"]
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["last-modified"] == "Wed, 01 Jan 2025 04:12:00 GMT"
    assert entry["last_modified"] == "2025-01-01T04:12:00+00:00"
    assert answer.headers["etag"].startswith('"')


def test_a_download_resumed_by_range_has_the_same_bytes(site):
    url = resource(site, "QUOT_SIM2_latest")["url"]
    whole = site.get(url)
    start = site.get(url, headers={"range": "bytes=0-99999"})
    rest = site.get(url, headers={"range": "bytes=100000-", "if-range": whole.headers["etag"]})
    assert (start.status_code, rest.status_code) == (206, 206)
    assert rest.headers["content-range"] == f"bytes 100000-{len(whole.content) - 1}/{len(whole.content)}"
    assert start.content + rest.content == whole.content
    with gzip.open(io.BytesIO(start.content + rest.content)) as text:
        assert sum(1 for _ in text) == 1 + 60 * 100


def test_a_resume_of_a_changed_file_gives_it_whole(site):
    url = resource(site, "QUOT_SIM2_latest")["url"]
    answer = site.get(url, headers={"range": "bytes=10-", "if-range": '"another"'})
    assert answer.status_code == 200


def test_a_range_beyond_the_end_is_refused(site):
    entry = resource(site, "QUOT_SIM2_latest")
    answer = site.get(entry["url"], headers={"range": f"bytes={entry['filesize']}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{entry['filesize']}")


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("if-none-match", None, 304),
        ("if-none-match", '"another"', 200),
        ("if-modified-since", "Wed, 01 Jan 2025 04:12:00 GMT", 304),
        ("if-modified-since", "Wed, 01 Jan 2025 04:11:59 GMT", 200),
        ("if-modified-since", "some day", 200),
    ],
)
def test_conditional_requests(site, header, value, status):
    url = resource(site, "QUOT_SIM2_2024")["url"]
    value = value or site.head(url).headers["etag"]
    assert site.head(url, headers={header: value}).status_code == status
