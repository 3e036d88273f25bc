"""The draws of a day, as an auditor checks them: committed, revealed, computed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parcel_risk.cli import app
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.test_writer import lodged


@pytest.fixture
def yesterday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation that drew some of twenty parcels yesterday."""
    monkeypatch.setenv("PARCEL_RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARCEL_RISK_MODELS_DIR", str(tmp_path / "none"))
    settings = bare_settings(tmp_path).model_copy(update={"capacity_share": 0.5})
    with opened(settings, Clock(at=datetime.now(UTC) - timedelta(days=1))) as office:
        lodged(office, *(f"P-{number}" for number in range(20)))
    return settings


def said(*words: str, ok: bool = True) -> str:
    result = CliRunner().invoke(app, list(words))
    assert (result.exit_code == 0) is ok, result.output
    return result.output + str(result.exception or "")


def test_an_auditor_without_keys_checks_a_day_by_its_revealed_seed(yesterday: Settings) -> None:
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    assert str(day) in said("draws", "days")
    assert "20 decisions computed again" in said("verify", "draws", "--day", str(day))
    seed = said("draws", "reveal", "--day", str(day)).strip()
    (yesterday.keys / "draw.key").unlink()
    assert "20 decisions computed again" in said("verify", "draws", "--day", str(day), "--seed", seed)
    assert "may have been steered" in said("verify", "draws", "--day", str(day), "--seed", "ab" * 32, ok=False)
    assert "is no hexadecimal number" in said("verify", "draws", "--day", str(day), "--seed", "no seed", ok=False)


def test_what_is_missing_or_too_early_is_said(yesterday: Settings) -> None:
    assert "the day is missing" in said("verify", "draws", ok=False)
    assert "is not over" in said("draws", "reveal", "--day", str(datetime.now(UTC).date()), ok=False)
    assert "no seed was committed" in said("verify", "draws", "--day", "2001-01-01", ok=False)
