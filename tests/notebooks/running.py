"""Runs the cells of a notebook in order, and keeps what each would show."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, its text, and the value that a notebook program would show below it."""

    kind: str
    source: str
    shown: Any = None

    @property
    def png(self) -> bytes | None:
        """Picture that is shown; None for anything else."""
        return self.shown._repr_png_() if hasattr(self.shown, "_repr_png_") else None


def executed(path: Path, names: dict[str, Any]) -> Iterator[Cell]:
    """Cells of a notebook; those of code are run with `names`, which they fill."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            yield Cell(cell["cell_type"], source)
            continue
        assert cell["outputs"] == [], "outputs are kept in docs/notebooks, not here"
        yield Cell("code", source, _run(source, names))


def _run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
