"""Without a model the station says that nothing is known, and never that nothing is required."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from parcel_risk.client import new_client
from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.keys import make_keys
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.conftest import bearer


def test_a_parcel_that_no_model_assessed_is_grey_and_not_released(tmp_path: Path, clock: Clock) -> None:
    settings = Settings(home=tmp_path / "home", models_dir=tmp_path / "none", capacity_share=0.0)
    make_keys(settings, approver="test approver")
    post = new_client(settings, "post", operator="post-a", scores=True)
    officer = new_client(settings, "officer", role="officer")
    with TestClient(create_app(settings, clock)) as api:
        answer = api.post("/v1/parcels", json=EXAMPLE, headers=bearer(post)).json()
        assert (answer["referral"], answer["cause"], answer["probability"]) == ("not_assessed", "none", None)
        assert "CLE" not in api.get("/v1/replies", headers=bearer(post)).text
        api.post("/station/login", data={"key": officer})
        page = api.get("/station", params={"parcel": EXAMPLE["parcel_id"]}).text
    assert 'class="card unassessed"' in page
    assert "this says nothing about the parcel" in page
    assert "It was not scored." in page
    assert "No inspection required" not in page
