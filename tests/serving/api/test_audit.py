from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from serving.app import create_app
from serving.store import Role
from serving.tlog.checkpoints import is_signed, read_checkpoint
from serving.verification import checkpoints_of
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer


def test_an_auditor_reads_the_entries_and_the_checkpoints_that_the_service_signs(tmp_path: Path, clock: Clock) -> None:
    settings = bare_settings(tmp_path)
    auditor = bearer(client_key(settings, "aud", None, Role.AUDITOR))
    officer = bearer(client_key(settings, "officer-7", None))
    with TestClient(create_app(settings, clock)) as api:
        n = len(api.get("/v1/audit", headers=auditor).json()["entries"])  # what every office notes when it opens
        for _ in range(3):
            api.get("/v1/parcels/EE473124829TH", headers=officer)
        page = api.get("/v1/audit", params={"after": n, "limit": 2}, headers=auditor).json()
        assert [(one["number"], one["who"], one["action"]) for one in page["entries"]] == [
            (n + 1, "officer-7", "viewed"),
            (n + 2, "officer-7", "viewed"),
        ]
        rest = api.get("/v1/audit", params={"after": page["next_after"]}, headers=auditor).json()
        assert ([one["number"] for one in rest["entries"]], rest["next_after"]) == ([n + 3], n + 3)
    kept = checkpoints_of(settings)
    with TestClient(create_app(settings, clock)) as api:
        answer = api.get("/v1/audit/checkpoint", headers=auditor)
    assert answer.headers["content-type"].startswith("text/plain")
    checkpoint = read_checkpoint(answer.text)
    assert checkpoint.size == n + 3
    assert is_signed(checkpoint, kept.public_key)
