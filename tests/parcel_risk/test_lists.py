"""Commands of lists, from a file and from a finding to a hit, beside a store that is in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.parcel.problems import ParcelRiskError
from parcel_risk.cli import app
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key, opened, put_environment

WHY = ("--owner", "intelligence", "--legal-basis", "article 46", "--reason", "findings")


def said(*words: str) -> str:
    """What a command prints; a failure is raised as it is."""
    done = CliRunner().invoke(app, ["list", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_lists_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = bare_settings(tmp_path)
    for name, role in (("ana", Role.ANALYST), ("sue", Role.SUPERVISOR), ("olaf", Role.OFFICER)):
        client_key(settings, name, None, role)
    put_environment(monkeypatch, settings)
    monkeypatch.chdir(tmp_path)
    Path("goods.csv").write_text("words\n=cotton shirts\n")
    Path("people.csv").write_text("name\nIvan Petrov\n")
    Path("bad.csv").write_text("wrods\nshoes\n")
    with opened(settings, Clock()):  # a service is running
        add = ("--fields", "description", *WHY, "--as", "ana")
        assert "goods, version 1: 1 entries, live." in said("add", "goods", "goods.csv", *add)
        with pytest.raises(ParcelRiskError, match="1 faults; nothing was changed"):
            said("import", "goods", "bad.csv", "--as", "ana")
        with pytest.raises(ParcelRiskError, match="role analyst or supervisor"):
            said("import", "goods", "goods.csv", "--as", "olaf")
        with pytest.raises(ParcelRiskError, match="there is no field shoes"):
            said("add", "other", "goods.csv", "--fields", "shoes", *WHY, "--as", "ana")
        of_names = ("--fields", "sender-name", "--kind", "mandatory")
        added = said("add", "people", "people.csv", *of_names, *WHY, "--as", "sue")
        assert "draft. It waits for a second person" in added
        with pytest.raises(ParcelRiskError, match="sue made the list people"):
            said("approve", "people", "--as", "sue")
        assert "people" in said("lists")
        said("export", "goods", "out.csv", "--as", "ana")
        assert Path("out.csv").read_text() == "field,words\ndescription,'=cotton shirts\n"
        assert "version 2: 1 entries, live" in said("import", "goods", "out.csv", "--as", "ana")
        shown = said("show", "goods")
        assert "watch, asks for spot_check" in shown
        assert "own findings (A1, H0)" in shown
        with pytest.raises(ParcelRiskError, match="1 faults"):
            said("from-finding", "RB473124829US", "--as", "ana")
        assert "retired" in said("retire", "goods", "--as", "ana")
