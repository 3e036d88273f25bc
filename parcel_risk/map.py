"""Command `map`: propose a mapping for a file that is not known, from a sample of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape
from rich.table import Table

from features.parcel.problems import ParcelRiskError
from features.sources.columns.cells import PARCEL, PIECE
from features.sources.columns.shapes import Column
from features.sources.registry import shipped
from features.sources.sampling import Sample, sample_of
from parcel_risk.console import out

_SAMPLES = 3


def map(
    file: Annotated[Path | None, typer.Argument(help="Sample of the file, of any format.", show_default=False)] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the proposed mapping to this TOML file.")
    ] = None,
    shipped_ones: Annotated[
        bool, typer.Option("--list", help="List the mappings that come with this version.")
    ] = False,
) -> None:
    """Propose a mapping: what each column or path of a file would become, and what must be decided by you."""
    if shipped_ones:
        for name, adapter in shipped().items():
            out.print(f"{name}: {adapter.says}", markup=False, soft_wrap=True)
        return
    if file is None:
        raise ParcelRiskError("no file was given. Write parcel-risk map FILE, or parcel-risk map --list.")
    sample = sample_of(file)
    if sample.known_as is not None:
        out.print(f"{file.name} is read as {sample.known_as}: no mapping is needed.", markup=False, soft_wrap=True)
        return
    out.print(_shown(sample))
    for says in sample.proposal.missing:
        out.print(f"missing: {says}", markup=False, soft_wrap=True)
    for one in sample.proposal.undecided:
        out.print(f"decide: {one.says}", markup=False, soft_wrap=True)
    _write(sample, out_file)


def _write(sample: Sample, out_file: Path | None) -> None:
    text = sample.proposal.toml()
    if out_file is None:
        out.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    if out_file.exists():
        raise ParcelRiskError(f"{out_file} exists. Give another name with --out, or remove it.")
    out_file.write_text(text, "utf-8")
    n_open = len(sample.proposal.undecided)
    todo = f"Decide what is marked in it ({n_open:,}), then use it" if n_open else "Use it"
    out.print(f"{out_file} written. {todo} with --mapping {out_file}.", markup=False, soft_wrap=True)


def _shown(sample: Sample) -> Table:
    table = Table("column", "becomes", "for example", "why")
    for one in sample.proposal.columns:
        becomes = one.field or ("to be decided" if one.lines else "not used")
        table.add_row(escape(one.header), becomes, escape(_examples(sample, one)), escape(one.says))
    return table


def _examples(sample: Sample, column: Column) -> str:
    """A few values of a column that is known not to be personal."""
    name = (column.field or "").rpartition(".")[2]
    known = PARCEL.get(name) or PIECE.get(name)
    if known is None or known.personal or column.header not in sample.table.columns:
        return ""
    values = sample.table[column.header].drop_nulls().unique(maintain_order=True).head(_SAMPLES)
    return ", ".join(text[:24] for text in values.cast(pl.String))
