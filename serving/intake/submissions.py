"""Accept what a format adapter has read: score parcels, store movements and receptacles, keep what cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from features.parcel.problems import Rejection
from features.parcel.reference import Reference
from features.parcel.schema import LINE
from features.sources import Adapter, Batch, Content
from features.sources.guard import guarded
from features.sources.reading import Reading, read_parcels
from serving.office.answers import Answer
from serving.office.current import current_parcels
from serving.office.office import Office
from serving.office.scoring import Answers, rescore, score
from serving.office.writer import Transaction
from serving.store import Client, movements, receptacles
from serving.store.quality import count_rejected
from serving.store.quarantine import hold
from serving.store.times import microseconds

PART_ROWS = 1_000
"""Rows that are scored in one transaction. Others who wait for the writer wait for that long."""


@dataclass(frozen=True, kw_only=True)
class PartResult:
    """What became of a part of a file.

    Attributes
    ----------
    answers:
        Answer by line; lines without one were movements, receptacles, or could not be used.
    rejections:
        Reasons why rows could not be used.
    n_rows:
        Rows of the part.
    """

    answers: dict[int, Answer]
    rejections: tuple[Rejection, ...]
    n_rows: int

    @property
    def n_rejected(self) -> int:
        """Rows that could not be used."""
        return len({rejection.line for rejection in self.rejections})

    def results(self) -> Answers:
        """Answer of each line; of several reasons of one line the first stands for it."""
        refused = {rejection.line: rejection for rejection in reversed(self.rejections)}
        return {**self.answers, **refused}


Part = Reading | Batch


def parts(adapter: Adapter, file: BinaryIO, *, reference: Reference) -> Iterator[Part]:
    """Parts of a file of at most ``PART_ROWS`` rows, always the same ones: a restart can count on them."""
    if adapter.content is not Content.PARCELS:
        yield from guarded(adapter, file)
        return
    for reading in read_parcels(adapter, file, reference=reference):
        yield from _slices(reading)


def _slices(reading: Reading) -> Iterator[Reading]:
    n_first = reading.n_rows - max(0, reading.parcels.height - PART_ROWS)
    for start in range(0, max(1, reading.parcels.height), PART_ROWS):
        rows = reading.parcels.slice(start, PART_ROWS)
        yield Reading(
            parcels=rows,
            outcomes=reading.outcomes,
            ignored=reading.ignored,
            original=reading.original,
            rejections=() if start else reading.rejections,
            n_rows=rows.height if start else n_first,
        )


def accept(
    office: Office,
    transaction: Transaction,
    part: Part,
    client: Client,
    source: str,
    *,
    content: Content = Content.PARCELS,
    explain: bool = False,
) -> PartResult:
    """Accept one part within a transaction.

    Parameters
    ----------
    source:
        Format in which it came.
    content:
        What its rows are.
    explain:
        Find the reasons for all answers now.
    """
    if isinstance(part, Reading):
        accepted = _parcels(office, transaction, part, client, explain=explain)
    else:
        _events(office, transaction, part, client, content)
        accepted = PartResult(answers={}, rejections=part.rejections, n_rows=part.n_rows)
    _keep(office, transaction, part, accepted, client, source)
    return accepted


def _parcels(office: Office, transaction: Transaction, part: Reading, client: Client, *, explain: bool) -> PartResult:
    rows = part.parcels.with_columns(pl.lit(client.operator).alias("operator"))
    answers = score(office, transaction, rows, client, explain=explain)
    return PartResult(
        answers={line: one for line, one in answers.items() if isinstance(one, Answer)},
        rejections=(*part.rejections, *(one for one in answers.values() if isinstance(one, Rejection))),
        n_rows=part.n_rows,
    )


def _keep(
    office: Office, transaction: Transaction, part: Part, accepted: PartResult, client: Client, source: str
) -> None:
    at = office.clock()
    operator = client.operator or ""
    hold(
        transaction.connection,
        office.secrets.vault,
        operator=operator,
        source=source,
        rejections=accepted.rejections,
        original=part.original,
        at_us=microseconds(at),
    )
    count_rejected(transaction.connection, operator, accepted.n_rejected, at)


def _events(office: Office, transaction: Transaction, part: Batch, client: Client, content: Content) -> None:
    at = office.clock()
    operator = client.operator or ""
    if content is Content.MOVEMENTS:
        movements.put(transaction.connection, operator, part.rows, microseconds(at), reference=office.reference)
        return
    receptacles.put(transaction.connection, operator, part.rows, microseconds(at))
    listed = part.rows.unique("parcel_id", keep="last", maintain_order=True).drop(LINE)
    current = current_parcels(transaction.connection, listed["parcel_id"], at)
    for receptacle_id, parcel_id in listed.select("receptacle_id", "parcel_id").iter_rows():
        on_record = current.latest.get((operator, parcel_id))
        if on_record is not None and on_record.event["receptacle_id"].item() != receptacle_id:
            rescore(office, transaction, on_record, {"receptacle_id": receptacle_id}, client)
