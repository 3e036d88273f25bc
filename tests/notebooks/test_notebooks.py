"""The notebooks run, and keep no outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from serving.settings import Settings
from tests.stores import put_past

NOTEBOOKS = sorted((Path(__file__).parent.parent.parent / "notebooks").glob("*.ipynb"))


def test_there_are_five() -> None:
    assert len(NOTEBOOKS) == 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_run_in_order(
    path: Path, settings: Settings, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_past(settings, models / "home")
    given = {
        "HOME": settings.home, "MODELS_DIR": tmp_path / "models", "KEYS_DIR": settings.keys,
        "APPROVERS_FILE": settings.approvers,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"PARCEL_RISK_{name}", str(value))
    monkeypatch.chdir(path.parent.parent)
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "outputs are not kept in the repository"
            exec("".join(cell["source"]), names)
    assert names["conclusion"] is not None
