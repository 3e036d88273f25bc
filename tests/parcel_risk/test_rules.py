"""Commands `rule ...`: from a file to the decision and out of it again, as an analyst types them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.parcel.problems import ParcelRiskError
from parcel_risk.cli import app
from policy.rules import rule as rule_module
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.clients import add_client
from tests.docs.decision_rules import example
from tests.serving.bare import put_environment

Run = Callable[..., str]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `parcel-risk rule ...` here, in an installation with an analyst and a supervisor."""
    with Store(settings.database) as store, store.begin() as connection:
        for name, role in (("Ann", Role.ANALYST), ("Sue", Role.SUPERVISOR), ("Otto", Role.OFFICER)):
            add_client(connection, Client(client_id=name, role=role, operator=None), at_us=0)
    put_environment(monkeypatch, settings)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cover.toml").write_text(example().replace("2027-06-30", "2099-12-31"))

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["rule", *words], env={"COLUMNS": "200"}, catch_exceptions=True)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_a_rule_from_its_file_to_its_end(run: Run) -> None:
    assert "can be used" in run("check", "cover.toml")
    assert "cover-letters 1 is a draft" in run("add", "cover.toml", "--as", "Ann")
    with pytest.raises(ParcelRiskError, match=r"Otto is .*needs the role supervisor or analyst"):
        run("approve", "cover-letters", "--as", "Otto")
    with pytest.raises(ParcelRiskError, match="a second person"):
        run("approve", "cover-letters", "--as", "Ann")
    assert "is approved" in run("approve", "cover-letters", "--as", "Sue")
    assert "is live until 2099-12-31" in run("live", "cover-letters", "--as", "Ann")
    assert "live" in run("list")
    shown = run("show", "cover-letters")
    assert "approved by Sue" in shown
    assert "regexp_matches(description" in shown
    assert "0 parcels from 2026-01-01 to 2026-02-01" in run(
        "test", "cover.toml", "--from", "2026-01-01", "--to", "2026-02-01"
    )
    assert "retired: cover-letters 1" in run("retire", "cover-letters", "--as", "Sue")


def test_a_bad_file_is_refused_with_its_position_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(example().replace("gross_weight_g < 100", "gross_weight < 100"))
    with pytest.raises(ParcelRiskError, match="character 29: there is no column gross_weight"):
        run("add", "bad.toml", "--as", "Ann")
    bad.write_bytes(b"\xff" * 100)
    with pytest.raises(ParcelRiskError, match="no UTF-8"):
        run("check", "bad.toml")
    bad.write_bytes(b"#" * (rule_module.MOST_FILE_BYTES + 1))
    with pytest.raises(ParcelRiskError, match="more than"):
        run("check", "bad.toml")
    with pytest.raises(ParcelRiskError, match="no rule cover-letters"):
        run("show", "cover-letters")
