"""The office's own code lists and rates hold for every command that reads files or names parties."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from features.parcel.reference import shipped_reference
from features.sources.reading import file_readings
from tests.parcel_risk.running import run

ROOT = Path(__file__).parent.parent.parent
NAMES = (
    "parcel_id operator lodged_at sender_name sender_postcode sender_country value_units currency description weight_g"
)
HEADER = ",".join(NAMES.split()) + "\n"
ROWS = HEADER + "".join(
    f"Q-{number},post-a,2026-01-0{number}T08:00:00Z,Example Trading,1000,XQ,24.00,QQQ,cotton t-shirt,340\n"
    for number in (1, 2, 3)
)
MAPPING = """
[parcel]
parcel_id = { column = "parcel_id" }
operator = { column = "operator" }
lodged_at = { column = "lodged_at" }
sender_country = { column = "sender_country" }

[piece]
value_cents = { column = "value_units", unit = "units" }
currency = { column = "currency" }

[outcome]
known_after_days = 7
result = { column = "result" }
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that knows an invented country XQ, and an invented currency QQQ of which two make a euro."""
    home = tmp_path_factory.mktemp("office")
    run(home, "init")
    codes = files("features.parcel").joinpath("codes.toml").read_text("utf-8")
    rates = files("features.parcel").joinpath("rates.toml").read_text("utf-8")
    (home / "lists").mkdir()
    (home / "lists/codes.toml").write_text(
        codes.replace('"AD",', '"AD", "XQ",', 1).replace('"AED",', '"AED", "QQQ",', 1)
    )
    (home / "lists/rates.toml").write_text(rates.replace("[units_per_euro]\n", "[units_per_euro]\nQQQ = 2\n", 1))
    (home / "parcels.csv").write_text(ROWS)
    run_there(home, "ingest", "parcels.csv")
    return home


def run_there(home: Path, *words: str, ok: bool = True) -> str:
    """Run a command with the office's lists."""
    return run(home, *words, ok=ok, settings={"PARCEL_RISK_REFERENCE_DIR": str(home / "lists")})


def test_without_the_lists_country_and_currency_are_left_out_and_flagged(tmp_path: Path) -> None:
    run(tmp_path, "init")
    (tmp_path / "parcels.csv").write_text(ROWS)
    said = run(tmp_path, "ingest", "parcels.csv")
    assert "3 parcels and 0 outcomes appended" in said
    (row,) = file_readings(tmp_path / "parcels.csv", reference=shipped_reference())
    assert {doubt.field for doubt in row.doubts} == {"sender_country", "piece_1.currency"}
    assert row.parcels["sender_country"].to_list() == [None] * 3


def test_ingest_knows_the_country_and_the_currency_of_the_office(office: Path) -> None:
    text = ROWS.replace("Q-", "R-")
    (office / "more.csv").write_text(text)
    said = run_there(office, "ingest", "more.csv")
    assert "3 parcels and 0 outcomes appended" in said
    assert "rejected" not in said


def test_score_knows_the_country_and_the_currency_of_the_office(office: Path) -> None:
    (office / "today.csv").write_text(ROWS.replace("Q-", "S-"))
    assert "3 parcels answered" in run_there(office, "score", "today.csv")


def test_explain_shows_values_at_the_rates_of_the_office(office: Path) -> None:
    said = run_there(office, "explain", "Q-2")
    value = next(line for line in said.splitlines() if " declared_value_eur " in line)
    assert " 12 " in value


def test_entity_names_a_party_in_a_country_of_the_office(office: Path) -> None:
    run(office, "client", "ana", "--role", "analyst")
    look = ("--as", "ana", "--purpose", "case 7")
    words = ("entity", "sender", "--name", "Example Trading", "--country", "XQ", "--postcode", "1000", *look)
    assert "Q-2" in run_there(office, *words)
    assert "never seen" in run(office, *words)  # without the lists the country is not known


def test_evaluate_reads_a_file_with_the_lists_of_the_office(office: Path) -> None:
    header, *rows = ROWS.replace("Q-", "T-").splitlines()
    (office / "labelled.csv").write_text(
        "\n".join((f"{header},result", *(f"{row},found" for row in rows[1:]), f"{rows[0]},nothing_found"))
    )
    shutil.copytree(ROOT / "models/reference", office / "models/borrowed")
    (office / "mapping.toml").write_text(MAPPING)
    words = ("--mapping", "mapping.toml", "--bundle", "borrowed", "--out", "scored.parquet")
    said = run_there(office, "evaluate", "labelled.csv", *words)
    assert "doubt:" not in said
    assert pl.read_parquet(office / "scored.parquet").height == 3
    assert "doubt: sender_country" in run(office, "evaluate", "labelled.csv", *words)
