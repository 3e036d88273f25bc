"""Run `parcel-risk` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tests.forked import Forked

_LONGEST_S, _WIDTH = 300, 200


def run(home: Path, *words: str, ok: bool = True, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Run `parcel-risk` in `home`, with `settings` in the environment, and return all it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PARCEL_RISK", "MLFLOW"))}
    environment |= {**settings, "MLFLOW_DISABLE_TELEMETRY": "true", "COLUMNS": str(_WIDTH)}
    with tempfile.TemporaryDirectory() as folder:
        errors = Path(folder) / "err"
        process = Forked(_command, words, environment, cwd=home, errors=errors)
        try:
            said = process.communicate(timeout=_LONGEST_S) + errors.read_text("utf-8")
        finally:
            process.kill()
    assert "Traceback" not in said, said
    assert (process.returncode == 0) == ok, said
    return said


def run_alone(home: Path, *words: str) -> str:
    """Run a command that starts processes of its own: those cannot be started from one that was forked."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PARCEL_RISK", "MLFLOW"))}
    command = [sys.executable, "-m", "parcel_risk", *words]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=_LONGEST_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _command() -> None:
    from parcel_risk.cli import main
    from parcel_risk.console import err, out

    out.width = err.width = _WIDTH  # the terminal's width was read before the command was forked
    main()
