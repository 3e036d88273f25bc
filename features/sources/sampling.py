"""Look at a sample of a file that nobody has described yet, and propose a mapping for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import polars as pl

from features.parcel.problems import SourceError
from features.sources.adapter import Adapter
from features.sources.columns.headers import recognise_headers
from features.sources.columns.mapping import Mapping
from features.sources.columns.proposal import Proposal, propose
from features.sources.columns.shapes import Column
from features.sources.formats.mapped import table_batches
from features.sources.formats.ndjson import Ndjson
from features.sources.registry import recognise
from features.sources.unmapped import Unmapped, sampled, suited

_HEAD_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What was seen of a file, and the mapping that is proposed for it.

    Attributes
    ----------
    known_as:
        Format or shipped mapping that reads the file as it is; then nothing is proposed.
    table:
        Texts of the sample by column or path.
    """

    known_as: str | None = None
    proposal: Proposal = field(default_factory=lambda: Proposal(columns=()))
    table: pl.DataFrame = field(default_factory=pl.DataFrame)


def sample_of(path: Path) -> Sample:
    """Look at a file.

    Raises
    ------
    SourceError
        When it cannot be read at all.
    """
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file.")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(0)
        kind = _kind(head)
        if kind in ("csv", "xlsx", "parquet"):
            return _of_table(file, kind)
        known = _known(path.name, head)
        if isinstance(known, Ndjson):
            known, _ = suited(known, file)
        if known is not None and not isinstance(known, Unmapped):
            return Sample(known_as=known.name)
        file.seek(0)
        message, _ = sampled(file, kind)
        return Sample(proposal=_with_operator(message.proposal), table=message.table)


def _known(name: str, head: bytes) -> Adapter | None:
    try:
        return recognise(name, head)
    except SourceError:
        return None


def _kind(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for kind, marks in {
        "xlsx": (b"PK\x03\x04",),
        "parquet": (b"PAR1",),
        "xml": (b"<",),
        "edifact": (b"UNA", b"UNB"),
        "json": (b"{", b"["),
    }.items():
        if text.startswith(marks):
            return kind
    return "csv"


def _of_table(file: BinaryIO, kind: str) -> Sample:
    raw = next(iter(table_batches(file, Mapping(parcels=[], outcomes=[], kind=kind))))
    recognised = recognise_headers(raw.table.columns)
    return Sample(proposal=_with_operator(propose(raw.table, recognised, kind=kind)), table=raw.table)


def _with_operator(proposal: Proposal) -> Proposal:
    """The proposal, with the question who lodges the file where no column says it."""
    if any(one.field == "operator" for one in proposal.columns):
        return proposal
    unsaid = Column(
        header="(no column)",
        field=None,
        table="parcel",
        lines=('operator = { constant = "NAME" }',),
        says="no column names the operator. The API knows it by its key, `ingest FOLDER` by --operator, and `score` "
        "only from here.",
    )
    return replace(proposal, columns=(*proposal.columns, unsaid))
