"""The environment of the peers: a folder of its own with pinned versions, made once and used again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
PINNED = PEERS / "requirements.txt"
_INSTALL_S = 1_200


def prepared(folder: Path) -> Path:
    """Python of the peers' environment in `folder`, which is made where it is missing or pins other versions."""
    python, noted = folder / "env" / "bin" / "python", folder / "installed.txt"
    wanted = PINNED.read_text("utf-8")
    if not (python.exists() and noted.exists() and noted.read_text("utf-8") == wanted):
        folder.mkdir(parents=True, exist_ok=True)
        noted.unlink(missing_ok=True)
        print(f"installing the peers into {folder}", file=sys.stderr)
        # uv comes with the test environment, and needs seconds where pip needs minutes.
        uv = [sys.executable, "-m", "uv"]
        _run(*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder / "env"))
        _run(*uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(PINNED))
        noted.write_text(wanted, "utf-8")
    return python


def saved_for_mlflow(python: Path, model: Path, folder: Path) -> Path:
    """The model as MLflow serves it; saved once, because that takes a while."""
    saved = folder / f"mlflow-{model.stat().st_mtime_ns:x}-{model.stat().st_size:x}"
    if not (saved / "MLmodel").exists():
        _run(str(python), str(PEERS / "save.py"), str(model), str(saved))
    return saved


def versions() -> dict[str, str]:
    """Pinned versions of the peers by distribution."""
    return dict(line.split("==", 1) for line in PINNED.read_text("utf-8").splitlines() if "==" in line)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_INSTALL_S, stdout=sys.stderr)
