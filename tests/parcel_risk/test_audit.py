"""Commands `audit ...`, as an administrator, an auditor and another authority use them, in one process."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.signing import new_key
from parcel_risk.cli import app
from serving.keys import make_secrets
from serving.settings import Settings
from serving.verification import public_key
from tests.stores import put_store


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("PARCEL_RISK_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("PARCEL_RISK_MODELS_DIR", str(tmp_path / "models"))
    settings = Settings()
    make_secrets(settings)
    return put_store(settings)


def run(*words: str | Path, ends_with: int = 0) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == ends_with, done.output + repr(done.exception)
    return done.output


def test_from_a_change_of_rights_to_a_proof_that_another_authority_checks(settings: Settings, tmp_path: Path) -> None:
    for name, role in (("ana", "analyst"), ("sue", "supervisor")):
        run("client", name, "--role", role)
    assert run("audit", "show", "--last", "1").endswith("command  client key made  sue, a supervisor\n")
    assert "ana" in run("audit", "show", "--action", "client key made", "--since", "2020-01-01")
    assert run("audit", "show", "--who", "nobody") == "the audit has no such entry\n"
    first, second, request, proof = (tmp_path / name for name in ("1", "2", "request", "proof"))
    said = run("audit", "checkpoint", "--out", first)
    assert f"signed with the key {public_key(settings)}" in said
    key = tmp_path / "witness.pem"
    new_key(key)
    witness = ("--as", "customs.example/w", "--pem", key, "--key", public_key(settings))
    verifier = run("audit", "cosign", first, *witness, "--out", first).split()[-1]
    run("client", "aud", "--role", "auditor")
    run("audit", "checkpoint", "--since", first, "--out", request)
    run("audit", "cosign", request, *witness, "--seen", first, "--out", second)
    assert "seen by customs.example/w at 20" in run("audit", "check", second, "--witness", verifier)
    run("audit", "prove", "2", "--out", proof)
    said = run("audit", "check", proof, "--key", public_key(settings))
    assert "sue, a supervisor" in said
    assert "the entry is in that tree" in said
    assert "not seen by" in run("audit", "check", proof, "--witness", verifier, ends_with=1)
    said = run("audit", "verify", first, second)
    assert "3 entries read; 4 of 4 checkpoints agree" in said
    with closing(sqlite3.connect(settings.home / "parcel-risk.db")) as file, file:
        file.execute("UPDATE audit SET detail = 'ana, a supervisor' WHERE id = 1")
    assert "entry 1 was changed" in run("audit", "verify", first, ends_with=1)
