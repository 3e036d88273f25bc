"""The notebooks run and show pictures; copies with what they show are in docs/notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from serving.settings import Settings
from tests.notebooks.make import COPIES
from tests.notebooks.running import NOTEBOOKS, executed
from tests.serving.bare import put_environment
from tests.stores import put_past

_PNG = b"\x89PNG"


def test_there_are_five() -> None:
    assert len(NOTEBOOKS) == 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_run_in_order_and_show_pictures(
    path: Path, settings: Settings, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_past(settings, models / "home")
    put_environment(monkeypatch, settings.model_copy(update={"models_dir": tmp_path / "models"}))
    monkeypatch.chdir(path.parent.parent)
    names: dict[str, Any] = {}
    pictures = [cell.png for cell in executed(path, names) if cell.png is not None]
    assert pictures
    assert all(one.startswith(_PNG) for one in pictures)
    assert names["conclusion"] is not None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_copy_in_the_docs_is_of_this_notebook_and_holds_its_pictures(path: Path) -> None:
    copy = (COPIES / f"{path.stem}.md").read_text("utf-8")
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        assert "".join(cell["source"]) in copy, "run `python -m tests.notebooks.make`"
    pictures = list(COPIES.glob(f"{path.stem}-*.png"))
    assert pictures
    for picture in pictures:
        assert f"({picture.name})" in copy
        assert picture.read_bytes().startswith(_PNG)
