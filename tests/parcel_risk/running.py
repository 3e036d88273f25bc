"""Run `parcel-risk` in a process of its own, forked from one that has imported what all commands share.

Importing takes longer than most commands. The process that is forked has done nothing else, so that a command begins
as it would on a command line.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_SHARED = ["parcel_risk.cli", "parcel_risk.serve", "serving.installation", "serving.app", "training.fit.run"]
_LONGEST_S, _WIDTH = 300, 200
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(_SHARED)


def run(home: Path, *words: str, ok: bool = True, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Run `parcel-risk` in `home`, with `settings` in the environment, and return all it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PARCEL_RISK", "MLFLOW"))}
    environment |= {**settings, "MLFLOW_DISABLE_TELEMETRY": "true", "COLUMNS": str(_WIDTH)}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("out", "err")]
        process = _FORKED.Process(target=_command, args=(home, words, environment, files))
        process.start()
        process.join(_LONGEST_S)
        if process.exitcode is None:
            process.kill()
            process.join()
        said = "".join(file.read_text("utf-8") for file in files)
    assert "Traceback" not in said, said
    assert (process.exitcode == 0) == ok, said
    return said


def run_alone(home: Path, *words: str) -> str:
    """Run a command that starts processes of its own: those cannot be started from one that was forked."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PARCEL_RISK", "MLFLOW"))}
    command = [sys.executable, "-m", "parcel_risk", *words]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=_LONGEST_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _command(home: Path, words: tuple[str, ...], environment: dict[str, str], files: list[Path]) -> None:
    """Be the command: its folder, its environment, its output, its arguments."""
    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    sys.argv = ["parcel-risk", *words]
    from parcel_risk.cli import main
    from parcel_risk.console import err, out

    out.width = err.width = _WIDTH  # the terminal's width was read before the command was forked
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
