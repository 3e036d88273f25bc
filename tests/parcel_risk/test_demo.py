"""The demonstration survives its MLflow UI, and takes it along when it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parcel_risk.mlflow_ui import mlflow_ui
from parcel_risk.ports import free_port, listen
from serving.settings import Settings
from tests.parcel_risk.processes import MARK, gone, marked

HOST = "127.0.0.1"
START_S = 120.0


@contextmanager
def demonstration(models: Path, tmp_path: Path, mlflow_port: int) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The demonstration on an installation that is prepared already, and the file of what it prints."""
    home = tmp_path / "home"
    shutil.copytree(models / "home", home)
    said = tmp_path / "said.txt"
    environment = {
        **os.environ,
        MARK: str(tmp_path),
        "PARCEL_RISK_HOME": str(home),
        "PARCEL_RISK_MODELS_DIR": str(models / "models"),
        "PARCEL_RISK_PORT": str(free_port(HOST, 0)),
        "PARCEL_RISK_MLFLOW_PORT": str(mlflow_port),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "parcel_risk", "demo"]
    with said.open("wb") as file:
        demo = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield demo, said
    finally:
        demo.kill()
        demo.wait()


def wait_for(said: Path, pattern: str) -> str:
    """Wait until the demonstration prints `pattern`; return what its group matched."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if match := re.search(pattern, said.read_text("utf-8")):
            return match.group(1)
        time.sleep(0.1)
    raise AssertionError(f"{pattern} was not printed: {said.read_text('utf-8')}")


def answers(url: str) -> bool:
    """Whether something answers at `url` in time."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            time.sleep(0.2)
    return False


@pytest.mark.slow
def test_the_ui_takes_another_port_its_death_is_reported_and_the_service_goes_on(models: Path, tmp_path: Path) -> None:
    with listen(HOST, 0, "") as opened:
        taken = opened.getsockname()[1]
        with demonstration(models, tmp_path, taken) as (demo, said):
            ui = wait_for(said, r"MLflow UI  (http://[^\s/]+)/#/experiments/1/runs\?workflowType=machine_learning")
            service = wait_for(said, r"API docs   (http://\S+)/docs")
            assert f"port {taken} is taken by another process; the MLflow UI uses port {ui.rpartition(':')[2]}" in (
                said.read_text("utf-8")
            )
            assert answers(ui)
            for process in marked(str(tmp_path)) - {demo.pid}:
                if b"mlflow" in Path(f"/proc/{process}/cmdline").read_bytes():
                    os.kill(process, signal.SIGKILL)
            wait_for(said, r"the MLflow UI ended by itself \(exit code (-?\d+)\)")
            with urllib.request.urlopen(f"{service}/readyz", timeout=30) as response:
                assert json.load(response)["degraded"] is None
            demo.send_signal(signal.SIGINT)
            assert demo.wait(timeout=60) == 0
    assert gone(str(tmp_path), within_s=20)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL])
def test_no_process_stays_behind(models: Path, tmp_path: Path, number: signal.Signals) -> None:
    with demonstration(models, tmp_path, free_port(HOST, 0)) as (demo, said):
        assert answers(
            wait_for(said, r"MLflow UI  (http://[^\s/]+)/#/experiments/1/runs\?workflowType=machine_learning")
        )
        demo.send_signal(number)
        demo.wait(timeout=60)
        assert gone(str(tmp_path), within_s=20)


def test_a_ui_that_cannot_be_started_is_reported(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    (settings.home / "mlflow-ui.log").mkdir(parents=True)
    with mlflow_ui(settings) as ui:
        ui.report_end()
    said = capsys.readouterr().err
    assert "the MLflow UI could not be started" in said
    assert "The service continues without it" in said
