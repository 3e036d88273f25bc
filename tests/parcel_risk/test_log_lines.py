"""The log of the service: it ends with the service, and one that fails takes no answer with it."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient

from features.parcel.problems import ParcelRiskError
from parcel_risk.log_lines import Lines
from parcel_risk.ports import listen
from parcel_risk.serve import logging_to, serve_forever
from serving.api.examples import PARCEL
from serving.app import create_app
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer


def test_a_service_that_cannot_start_leaves_no_log_behind(settings: Settings) -> None:
    with listen("127.0.0.1", 0, "") as opened:
        port = opened.getsockname()[1]
        with pytest.raises(ParcelRiskError, match="is taken"):
            serve_forever(settings.model_copy(update={"host": "127.0.0.1", "port": port}))
    assert not structlog.is_configured()


@pytest.mark.parametrize("fault", ["nobody reads", "closed"])
def test_answers_are_given_when_the_log_cannot_be_written(tmp_path: Path, fault: str) -> None:
    settings = bare_settings(tmp_path)
    key = client_key(settings, "post", "post")
    reading, writing = os.pipe()
    os.close(reading)
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    stream = open(writing, "w", encoding="utf-8", buffering=1)  # noqa: SIM115  # closed below, and that is what is tried
    if fault == "closed":
        with suppress(BrokenPipeError):
            stream.close()
    with logging_to(stream), TestClient(create_app(settings, Clock())) as http:
        answer = http.post("/v1/parcels", json=PARCEL, headers=bearer(key))
        assert answer.status_code == 200, answer.text
        assert http.get(f"/v1/parcels/{PARCEL['parcel_id']}", headers=bearer(key)).status_code == 200
        assert http.get("/v1/parcels/unknown", headers=bearer(key)).status_code == 404
    with suppress(BrokenPipeError):
        stream.close()


def test_the_next_line_says_how_many_were_lost(tmp_path: Path) -> None:
    path = tmp_path / "log"
    stream = path.open("w", encoding="utf-8")
    lines = Lines(stream)
    full = os.open("/dev/full", os.O_WRONLY)
    kept = os.dup(stream.fileno())
    os.dup2(full, stream.fileno())
    for _ in range(3):
        lines.write('{"event": "request"}\n')
    os.dup2(kept, stream.fileno())
    lines.write('{"event": "request"}\n')
    written = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert written[-1] == {"event": "request"}
    assert {"event": "log_lines_lost", "level": "error", "n": 3} in written
    stream.close()
    for one in (full, kept):
        os.close(one)
