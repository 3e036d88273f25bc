from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.sources import Mapping, read_file
from features.sources.reading import file_readings, read_outcomes


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"nothing\.csv: there is no such file"):
        read_file(tmp_path / "nothing.csv", reference=shipped_reference())


def test_a_file_without_identifiers_is_refused_with_the_way_out(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text("colour,weight_kg\nred,1\n", "utf-8")
    with pytest.raises(SourceError, match=r"no column holds parcel_id.*--mapping"):
        read_file(path, reference=shipped_reference())


def test_parquet_is_read_like_csv_and_its_nested_columns_are_left_alone(tmp_path: Path):
    path = tmp_path / "x.parquet"
    pl.DataFrame(
        {
            "parcel_id": ["P-1", "P-2"],
            "gross_weight_kg": [1.5, None],
            "lodged_at": [datetime(2026, 11, 2, 8, 15, tzinfo=UTC)] * 2,
            "nested": [[1], [2]],
        }
    ).write_parquet(path)
    reading = read_file(path, reference=shipped_reference())
    assert reading.rejections == ()
    assert reading.parcels["gross_weight_g"].to_list() == [1_500, None]
    assert reading.parcels["lodged_at"].to_list() == [datetime(2026, 11, 2, 8, 15, tzinfo=UTC)] * 2
    assert reading.parcels["line"].to_list() == [1, 2]


def test_parquet_can_be_read_through_a_mapping(tmp_path: Path):
    path = tmp_path / "x.parquet"
    pl.DataFrame({"id": [17], "day": ["2026-11-02"]}).write_parquet(path)
    document = {"parcel": {"parcel_id": {"column": "id"}, "lodged_at": {"column": "day"}}}
    assert read_file(path, Mapping.from_document(document, "x.toml"), reference=shipped_reference()).parcels[
        "parcel_id"
    ].to_list() == ["17"]


def test_a_file_is_read_as_what_it_is_whatever_its_name_says(tmp_path: Path):
    path = tmp_path / "x.parquet"
    path.write_text("parcel_id\nP-1\n", "utf-8")
    assert read_file(path, reference=shipped_reference()).parcels["parcel_id"].to_list() == ["P-1"]


def test_a_damaged_parquet_file_is_refused(tmp_path: Path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(SourceError, match=r"x\.parquet: not readable as Parquet"):
        read_file(path, reference=shipped_reference())


def test_a_reading_counts_every_row_and_gathers_rejections_of_cells_and_of_the_record(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text("parcel_id,weight_kg,stream\nP-1,1,letter\nP-2,x,letter\nP-3,1,boat\n", "utf-8")
    reading = read_file(path, reference=shipped_reference())
    assert reading.n_rows == 3
    assert reading.parcels["parcel_id"].to_list() == ["P-1"]
    assert [(rejection.line, rejection.code) for rejection in reading.rejections] == [
        (3, "unreadable"),
        (4, "unknown_choice"),
    ]
    assert reading.outcomes.height == 0


def test_a_file_of_outcomes_has_outcomes_and_no_parcels(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text("parcel_id,result,finding_mass_kg,note\nP-1,found,0.25,x\nP-2,eaten,,\n", "utf-8")
    reading = read_outcomes(path)
    assert reading.parcels.height == 0
    assert reading.outcomes.select("parcel_id", "result", "finding_mass_g").rows() == [("P-1", "found", 250)]
    assert [(rejection.line, rejection.code) for rejection in reading.rejections] == [(3, "unknown_choice")]
    assert reading.ignored == ("note",)


@pytest.mark.parametrize(
    "mapping", [None, {"parcel": {"parcel_id": {"column": "parcel_id"}, "lodged_at": {"column": "at"}}}]
)
def test_batches_that_were_read_before_are_counted_but_not_read_again(tmp_path: Path, mapping: dict[str, Any] | None):
    path = tmp_path / "x.csv"
    path.write_text("parcel_id,at\n" + "".join(f"P-{n},2026-01-01\n" for n in range(12_000)), "utf-8")
    meaning = Mapping.from_document(mapping, "x.toml") if mapping else None
    whole = list(file_readings(path, meaning, reference=shipped_reference()))
    rest = list(file_readings(path, meaning, reference=shipped_reference(), skip=2))
    assert [reading.n_rows for reading in rest] == [reading.n_rows for reading in whole] == [4_999, 5_000, 2_001]
    assert [reading.parcels.height for reading in rest] == [0, 0, 2_001]
    assert rest[2].parcels.equals(whole[2].parcels)
    assert [reading.ignored for reading in rest] == [reading.ignored for reading in whole]
