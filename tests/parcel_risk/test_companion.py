"""Whatever ends the starting process, nothing that its companion started stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.parcel_risk.processes import MARK, gone, marked

# A command that starts another one, like the MLflow UI; the second ignores polite requests.
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
COMMAND = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}])"
STARTS = f"""
import os, sys, time
from parcel_risk.companion import Companion
with open(sys.argv[1], "wb") as log, Companion([sys.executable, "-c", {COMMAND!r}], log, os.environ):
    time.sleep(600)
"""
QUICK = """
import os, sys
from parcel_risk.companion import Companion
with open(sys.argv[1], "wb") as log, Companion([sys.executable, "-c", "raise SystemExit(3)"], log, os.environ) as one:
    print(one.wait())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, MARK: str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", STARTS, str(tmp_path / "log")], env=environment, stderr=subprocess.DEVNULL
    ) as starter:
        deadline = time.monotonic() + 60
        while len(marked(str(tmp_path))) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(marked(str(tmp_path))) == 4  # the starter, the watcher, the command and what it started
        starter.send_signal(number)
    assert gone(str(tmp_path), within_s=20)


def test_its_end_is_told_with_its_exit_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUICK, str(tmp_path / "log")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "3\n"
