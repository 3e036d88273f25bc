"""Draws as an auditor checks them, and shifts as two supervisors put them into force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parcel_risk.cli import app
from serving.settings import Settings
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key, opened
from tests.serving.office.test_writer import lodged


@pytest.fixture
def yesterday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation that drew some of twenty parcels yesterday."""
    monkeypatch.setenv("PARCEL_RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARCEL_RISK_MODELS_DIR", str(tmp_path / "none"))
    settings = bare_settings(tmp_path).model_copy(update={"capacity_share": 0.5})
    with opened(settings, Clock(at=datetime.now(UTC) - timedelta(days=1))) as office:
        lodged(office, *(f"P-{number}" for number in range(20)))
    client_key(settings, "A. Auditor", None, Role.AUDITOR)
    return settings


AS = ("--as", "A. Auditor")


def said(*words: str, ok: bool = True) -> str:
    result = CliRunner().invoke(app, list(words))
    assert (result.exit_code == 0) is ok, result.output
    return result.output + str(result.exception or "")


def test_an_auditor_without_keys_checks_a_day_by_its_revealed_seed(yesterday: Settings) -> None:
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    assert str(day) in said("draws", "days")
    assert "20 decisions computed again" in said("verify", "draws", "--day", str(day))
    seed = said("draws", "reveal", "--day", str(day), *AS).strip()
    (yesterday.keys / "draw.key").unlink()
    assert "20 decisions computed again" in said("verify", "draws", "--day", str(day), "--seed", seed)
    assert "may have been steered" in said("verify", "draws", "--day", str(day), "--seed", "ab" * 32, ok=False)
    assert "is no hexadecimal number" in said("verify", "draws", "--day", str(day), "--seed", "no seed", ok=False)


def test_what_is_missing_or_too_early_is_said(yesterday: Settings) -> None:
    assert "the day is missing" in said("verify", "draws", ok=False)
    assert "is not over" in said("draws", "reveal", "--day", str(datetime.now(UTC).date()), *AS, ok=False)
    assert "no person nobody" in said("draws", "reveal", "--day", "2026-01-01", "--as", "nobody", ok=False)
    assert "no seed was committed" in said("verify", "draws", "--day", "2001-01-01", ok=False)


SHIFTS = """
[[shifts]]
line = "hall 1"
weekdays = ["mon", "tue", "wed", "thu", "fri"]
begins = "06:00"
ends = "14:00"
hands = 4
"""


def test_shifts_are_previewed_proposed_and_approved_by_another(yesterday: Settings, tmp_path: Path) -> None:
    for name in ("S. One", "S. Two"):
        client_key(yesterday, name, None, Role.SUPERVISOR)
    path = tmp_path / "shifts.toml"
    path.write_text(SHIFTS)
    assert "no shifts in force" in said("capacity", "show")
    assert "too little was scored" in said("capacity", "preview", str(path))
    assert "this needs the role supervisor" in said(
        "capacity", "set", str(path), "--as", "A. Auditor", "--yes", ok=False
    )
    assert "capacity 1 proposed" in said("capacity", "set", str(path), "--as", "S. One", "--yes")
    assert "another person approves it" in said("capacity", "approve", "1", "--as", "S. One", ok=False)
    assert "capacity 1 is in force" in said("capacity", "approve", "1", "--as", "S. Two")
    shown = said("capacity", "show")
    assert "hall 1" in shown
    assert "06:00" in shown
