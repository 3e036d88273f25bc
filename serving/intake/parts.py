"""A file in parts, always the same ones, so that a restart can count on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from features.parcel.problems import Doubt
from features.parcel.reference import Reference
from features.parcel.schema import LINE
from features.sources import Adapter, Batch, Content
from features.sources.guard import guarded
from features.sources.reading import Reading, read_parcels

PART_ROWS = 250
"""Rows that are scored in one transaction: others who wait for the writer wait for that long."""
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
            notes=reading.notes,
            original=reading.original,
            rejections=() if start else reading.rejections,
            n_rows=rows.height if start else n_first,
            numbers={} if start else reading.numbers,
            doubts=of_lines(reading.doubts, rows[LINE]),
            more=reading.more,
        )


def of_lines(doubts: tuple[Doubt, ...], lines: Iterable[int]) -> tuple[Doubt, ...]:
    """Those of the `doubts` that are about one of the lines."""
    if not doubts:
        return ()
    wanted = set(lines)
    return tuple(doubt for doubt in doubts if doubt.line in wanted)
