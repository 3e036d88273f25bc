"""How the command speaks: progress on long work, tables of results, errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from features.parcel.problems import Rejection

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
_SHOWN_REJECTIONS = 10


@contextmanager
def working(text: str) -> Iterator[Progress]:
    """Show that work continues, and for how long; a bar where the work reports its progress."""
    if not err.is_terminal:
        err.print(text)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        progress.add_task(text, total=None)
        yield progress


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
