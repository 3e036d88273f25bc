"""The command as a person uses it: real processes, real files, a real MLflow store."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import typer.main

from features.parcel.fields import RESULTS
from parcel_risk.cli import app
from tests.parcel_risk.running import run

CODES = (
    *("Process Type", "Import Type", "Import Use", "Payment Type", "Mode of Transport", "Tax Type"),
    "Country of Origin Indicator",
)


def foreign_declarations(path: Path, *, n: int, first_day: str, seed: int) -> None:
    """A table in the layout that examples/kcs.toml maps, invented: some kinds of goods are fraudulent more often."""
    import numpy as np

    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 40, n)
    days = pl.date_range(pl.lit(first_day).str.to_date(), pl.lit(first_day).str.to_date() + pl.duration(days=299))
    columns = {
        "Declaration ID": [f"{seed}{place:06d}" for place in range(n)],
        "Date": pl.select(days).to_series().gather(np.sort(rng.integers(0, 300, n))).dt.strftime("%Y-%m-%d"),
        "Office ID": rng.choice([10, 20, 30], n).astype(str),
        "Importer ID": [f"I{number}" for number in rng.integers(0, n // 3, n)],
        "Seller ID": [f"S{number}" for number in rng.integers(0, n // 3, n)],
        "Declarant ID": [f"D{number}" for number in rng.integers(0, 50, n)],
        "Courier ID": [None if number else "FAST01" for number in rng.integers(0, 3, n)],
        "HS6 Code": [f"{61_0910 + number}" for number in kind],
        "Country of Departure": rng.choice(["CN", "VN", "US"], n),
        "Country of Origin": rng.choice(["CN", "VN"], n),
        "Net Mass": np.round(0.5 + kind * 0.75, 2),
        "Item Price": np.round(np.exp(rng.normal(9, 1, n)), 2),
        "Tax Rate": rng.choice([0.0, 6.5, 8.0], n),
        **{name: rng.choice(["A", "B"], n) for name in CODES},
        "Fraud": (rng.random(n) < np.where(kind % 5 == 0, 0.7, 0.05)).astype(int),
    }
    pl.DataFrame(columns).write_csv(path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    run(tmp_path, "init")
    return tmp_path


def test_help_names_every_command_and_a_wrong_one_is_explained(tmp_path: Path) -> None:
    said = run(tmp_path, "--help")
    for command in (
        "demo",
        "synth",
        "ingest",
        "train",
        "evaluate",
        "release",
        "approve",
        "rollback",
        "serve",
        "score",
        "outcomes",
    ):
        assert command in said
    assert "No such command" in run(tmp_path, "no-such-command", ok=False)


def test_every_command_lives_in_the_module_of_its_name() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert command.callback.__module__ == f"parcel_risk.{command.callback.__name__}"


def test_every_command_is_shown_under_a_heading_and_no_heading_has_more_than_a_reader_can_survey() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    headings = Counter(command.rich_help_panel for command in commands.values())
    assert all(isinstance(heading, str) for heading in headings)
    assert max(headings.values()) <= 12


def test_keys_are_made_once_and_readable_by_their_owner_only(home: Path) -> None:
    assert "nothing to make" in run(home, "init")
    for path in (home / "var" / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ingest", "missing.csv"), "there is no such file"),
        (("train",), "the log is empty"),
        (("evaluate",), "there is no bundle"),
        (("release",), "there is no bundle"),
        (("approve", "--as", "Somebody"), "there is no bundle"),
        (("rollback", "--as", "Somebody"), "nothing to roll back to"),
        (("drift",), "there is no bundle"),
        (("backtest", "--strategy", "luck"), "there is no strategy luck"),
        (("train", "--weights", "some"), "it is none or ipw"),
        (("train", "--as-of", "lately"), "neither a day nor a time"),
        (("client", "name"), "say either whose parcels it lodges"),
        (("audit", "prove", "1"), "the audit has no entry 1"),
        (("synth", "--end", "tomorrow"), "is not a day"),
        (("synth", "no-such-scenario"), "there is no scenario"),
        (("train", "--features", "no_such_*"), "the log is empty"),
    ],
)
def test_failures_are_one_sentence_that_says_what_to_do(home: Path, words: tuple[str, ...], message: str) -> None:
    assert message in run(home, *words, ok=False)


def test_without_keys_the_message_says_how_to_make_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("parcel_id,operator\nA,b\n")
    assert "parcel-risk init" in run(tmp_path, "score", "a.csv", ok=False)


def test_declarations_by_others_go_from_mapping_to_figures(home: Path) -> None:
    mapping = str(Path(__file__).parent.parent.parent / "examples" / "kcs.toml")
    foreign_declarations(home / "train.csv", n=3_000, first_day="2020-01-01", seed=1)
    foreign_declarations(home / "valid.csv", n=600, first_day="2021-01-01", seed=2)
    assert "3,000 parcels and 3,000 outcomes appended" in run(home, "ingest", "train.csv", "--mapping", mapping)
    again = run(home, "ingest", "train.csv", "--mapping", mapping)
    assert "0 parcels and 0 outcomes appended" in again
    said = run(home, "train", "--name", "goods")
    assert "make it the challenger with: parcel-risk release goods" in said
    said = run(home, "evaluate", "valid.csv", "--mapping", mapping, "--out", "valid.parquet")
    scored = pl.read_parquet(home / "valid.parquet")
    assert scored.height == 600
    assert scored["label"].null_count() == 0
    kinds = scored.select(pl.corr("raw_score", "label")).item()
    assert kinds > 0.3, said
    assert "precision_at_5pct" in said
    assert "nothing newer" in run(home, "evaluate", ok=False)
    assert "goods awaits approval; version 1, alias challenger" in run(home, "release")
    assert "approved by Ada Example; version 1, alias champion" in run(home, "approve", "--as", "Ada Example")


def test_files_are_scored_and_outcomes_recorded_like_by_the_api(home: Path) -> None:
    (home / "parcels.csv").write_text(
        "parcel_id,operator,weight_kg,value_usd,description,recipient_name\n"
        "A-1,post-a,0.34,24.00,cotton t-shirt,Anna Muster\n"
        "A-2,post-a,light,1,gift,Anna Muster\n"
        ",post-a,1,1,gift,Anna Muster\n"
    )
    said = run(home, "score", "parcels.csv", "--out", "answers.parquet", "--rejections", "rejected.csv")
    assert "2 parcels answered" in said
    assert "Muster" not in said
    answers = pl.read_parquet(home / "answers.parquet")
    assert answers["parcel_id"].to_list() == ["A-1", "A-2"]
    assert answers["degraded"].to_list() == ["no model"] * 2
    rejected = pl.read_csv(home / "rejected.csv")
    assert rejected["line"].to_list() == [4]
    (home / "outcomes.csv").write_text("parcel_id,result\nA-1,found\nB-9,found\nA-1,maybe\n")
    said = run(home, "outcomes", "outcomes.csv")
    assert "1 outcomes on record" in said
    assert "no parcel with this identifier" in said
    assert ", ".join(RESULTS) in said


def test_a_world_is_written_with_its_fact_sheet_and_the_same_bytes_again(home: Path) -> None:
    for folder in ("one", "two"):
        said = run(home, "synth", "demo", "--parcels", "2000", "--days", "20", "--out", folder, "--facts")
        assert "2,000 synthetic parcels" in said
    for name in ("parcels.csv", "outcomes.csv", "truth/truth.parquet", "FACTS.md"):
        assert (home / "one" / name).read_bytes() == (home / "two" / name).read_bytes()


def test_a_world_without_contraband_ends_in_an_honest_message(home: Path) -> None:
    run(home, "synth", "quiet", "--parcels", "6000", "--days", "60", "--out", "quiet")
    run(home, "ingest", "quiet/parcels.csv", "--outcomes", "quiet/outcomes.csv")
    said = run(home, "train", ok=False)
    assert "0 of them findings" in said
    (home / "one.csv").write_text("parcel_id,operator\nA-1,post-a\n")
    assert "1 parcels answered" in run(home, "score", "one.csv", "--out", "answers.parquet")
    assert pl.read_parquet(home / "answers.parquet")["degraded"].to_list() == ["no model"]


def test_a_world_is_played_against_a_running_service(home: Path) -> None:
    from parcel_risk.serve import background_service
    from serving.settings import Settings

    operator = run(home, "client", "post", "--operator", "post-a").strip().splitlines()[-1]
    officer = run(home, "client", "officer", "--role", "officer").strip().splitlines()[-1]
    with background_service(Settings(home=home / "var", models_dir=home / "models", port=0)) as address:
        words = ("synth", "demo", "--parcels", "600", "--days", "3", "--service", address, "--pause", "0")
        said = run(home, *words, "--key", operator, "--officer-key", officer)
        assert said.count(" scored, ") == 3
        again = run(home, *words, "--key", operator)
        assert " 0 scored" in again
        assert "answered 401" in run(home, *words, "--key", "wrong", ok=False)
    assert "is the service running" in run(home, *words, "--key", operator, ok=False)


@pytest.mark.slow
def test_the_demonstration_checks_itself_and_starts_again_from_what_it_made(tmp_path: Path) -> None:
    said = run(tmp_path, "demo", "--once", "--parcels", "15000")
    for seen in (
        "synthetic parcels",
        "alias champion",
        "a parcel is scored, with reasons",
        "its outcome is recorded",
        "/openapi.json loads",
    ):
        assert seen in said
    assert "living through 28 days with the model" in said
    again = run(tmp_path, "demo", "--once")
    assert "synthetic parcels" not in again
    assert "living through" not in again
    assert "a parcel is scored, with reasons" in again


def test_a_file_of_which_nothing_can_be_used_ends_in_failure(home: Path) -> None:
    (home / "bad.csv").write_text("parcel_id,operator,weight_g\n,b,340\n")
    assert "no row of the file could be used" in run(home, "score", "bad.csv", ok=False)


def test_without_a_model_the_command_says_what_its_answers_are_worth(home: Path) -> None:
    (home / "one.csv").write_text("parcel_id,operator\nA,b\n")
    assert "This says nothing about risk" in run(home, "score", "one.csv")


def test_a_second_service_on_one_store_is_refused_in_a_sentence(home: Path) -> None:
    from serving.installation import Installation
    from serving.settings import Settings

    office = Installation.open(Settings(home=home / "var", models_dir=home / "models")).office()
    said = run(home, "serve", ok=False)
    office.store.close()
    assert "another process writes" in said
    assert "http://" not in said


def test_what_lies_in_the_future_is_not_ingested(home: Path) -> None:
    soon = datetime.now(UTC) + timedelta(days=30)
    (home / "odd.csv").write_text(
        f"parcel_id,operator,lodged_at\nA,b,2099-01-01\nB,b,0001-01-01\nC,b,2026-01-01\nD,b,\nE,b,{soon:%Y-%m-%d}\n"
    )
    said = run(home, "ingest", "odd.csv")
    assert "1 parcels and 0 outcomes" in said
    assert "is in the future" in said
    assert "lies more than 400 days ahead" in said
    assert "outside 1990 to 2100" in said


def test_while_the_service_writes_the_command_does_not(home: Path) -> None:
    from serving.installation import Installation
    from serving.settings import Settings

    office = Installation.open(Settings(home=home / "var", models_dir=home / "models")).office()
    (home / "a.csv").write_text("parcel_id,operator\nA,b\n")
    assert "another process writes" in run(home, "score", "a.csv", ok=False)
    office.store.close()
