"""What the libraries behind a format stumble over, said in words: one unusual file must stop nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl
import pyarrow as pa
from polars.exceptions import PanicException, PolarsError

from features.parcel.problems import Rejection, SourceError
from features.parcel.schema import LINE
from features.sources.adapter import Adapter, Batch
from features.sources.unmapped import suited

STUMBLES: tuple[type[BaseException], ...] = (
    PolarsError,
    PanicException,
    pa.ArrowException,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    NotImplementedError,
)
"""Their texts may repeat what the file holds, so only their names are reported."""
_REMEDY = (
    "Send UTF-8 and the types and names of docs/formats.md: no column twice, times within 1990 to 2100, texts as text."
)


def guarded(adapter: Adapter, file: BinaryIO) -> Iterator[Batch]:
    """Batches of a file; where reading stumbles further down, a last one says that the rest was not read.

    Raises
    ------
    SourceError
        When nothing of the file can be understood.
    """
    n_rows = 0
    batches = _read(adapter, file)
    while True:
        try:
            batch = next(batches, None)
        except STUMBLES as error:
            reason = f"this cannot be read as {adapter.name} ({type(error).__name__})."
            if n_rows == 0:
                raise SourceError(f"{reason} {_REMEDY}") from None
            yield _rest(n_rows + 1, reason)
            return
        if batch is None:
            return
        n_rows += batch.n_rows
        yield batch


def _read(adapter: Adapter, file: BinaryIO) -> Iterator[Batch]:
    adapter, file = suited(adapter, file)
    yield from adapter.read(file)


def _rest(line: int, reason: str) -> Batch:
    fault = Rejection(line=line, field="file", code="unreadable", reason=f"The rest: {reason}", remedy=_REMEDY)
    return Batch(rows=pl.DataFrame(schema={LINE: pl.Int64()}), rejections=(fault,), n_rows=1)


def unusable(batch: Batch) -> Batch:
    """Answer every row of a batch whose values cannot be checked; nothing of it is lost without a reason."""
    refused = tuple(
        Rejection(line=line, field="item", code="unreadable", reason="the values cannot be checked.", remedy=_REMEDY)
        for line in batch.rows[LINE]
    )
    return Batch(
        rows=batch.rows.clear().select(LINE),
        rejections=(*batch.rejections, *refused),
        n_rows=batch.n_rows,
        ignored=batch.ignored,
        original=batch.original,
        doubts=batch.doubts,
    )
