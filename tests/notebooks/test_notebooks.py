from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from serving.app import open_desk
from serving.outcomes import ingest
from serving.settings import Settings
from tests.worlds import small_reading

NOTEBOOKS = sorted((Path(__file__).parent.parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_cells_of_a_notebook_run_in_order(
    path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(settings)
    with desk.store.begin() as connection:
        ingest(connection, small_reading(), desk)
    desk.store.close()
    monkeypatch.setenv("PARCEL_RISK_HOME", str(settings.home))
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "outputs are not kept in the repository"
            exec("".join(cell["source"]), names)
    assert names["medians"].shape[0] == names["rows"].shape[1] - 1
