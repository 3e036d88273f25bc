"""Take in what a format adapter has read: score parcels, store movements and receptacles, keep what cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources import Adapter, Batch, Content
from features.sources.guard import guarded
from features.sources.reading import Reading, read_parcels
from serving.office.answers import Answer
from serving.office.current import records_of
from serving.office.scoring import Desk, Then, microseconds
from serving.store import Client, Connection, movements, receptacles
from serving.store.quality import count_rejected
from serving.store.quarantine import hold

PART_ROWS = 1_000
"""Rows that are scored in one transaction. Others who want the desk wait for that long."""
Results = dict[int, Answer | Rejection]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a part of a file.

    Attributes
    ----------
    answers:
        Answer or refusal by line; lines without one were movements or receptacles.
    rejections:
        Reasons why rows could not be used, those in `answers` included.
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


Part = Reading | Batch


def parts(adapter: Adapter, file: BinaryIO) -> Iterator[Part]:
    """Parts of a file of at most ``PART_ROWS`` rows, always the same ones: a restart can count on them."""
    if adapter.content is not Content.PARCELS:
        yield from guarded(adapter, file)
        return
    for reading in read_parcels(adapter, file):
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


def take(
    desk: Desk,
    part: Part,
    client: Client,
    source: str,
    *,
    content: Content = Content.PARCELS,
    explain: bool = False,
    then: Then | None = None,
) -> Taken:
    """Take in one part; everything of it is stored in one transaction, together with what `then` writes."""
    if isinstance(part, Reading):
        return _parcels(desk, part, client, source, explain=explain, then=then)
    with desk.lock:
        try:
            with desk.store.begin() as connection:
                _events(desk, connection, part, client, content)
                taken = Taken(answers={}, rejections=part.rejections, n_rows=part.n_rows)
                _keep(desk, connection, part, taken.rejections, client, source)
                if then is not None:
                    then(connection, dict(_by_line(taken.rejections)))
        except BaseException:
            desk.rebuild()
            raise
    return taken


def _parcels(desk: Desk, part: Reading, client: Client, source: str, *, explain: bool, then: Then | None) -> Taken:
    found: list[Taken] = []

    def finish(connection: Connection, answers: Results) -> None:
        refused = tuple(one for one in answers.values() if isinstance(one, Rejection))
        taken = Taken(
            answers={line: one for line, one in answers.items() if isinstance(one, Answer)},
            rejections=(*part.rejections, *refused),
            n_rows=part.n_rows,
        )
        found.append(taken)
        _keep(desk, connection, part, taken.rejections, client, source)
        if then is not None:
            then(connection, {**answers, **dict(_by_line(part.rejections))})

    rows = part.parcels.with_columns(pl.lit(client.operator).alias("operator"))
    desk.score(rows, client, explain=explain, then=finish)
    return found[0]


def _by_line(rejections: tuple[Rejection, ...]) -> Iterator[tuple[int, Rejection]]:
    for rejection in reversed(rejections):  # of several reasons the first one stands for the row
        yield rejection.line, rejection


def _keep(
    desk: Desk, connection: Connection, part: Part, rejections: tuple[Rejection, ...], client: Client, source: str
) -> None:
    at = desk.clock()
    operator = client.operator or ""
    hold(
        connection,
        desk.secrets.vault,
        operator=operator,
        source=source,
        rejections=rejections,
        original=part.original,
        at_us=microseconds(at),
    )
    count_rejected(connection, operator, len({rejection.line for rejection in rejections}), at)


def _events(desk: Desk, connection: Connection, part: Batch, client: Client, content: Content) -> None:
    at = desk.clock()
    operator = client.operator or ""
    if content is Content.MOVEMENTS:
        movements.put(connection, operator, part.rows, microseconds(at))
        return
    receptacles.put(connection, operator, part.rows, microseconds(at))
    listed = part.rows.unique("parcel_id", keep="last", maintain_order=True).drop(LINE)
    records = records_of(connection, listed["parcel_id"], at)
    for receptacle_id, parcel_id in listed.select("receptacle_id", "parcel_id").iter_rows():
        found = records.latest.get((operator, parcel_id))
        if found is not None and found.event["receptacle_id"].item() != receptacle_id:
            desk.rescore(connection, found, {"receptacle_id": receptacle_id}, client)
