"""Rows of a file that are pieces of one parcel become one row, across the batches in which the file is read.

Rows of the last parcel of a batch wait for the next one, so that neighbours are always joined here. A row whose number
was seen in an earlier batch is marked as *more* of that parcel: who takes the rows adds its pieces to those on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from features.parcel.field_checks import MAX_PIECES
from features.parcel.joining import join_pieces, number_of
from features.parcel.problems import Doubt
from features.parcel.schema import LINE
from features.sources.adapter import Batch


def consignments(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Batches of one file with pieces of one parcel joined; the same number of rows in all."""
    seen = _Seen()
    held: Batch | None = None
    for batch in batches:
        if held is not None:
            ready, rest = _split(held)
            yield seen.marked(_joined(ready))
            batch = batch if rest is None else _together(rest, batch)
        held = batch
    if held is not None:
        yield seen.marked(_joined(held))


def _split(batch: Batch) -> tuple[Batch, Batch | None]:
    """A batch without the rows of its last parcel, and these; they wait for what the next batch says of it."""
    if batch.rows.is_empty() or "parcel_id" not in batch.rows.columns:
        return batch, None
    numbers = batch.rows["parcel_id"]
    last = numbers[-1]
    if last is None:
        return batch, None
    is_last = (numbers == last).fill_null(value=False)
    rows = batch.rows.filter(is_last)
    if rows.height > MAX_PIECES:  # no parcel is that large, and memory is bounded
        return batch, None
    lines = set(rows[LINE])
    doubts = tuple(one for one in batch.doubts if one.line in lines)
    texts = {line: batch.original(line) for line in lines}  # not the texts of the whole batch, or all would be kept
    rest = Batch(rows=rows, n_rows=rows.height, original=texts.__getitem__, doubts=doubts)
    others = tuple(one for one in batch.doubts if one.line not in lines) if doubts else batch.doubts
    return replace(batch, rows=batch.rows.filter(~is_last), n_rows=batch.n_rows - rows.height, doubts=others), rest


def _together(waiting: Batch, batch: Batch) -> Batch:
    lines = set(waiting.rows[LINE])
    rows = pl.concat([waiting.rows, batch.rows], how="diagonal_relaxed")
    return replace(
        batch,
        rows=rows,
        n_rows=batch.n_rows + waiting.n_rows,
        original=_either(lines, waiting.original, batch.original),
        doubts=(*waiting.doubts, *batch.doubts),
    )


def _either(lines: set[int], one: Callable[[int], str], other: Callable[[int], str]) -> Callable[[int], str]:
    return lambda line: one(line) if line in lines else other(line)


def _joined(batch: Batch) -> Batch:
    """The batch with rows of one number joined where they are pieces of one parcel."""
    rows = batch.rows
    if "parcel_id" not in rows.columns or "pieces" not in rows.columns:
        return batch
    tidy = _tidy(rows["parcel_id"])
    is_several = tidy.is_duplicated() & tidy.is_not_null()
    if not is_several.any():
        return batch
    several: list[dict[str, Any]] = rows.filter(is_several).to_dicts()
    whole = pl.DataFrame(join_pieces(several), schema=rows.schema)
    together = pl.concat([rows.filter(~is_several), whole]).sort(LINE, maintain_order=True)
    return replace(batch, rows=together, doubts=_of_pieces(batch.doubts, several, set(whole[LINE])))


def _of_pieces(doubts: tuple[Doubt, ...], rows: list[dict[str, Any]], kept: set[int]) -> tuple[Doubt, ...]:
    """Doubts under the line and the piece numbers that rows have in the parcel of which they are pieces."""
    if not doubts:
        return ()
    places: dict[int, tuple[int, int]] = {}
    heads: dict[str | None, tuple[int, int]] = {}
    for row in rows:
        number, line = number_of(row), row[LINE]
        head, n_before = (line, 0) if line in kept else heads[number]
        places[line] = head, n_before
        heads[number] = head, n_before + len(row["pieces"] or ())
    return tuple(_moved(doubt, *places[doubt.line]) if doubt.line in places else doubt for doubt in doubts)


def _moved(doubt: Doubt, line: int, n_before: int) -> Doubt:
    piece, _, name = doubt.field.rpartition(".")
    field = f"piece_{n_before + int(piece.removeprefix('piece_'))}.{name}" if piece else doubt.field
    return replace(doubt, line=line, field=field)


def _tidy(numbers: pl.Series) -> pl.Series:
    """Numbers without what may be left out of an S10 identifier: whether two are one is decided by `joining`."""
    return numbers.str.replace_all(r"[\s\-]", "").str.to_uppercase()


class _Seen:
    """Numbers of the batches before, as 64-bit hashes: some seventy bytes each."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def marked(self, batch: Batch) -> Batch:
        """The batch with the lines whose number an earlier one had."""
        if "parcel_id" not in batch.rows.columns or batch.rows.is_empty():
            return batch
        given = batch.rows.filter(pl.col("parcel_id").is_not_null())
        hashes = _tidy(given["parcel_id"]).hash(0).to_list()
        more = frozenset(line for line, one in zip(given[LINE], hashes, strict=True) if one in self._hashes)
        self._hashes.update(hashes)
        return replace(batch, more=more)
