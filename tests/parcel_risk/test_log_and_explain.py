"""`log`, `replay`, `explain` and `entity` as a person uses them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from features.catalogue import catalogue
from tests.parcel_risk.running import run, run_alone


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose log holds a small synthetic past."""
    home = tmp_path_factory.mktemp("inquiry")
    run(home, "init")
    run(home, "synth", "demo", "--parcels", "3000", "--days", "40", "--out", "world")
    run(home, "ingest", "world/parcels.csv", "--outcomes", "world/outcomes.csv")
    return home


@pytest.fixture(scope="module")
def parcels(home: Path) -> pl.DataFrame:
    return pl.read_csv(home / "world/parcels.csv", infer_schema=False)


def test_the_log_is_written_and_replayed_into_feature_rows(home: Path) -> None:
    assert "events in 1 files" in run(home, "log", "--out", "log")
    assert "the log itself is stored there" in run(home, "replay", "log", "--out", "log", ok=False)
    assert "never mix" in run(home, "log", "--out", "log", ok=False)
    assert "feature rows of" in run(home, "replay", "log", "--out", "rows")
    assert "feature rows of" in run_alone(home, "replay", "log", "--out", "rows-2", "--workers", "2")
    one, two = (pl.read_parquet(home / name / "rows-000000.parquet") for name in ("rows", "rows-2"))
    assert one.columns == ["seq", *catalogue().names]
    assert one.height == 3_000
    assert one.equals(two)


def test_no_personal_data_are_in_the_log_that_is_written(home: Path, parcels: pl.DataFrame) -> None:
    run(home, "log", "--out", "log-again")
    text = pl.read_parquet(home / "log-again/log-000000.parquet").write_ndjson()
    assert not [name for name in parcels["sender_name"].drop_nulls().head(200) if f'"{name}"' in text]


def test_explain_prints_every_feature_with_what_is_usual(home: Path, parcels: pl.DataFrame) -> None:
    said = run(home, "explain", parcels["parcel_id"][-1])
    assert "usual values" in said
    assert [name for name in catalogue().names if name not in said] == []
    assert "weighs" in said


def test_explain_of_an_unknown_parcel_is_a_sentence(home: Path) -> None:
    assert "no parcel with this identifier" in run(home, "explain", "NOBODY", ok=False)


def test_an_entity_is_found_by_who_it_is_by_its_parcel_and_by_its_key(home: Path, parcels: pl.DataFrame) -> None:
    named = parcels.filter(pl.col("sender_name").is_not_null() & pl.col("sender_account").is_null())
    last = named.tail(1).row(0, named=True)
    by_parcel = run(home, "entity", "sender", "--parcel", last["parcel_id"])
    parts = ("name", "street", "number", "postcode", "city", "country")
    words = [word for part in parts if last[f"sender_{part}"] for word in (f"--{part}", last[f"sender_{part}"])]
    run(home, "client", "ana", "--role", "analyst")
    by_name = run(home, "entity", "sender", *words, "--as", "ana", "--purpose", "case 7")
    assert "person looked up" in run(home, "audit", "show", "--who", "ana")
    key = by_parcel.split()[1].rstrip(",")
    by_key = run(home, "entity", "sender", key)
    assert last["parcel_id"] in by_parcel
    assert by_parcel.splitlines()[2:] == by_name.splitlines()[2:] == by_key.splitlines()[2:]


def test_an_entity_without_anything_that_tells_it_is_a_sentence(home: Path) -> None:
    assert "nothing given tells which sender" in run(home, "entity", "sender", ok=False)
    assert "there is no kind" in run(home, "entity", "planet", ok=False)
    assert "never seen" in run(home, "entity", "sender", "12345")
    assert "not named in words" in run(home, "entity", "lane", "--name", "x", ok=False)
    nobody = ("entity", "sender", "--name", "Nobody At All")
    assert "--as NAME and --purpose" in run(home, *nobody, ok=False)
    assert "--as NAME and --purpose" in run(home, *nobody, "--as", "ana", "--purpose", " ", ok=False)
    run(home, "client", "ann", "--role", "analyst")
    assert "under exactly these words" in run(home, *nobody, "--as", "ann", "--purpose", "case 7")
