"""Commands `typology ...`: from a report to a rule, and to another office."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.parcel.problems import ParcelRiskError
from parcel_risk.cli import app
from parcel_risk.console import out
from policy.typologies import shipped_typologies, written
from serving.settings import Settings
from serving.store import Role
from tests.serving.bare import bare_settings, client_key, put_environment


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = bare_settings(tmp_path)
    for name, role in (("Ann", Role.ANALYST), ("Sue", Role.SUPERVISOR)):
        client_key(settings, name, None, role)
    put_environment(monkeypatch, settings)
    monkeypatch.setattr(out, "width", 250)
    monkeypatch.chdir(tmp_path)
    return settings


def run(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), env={"COLUMNS": "250"}, catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_a_typology_is_tested_adopted_and_passed_on(settings: Settings, tmp_path: Path) -> None:
    assert "letters-of-tablets" in run("typology", "list")
    assert "hidden_in" in run("typology", "show", "letters-of-tablets")
    assert "can be used" in run("typology", "check", "letters-of-tablets")
    assert "0 parcels" in run("typology", "test", "letters-of-tablets")
    (tmp_path / "own.yaml").write_text(written(shipped_typologies()["drop-addresses"]).replace("drop-", "own-", 1))
    assert "0 of 0 parcels match" in run("hunt", "--typology", "letters-of-tablets", "--as", "Ann")
    assert "0 referred now: open" in run("hunt", "--typology", "letters-of-tablets", "--as", "Ann", "--refer")
    with pytest.raises(ParcelRiskError, match="give one of --rule"):
        run("hunt", "--as", "Ann")
    assert "own-addresses 1 is a draft" in run("typology", "adopt", "own.yaml", "--as", "Ann", "--owner", "unit 3")
    run("rule", "approve", "typology-own-addresses", "--as", "Sue")
    assert "is live" in run("rule", "live", "typology-own-addresses", "--as", "Ann")
    assert "0 of 0 (this office)" in run("typology", "list")
    assert "signed by Ann" in run("typology", "export", "own-addresses", "passed-on.yaml", "--as", "Ann")
    assert "2 is a draft" in run("typology", "import", "passed-on.yaml", "--as", "Sue")
    passed_on = tmp_path / "passed-on.yaml"
    passed_on.write_text(passed_on.read_text().replace("weight: 3", "weight: 1", 1))
    with pytest.raises(ParcelRiskError, match="changed after it was signed"):
        run("typology", "import", "passed-on.yaml", "--as", "Sue")
    assert "retired: typology-own-addresses 1" in run("typology", "retire", "own-addresses", "--as", "Ann")
    with pytest.raises(ParcelRiskError, match="Did you mean drop-addresses"):
        run("typology", "show", "drop-adresses")
