from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from data.synthetic import World, generate, load_scenario
from data.synthetic.formats import WriteError, write
from features.identity import PERSONAL, IdentityKey
from features.log import LOG_SCHEMA
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.sources.reading import read_file, read_outcomes


@pytest.fixture(scope="module")
def small() -> World:
    return generate(load_scenario("baseline"), n_parcels=3_000, n_days=6, seed=8)


@pytest.mark.parametrize(("form", "n_files"), [("csv", 1), ("days", 6)])
def test_the_csv_gives_back_the_same_parcels(small: World, tmp_path: Path, form: str, n_files: int) -> None:
    files = write(small, tmp_path, formats=(form,))
    assert len(files) == n_files
    readings = [read_file(file, reference=shipped_reference()) for file in files]
    assert all(reading.rejections == () and reading.ignored == () for reading in readings)
    parcels = pl.concat([reading.parcels for reading in readings]).drop(LINE, "quality_flags")
    flat = parcels.drop("pieces")
    assert flat.equals(small.parcels.drop("pieces").select(flat.columns))
    texts = pl.col("pieces").list.eval(pl.element().struct.field("description")).list.drop_nulls().list.join("|")
    assert parcels.select(texts.fill_null("")).equals(small.parcels.select(texts.fill_null("")))


def test_the_outcome_file_gives_back_the_outcomes(small: World, tmp_path: Path) -> None:
    (file,) = write(small, tmp_path, formats=("outcomes",))
    reading = read_outcomes(file)
    assert reading.rejections == ()
    assert reading.outcomes.height == small.outcomes.height
    assert reading.outcomes["result"].to_list() == small.outcomes["result"].to_list()


def test_xml_holds_the_postal_parcels_and_json_the_express_ones_and_the_doors_read_them(
    small: World, tmp_path: Path
) -> None:
    files = write(small, tmp_path, formats=("xml", "json"))
    readings = [read_file(file, reference=shipped_reference()) for file in files]
    assert all(reading.rejections == () and reading.ignored == () for reading in readings)
    parcels = pl.concat([reading.parcels for reading in readings]).drop(LINE, "quality_flags").sort("parcel_id")
    express = parcels["stream"] == "express"
    whole = small.parcels.sort("parcel_id")
    assert parcels.filter(express).equals(whole.filter(whole["stream"] == "express").select(parcels.columns))
    # An ITMATT-like message has no place for the operator, who is known by the key that sends it; no pieces are none.
    postal = whole.filter(whole["stream"] != "express").with_columns(
        pl.lit(None, dtype=pl.String).alias("operator"),
        pl.col("pieces").fill_null(pl.lit([], dtype=small.parcels.schema["pieces"])),
    )
    assert parcels.filter(~express).equals(postal.select(parcels.columns))


def test_the_log_is_written_day_by_day_without_personal_data(
    small: World, tmp_path: Path, identity: IdentityKey
) -> None:
    files = write(small, tmp_path, formats=("log",), identity=identity)
    log = pl.concat([pl.read_parquet(file) for file in files])
    assert log.schema == LOG_SCHEMA
    assert log["seq"].is_sorted()
    assert not set(PERSONAL) & set(log.columns)


def test_the_truth_goes_into_a_folder_of_its_own(small: World, tmp_path: Path, identity: IdentityKey) -> None:
    files = write(small, tmp_path, identity=identity)
    assert [file.parent.name for file in files if file.name == "truth.parquet"] == ["truth"]
    assert "contains" not in (tmp_path / "outcomes.csv").read_text("utf-8")


def test_the_log_needs_a_key(small: World, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="needs an identity key"):
        write(small, tmp_path, formats=("log",))


def test_an_unknown_format_is_named(small: World, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="unknown format 'pdf'"):
        write(small, tmp_path, formats=("pdf",))
