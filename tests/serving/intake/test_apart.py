"""Rows of a file that are pieces of one parcel are joined however far apart they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.event_rows import Row, rows_of
from features.log import OUTCOME, PARCEL
from features.sources.syntax import arrow_tables
from parcel_risk.score import score_file
from serving.intake import ordered
from serving.intake.backfill import Backfilled, backfill
from serving.intake.past import past_of_files
from serving.office.office import Office
from serving.store import Store
from serving.store import log as event_log
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened

MAPPING = """
[parcel]
parcel_id = { column = "number" }
lodged_at = { column = "day" }
operator = { constant = "post-a" }
sender_name = { column = "from" }
gross_weight_g = { column = "mass", unit = "g" }
[piece]
description = { column = "goods" }
value_cents = { column = "worth", unit = "cents" }
currency = { constant = "EUR" }
"""
RESULTS = """
[outcome]
known_after_days = 7
result = { column = "bad", values = { "0" = "nothing_found", "1" = "found" } }
"""


def line(number: str, goods: str, worth: int, sender: str | None = "Anna", bad: str = "0") -> dict[str, Any]:
    return {
        "number": number,
        "day": "2026-01-05T08:00:00Z",
        "from": sender,
        "goods": goods,
        "worth": str(worth),
        "mass": "500",
        "bad": bad,
    }


FILE = [
    line("P-1", "cotton shirt", 2_000),
    *(line(f"F-{n}", "tea", 900) for n in range(5)),
    line("P-1", "leather belt", 9_000, bad="1"),
    *(line(f"G-{n}", "tea", 900) for n in range(3)),
    line("P-1", "silk tie", 300, sender=None),
    line("G-3", "tea", 900),
    line("G-4", "tea", 900),
    line("P-1", "cotton shirt", 2_000),
    line("G-1", "coffee", 700, sender="Somebody else"),
]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_tables, "BATCH_ROWS", 4)
    monkeypatch.setattr(ordered, "_PORTION_ROWS", 5)
    monkeypatch.setattr(ordered, "_JOINED_ROWS", 2)


def written(folder: Path, rows: list[dict[str, Any]], mapping: str) -> tuple[Path, Path]:
    pl.DataFrame(rows).write_parquet(folder / "file.parquet")
    (folder / "map.toml").write_text(mapping, "utf-8")
    return folder / "file.parquet", folder / "map.toml"


def of_the_past(office: Office, folder: Path, rows: list[dict[str, Any]], mapping: str) -> Backfilled:
    file, meaning = written(folder, rows, mapping)
    past = past_of_files(file, meaning, None, reference=office.reference)
    return backfill(office, past, folder=folder / "work", rejections=folder / "refused.csv")


def log_of(office: Office) -> list[Row]:
    with office.store.begin_read() as connection:
        return rows_of(event_log.read(connection))


@pytest.mark.parametrize("mapping", [MAPPING, MAPPING + RESULTS], ids=["parcels", "with outcomes"])
def test_pieces_of_the_past_are_joined_and_what_repeats_or_contradicts_them_is_refused(
    tmp_path: Path, clock: Clock, mapping: str
) -> None:
    with opened(bare_settings(tmp_path), clock) as office:
        done = of_the_past(office, tmp_path, FILE, mapping)
        events = log_of(office)
    parcels = {event["parcel_id"]: event for event in events if event["kind"] == PARCEL}
    assert done.n_parcels == len(parcels) == 11
    assert [piece["description"] for piece in parcels["P-1"]["pieces"]] == ["cotton shirt", "leather belt", "silk tie"]
    assert parcels["P-1"]["declared_value_eur_cents"] == 11_300
    assert parcels["P-1"]["n_pieces"] == 3
    assert parcels["G-1"]["n_pieces"] == 1
    refused = pl.read_csv(tmp_path / "refused.csv")
    assert refused.select("line", "code").rows() == [(14, "already_lodged"), (15, "already_lodged")]
    results = [(event["parcel_id"], event["result"]) for event in events if event["kind"] == OUTCOME]
    assert dict(results).get("P-1") == (None if mapping == MAPPING else "found")
    assert len(results) == len(dict(results)) == done.n_outcomes


def test_a_parcel_joined_from_rows_far_apart_is_that_of_rows_next_to_each_other(tmp_path: Path, clock: Clock) -> None:
    def parcel(name: str, rows: list[dict[str, Any]]) -> Row:
        (tmp_path / name).mkdir()
        settings = bare_settings(tmp_path / name)
        for key in settings.keys.iterdir():
            key.write_bytes(b"a key of tests that is the same!")
        with opened(settings, clock) as office:
            of_the_past(office, tmp_path / name, rows, MAPPING)
            return next(event for event in log_of(office) if event["parcel_id"] == "P-1")

    others, mine = [row for row in FILE if row["number"] != "P-1"], [row for row in FILE if row["number"] == "P-1"][:3]
    near = parcel("near", [*mine, *others])
    far = parcel("far", FILE)
    assert {**far, "seq": 0, "subject_seq": 0} == {**near, "seq": 0, "subject_seq": 0}


def test_pieces_of_a_live_file_are_joined_by_the_command(tmp_path: Path) -> None:
    settings = bare_settings(tmp_path)
    file, mapping = written(tmp_path, FILE[:12], MAPPING)
    score_file(settings, file, mapping, None, None)
    with Store(settings.database) as store, store.begin_read() as connection:
        newest = event_log.parcel_events_of(connection, ["P-1"])[-1]
    assert [piece["description"] for piece in newest["pieces"]] == ["cotton shirt", "leather belt", "silk tie"]
