"""How the command speaks: progress on long work, tables of results, errors as sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from features.parcel.problems import Rejection


class _Whole(Console):
    """Cuts nothing off: a sentence stays one line, so that a command in it can be copied; a table shows whole cells."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as `rich` does; the first column of a table, which names its rows, is not broken either."""
        for one in objects:
            if isinstance(one, Table):
                for column in one.columns:
                    column.overflow = "fold"
                one.columns[0].no_wrap = True
        if all(isinstance(one, str) for one in objects):
            options.setdefault("soft_wrap", True)
        super().print(*objects, **options)


out = _Whole(highlight=False)
err = _Whole(stderr=True, highlight=False)
_SHOWN_REJECTIONS = 10
_LINE_EVERY_S = 30.0


@contextmanager
def working(text: str) -> Iterator[Progress]:
    """Show that work continues, and for how long; a bar where the work reports its progress."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn())
    shown = Progress(*columns, console=err, transient=True) if err.is_terminal else _Lines()
    with shown as progress:
        progress.add_task(text, total=None)
        yield progress


class _Lines(Progress):
    """Progress where there is no terminal: a line when other work begins, and one in half a minute of the same."""

    def __init__(self) -> None:
        super().__init__(console=err, disable=True)
        self._said, self._said_at = "", 0.0

    def add_task(self, description: str, *args: Any, **kwargs: Any) -> TaskID:
        """Begin a task and say so."""
        task = super().add_task(description, *args, **kwargs)
        self._say(task)
        return task

    def update(self, task_id: TaskID, **fields: Any) -> None:
        """Change a task; say so where it is something else, or time has passed."""
        super().update(task_id, **fields)
        self._say(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """One step more; say so when time has passed."""
        super().advance(task_id, advance)
        self._say(task_id)

    def _say(self, task_id: TaskID) -> None:
        task, now = self._tasks[task_id], time.monotonic()
        kind = task.description.partition(":")[0]
        if kind == self._said and now - self._said_at < _LINE_EVERY_S:
            return
        counted = "" if task.total is None or kind != task.description else f" ({task.completed:g} of {task.total:g})"
        err.print(f"{task.description}{counted}", markup=False, soft_wrap=True)
        self._said, self._said_at = kind, now


def rows_shown(progress: Progress) -> Callable[[str, int, int | None], None]:
    """Show on `progress` how many rows are done, and of how many where that is known."""
    task = progress.task_ids[0]

    def show(what: str, done: int, of: int | None) -> None:
        total = "" if of is None else f" of {of:,}"
        progress.update(task, description=f"{what}: {done:,}{total} rows", completed=done, total=of)

    return show


def show_rejections(rejections: tuple[Rejection, ...], n_rejections: int) -> None:
    """Print the first reasons why rows were not accepted, and how many there are."""
    shown = rejections[:_SHOWN_REJECTIONS]
    for rejection in shown:
        err.print(f"rejected: {rejection}", markup=False, soft_wrap=True)
    more = n_rejections - len(shown)
    if more > 0:
        err.print(f"... and {more:,} more; --rejections FILE writes all of them to a CSV file")


def markdown(table: pl.DataFrame, digits: int = 4) -> str:
    """Write a table as Markdown, for the pages of docs/."""

    def cell(value: object) -> str:
        return f"{value:.{digits}g}" if isinstance(value, float) else str(value)

    lines = [table.columns, ["---"] * table.width, *([cell(value) for value in row] for row in table.iter_rows())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def show_figures(title: str, figures: Mapping[str, float]) -> None:
    """Print figures as a table, those with ends of an interval (``_low``, ``_high``) with it."""
    out.print(title)
    table = Table(show_header=False)
    for name, value in figures.items():
        if name.endswith(("_low", "_high")):
            continue
        shown = f"{value:,.0f}" if name.endswith("n_inspected") else f"{value:.4f}"
        ends = [figures[f"{name}_{end}"] for end in ("low", "high") if f"{name}_{end}" in figures]
        table.add_row(name, shown, " to ".join(f"{end:.4f}" for end in ends))
    out.print(table)
