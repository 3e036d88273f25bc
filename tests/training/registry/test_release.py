from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from features import bundle
from features.model_store import ModelStore
from features.parcel.problems import BundleError
from features.signing import new_key
from tests.builders import write_a_bundle
from training.registry.release import approve, roll_back

FACTS = {"n_trees": 10, "last_seq": 0, "last_lodged_at": "2026-01-01T00:00:00+00:00", "trained_by": "Tara Trainer"}


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    for name in ("one", "two"):
        write_a_bundle(tmp_path / "models" / name, training=FACTS)
    return ModelStore(tmp_path / "models")


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, frozenset[str]]:
    return tmp_path / "key.pem", frozenset({new_key(tmp_path / "key.pem")})


@pytest.mark.parametrize("name", ["Tara Trainer", "  tara   TRAINER "])
def test_who_trained_a_bundle_does_not_approve_it(models: ModelStore, key, name: str):
    with pytest.raises(BundleError, match="was trained by Tara Trainer; another person approves"):
        approve(models, "one", approver=name, key=key[0], trusted=key[1])
    assert models.champion() is None


def test_an_override_is_signed_with_its_reason(models: ModelStore, key):
    approve(models, "one", approver="Tara Trainer", key=key[0], trusted=key[1], override="alone on duty")
    signature = bundle.load(models.path("one"), trusted=key[1]).signature
    assert signature is not None
    assert signature.note == "alone on duty"
    path = models.path("one") / bundle.SIGNATURE
    path.write_text(path.read_text("utf-8").replace("alone on duty", "agreed by all"), "utf-8")
    with pytest.raises(BundleError, match="the signature does not match"):
        bundle.load(models.path("one"), trusted=key[1])


def test_rolling_back_returns_to_the_champion_before_and_verifies_it(models: ModelStore, key):
    for name in ("one", "two"):
        approve(models, name, approver="Ada Approver", key=key[0], trusted=key[1])
    assert roll_back(models, trusted=key[1]).meta.name == "one"
    assert models.champion() == models.path("one")


def test_a_damaged_champion_of_the_past_does_not_come_back(models: ModelStore, key):
    for name in ("one", "two"):
        approve(models, name, approver="Ada Approver", key=key[0], trusted=key[1])
    (models.path("one") / bundle.MODEL).write_text("tree", "utf-8")
    with pytest.raises(BundleError, match=r"model\.lgb was changed"):
        roll_back(models, trusted=key[1])
    assert models.champion() == models.path("two")


@pytest.mark.parametrize("name", ["", "   "])
def test_nobody_approves_nothing(models: ModelStore, key, name: str):
    with pytest.raises(BundleError, match="nobody is named as approver"):
        approve(models, "one", approver=name, key=key[0], trusted=key[1])


def test_a_champion_is_not_approved_again_and_keeps_its_signature(models: ModelStore, key):
    approve(models, "one", approver="Ada", key=key[0], trusted=key[1])
    signed = (models.path("one") / bundle.SIGNATURE).read_bytes()
    with pytest.raises(BundleError, match="approved already and serves"):
        approve(models, "one", approver="Eve", key=key[0], trusted=key[1])
    assert (models.path("one") / bundle.SIGNATURE).read_bytes() == signed


def test_a_promotion_that_a_crash_left_half_done_is_no_step_to_roll_back_to(models: ModelStore, key):
    approve(models, "one", approver="Ada", key=key[0], trusted=key[1])
    approve(models, "two", approver="Ada", key=key[0], trusted=key[1])
    with (models.folder / "CHAMPIONS").open("a", encoding="utf-8") as history:
        history.write("three\n")
    roll_back(models, trusted=key[1])
    assert models.champion() == models.path("one")


def test_mlflow_sends_no_telemetry() -> None:
    """Its client for it is made when MLflow is imported, unless the environment refused it before."""
    code = "import training.registry.aliases, mlflow.telemetry.client as c; print(c.get_telemetry_client())"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None"
