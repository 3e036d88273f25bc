"""`parcel-risk lodge FILE --to URL`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.parcel.problems import ParcelRiskError
from parcel_risk import lodge
from parcel_risk.cli import app
from tests.parcel_risk.remote.conftest import Place


def run(*words: str, **environment: str) -> str:
    done = CliRunner().invoke(app, ["lodge", *words], env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "manifest.csv"
    made.write_text("parcel_id,stream,gross_weight_g\nRB100000007US,letter,20\n,letter,20\n", "utf-8")
    return made


def test_a_file_is_lodged_with_the_key_of_the_environment(place: Place, file: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.ndjson"
    said = run(str(file), "--to", place.address, "--out", str(results), **{lodge.KEY: place.key})
    assert "1 rejected, 1 scored" in said
    assert "line 3, parcel_id" in said
    kept = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    assert [one["status"] for one in kept] == ["scored", "rejected"]
    assert "1 rejected, 1 scored" in run(str(file), "--to", place.address, **{lodge.KEY: place.key}), "as before"


def test_the_key_may_be_in_a_file_and_a_check_lodges_nothing(place: Place, file: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"{place.key}\n", "utf-8")
    file.write_text(file.read_text("utf-8").replace("RB100000007US", "RB100000015US"), "utf-8")
    assert "1 valid" in run(str(file), "--to", place.address, "--key-file", str(key), "--check")
    assert "1 scored" in run(str(file), "--to", place.address, "--key-file", str(key), "--again")
    assert "1 repeated" in run(str(file), "--to", place.address, "--key-file", str(key), "--again")


def test_a_job_is_followed_to_its_end(place: Place, tmp_path: Path) -> None:
    file, results = tmp_path / "many.csv", tmp_path / "results.ndjson"
    rows = [f"RD{n:08d}5US,letter,20" for n in range(1_200)]
    file.write_text("\n".join(["parcel_id,stream,gross_weight_g", *rows]), "utf-8")
    said = run(str(file), "--to", place.address, "--out", str(results), **{lodge.KEY: place.key})
    assert "1,200 scored" in said
    assert len(results.read_text("utf-8").splitlines()) == 1_200


def test_without_a_key_nothing_is_sent(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(lodge.KEY, raising=False)
    with pytest.raises(ParcelRiskError, match=f"no key: {lodge.KEY} is not set"):
        lodge.key_of(None)
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(ParcelRiskError, match="is empty"):
        lodge.key_of(empty)
