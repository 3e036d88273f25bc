"""Runs the notebooks on a synthetic world and writes what they show to docs/notebooks: `python -m tests.notebooks.make`."""

from __future__ import annotations

import datetime as dt
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from parcel_risk.console import out
from parcel_risk.ingest import ingest_file
from parcel_risk.worlds import make_world, write_world
from serving.keys import make_keys
from serving.settings import Settings
from tests.notebooks.running import FOLDER, NOTEBOOKS, Cell, executed

COPIES = FOLDER.parent / "docs" / "notebooks"
N_PARCELS = 12_000
SEED = 1
ENDS = dt.date(2026, 9, 1)
"""Last day of the world, so that the copies are the same whenever they are made."""


def main() -> None:
    """Make a world, run every notebook on it, write the copies."""
    with tempfile.TemporaryDirectory() as home:
        laboratory(Path(home))
        os.chdir(FOLDER.parent)
        COPIES.mkdir(parents=True, exist_ok=True)
        for old in COPIES.glob("*"):
            old.unlink()
        for path in NOTEBOOKS:
            out.print(path.stem)
            names: dict[str, Any] = {}
            parts = [_written(cell, f"{path.stem}-{place}.png") for place, cell in enumerate(executed(path, names))]
            (COPIES / f"{path.stem}.md").write_text(_HEAD.format(name=path.name) + "\n".join(parts), "utf-8")


def laboratory(folder: Path) -> Settings:
    """An installation in `folder` whose log holds a synthetic world; the environment points to it."""
    for name, part in {"HOME": "home", "MODELS_DIR": "models"}.items():
        os.environ[f"PARCEL_RISK_{name}"] = str(folder / part)
    settings = Settings()
    settings.home.mkdir(parents=True)
    make_keys(settings, approver="Ada Approver")
    world = make_world("demo", n_parcels=N_PARCELS, n_days=120, seed=SEED, end_on=ENDS)
    write_world(world, folder / "world", ("csv", "outcomes", "truth"))
    ingest_file(settings, folder / "world" / "parcels.csv", None, folder / "world" / "outcomes.csv", None)
    return settings


_HEAD = "<!-- Made by `python -m tests.notebooks.make` from notebooks/{name}; figures are of a synthetic world. -->\n\n"


def _written(cell: Cell, picture: str) -> str:
    """A cell as Markdown; a picture goes to a file next to it."""
    if cell.kind != "code":
        return cell.source + "\n"
    code = f"```python\n{cell.source}\n```\n"
    if cell.png is not None:
        (COPIES / picture).write_bytes(cell.png)
        return f"{code}\n![what the cell shows]({picture})\n"
    return code if cell.shown is None else f"{code}\n```text\n{_text(cell.shown)}\n```\n"


def _text(value: Any) -> str:
    with (
        pl.Config(tbl_cols=12, tbl_width_chars=150, fmt_str_lengths=24, tbl_formatting="ASCII_MARKDOWN"),
        pd.option_context("display.width", 150, "display.max_columns", 12),
    ):
        text = str(value) if isinstance(value, str) else repr(value)
    return re.sub(r"0x[0-9a-f]+", "0x…", text)


if __name__ == "__main__":
    main()
