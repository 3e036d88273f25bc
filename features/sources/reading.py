"""Read a whole file with the fitting format adapter and validate it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import polars as pl

from features.parcel.flags import QUALITY_FLAGS
from features.parcel.joining import OUTCOME
from features.parcel.problems import Doubt, ParcelRiskError, Rejection, SourceError
from features.parcel.reference import Reference
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.adapter import Adapter, Batch, Content, nothing
from features.sources.columns.cells import assign
from features.sources.columns.headers import outcome_assignments
from features.sources.columns.mapping import TABULAR, Mapping
from features.sources.consignments import consignments
from features.sources.formats.mapped import Mapped, MappedTable, table_batches
from features.sources.guard import STUMBLES, guarded, unusable
from features.sources.item import RawBatch
from features.sources.outcome_rows import asked_result, completed, understood
from features.sources.registry import in_currencies, recognise_file


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file held.

    Attributes
    ----------
    parcels:
        Validated parcels (see `features.parcel.validation`).
    outcomes:
        Validated outcomes; empty when the file carries none.
    rejections:
        Why the other rows cannot be used.
    ignored:
        Columns that no field takes up.
    n_rows:
        Rows in the file.
    original:
        Text of a row as it was sent, by line.
    numbers:
        Identifiers of rejected rows that gave one, by line.
    doubts:
        Values that were changed, cut or dropped so that their rows could be used.
    notes:
        What was guessed on reading the file, such as its encoding, as sentences for the sender.
    more:
        Lines whose number an earlier part of the file had.
    """

    parcels: pl.DataFrame
    outcomes: pl.DataFrame
    rejections: tuple[Rejection, ...]
    ignored: tuple[str, ...]
    n_rows: int
    original: Callable[[int], str] = field(default=nothing, repr=False)
    numbers: dict[int, str] = field(default_factory=dict, repr=False)
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()
    more: frozenset[int] = frozenset()


def read_parcels(adapter: Adapter, file: BinaryIO, *, reference: Reference, skip: int = 0) -> Iterator[Reading]:
    """Read and validate parcels batch by batch; the first `skip` batches are only counted.

    Raises
    ------
    SourceError
        When nothing of the file can be understood, or its rows are not parcels.
    """
    if adapter.content is not Content.PARCELS:
        raise SourceError(f"{adapter.name} carries {adapter.content}, not parcels.")
    batches = consignments(guarded(in_currencies(adapter, reference), file))
    with ThreadPoolExecutor(max_workers=1) as ahead:  # the next batch is read while this one is validated
        pending = ahead.submit(next, batches, None)
        while (batch := pending.result()) is not None:
            pending = ahead.submit(next, batches, None)
            yield checked(batch, reference=reference) if skip <= 0 else _counted(batch.n_rows, batch.ignored)
            skip -= 1


def checked(batch: Batch, *, reference: Reference) -> Reading:
    """Validate the parcels of a batch."""
    try:
        accepted = validate_parcels(batch.rows, reference=reference, doubts=batch.doubts)
    except STUMBLES:
        batch = unusable(batch)
        accepted = validate_parcels(batch.rows, reference=reference, doubts=batch.doubts)
    rejections = (*batch.rejections, *accepted.rejections)
    return Reading(
        parcels=accepted.rows,
        outcomes=_no_outcomes(),
        rejections=rejections,
        doubts=accepted.doubts,
        ignored=batch.ignored,
        n_rows=batch.n_rows,
        original=batch.original,
        notes=batch.notes,
        numbers=_numbers(batch.rows, rejections),
        more=batch.more,
    )


def _numbers(rows: pl.DataFrame, rejections: tuple[Rejection, ...]) -> dict[int, str]:
    lines = pl.Series(sorted({rejection.line for rejection in rejections}), dtype=pl.Int64)
    if lines.is_empty() or "parcel_id" not in rows.columns:
        return {}
    given = rows.filter(pl.col(LINE).is_in(lines.implode()) & pl.col("parcel_id").is_not_null())
    return dict(given.select(LINE, "parcel_id").iter_rows())


def read_file(path: Path, mapping: Mapping | None = None, *, reference: Reference) -> Reading:
    """Read parcels from a file of any format; with a mapping also outcomes, from a CSV or Parquet file."""
    return joined(list(file_readings(path, mapping, reference=reference)))


def file_readings(
    path: Path, mapping: Mapping | None = None, *, reference: Reference, skip: int = 0
) -> Iterator[Reading]:
    """Read a file batch by batch, as `read_file` does; the first `skip` batches are only counted."""
    with _opened(path) as file, _named(path):
        if mapping is None:
            yield from read_parcels(recognise_file(path.name, file), file, reference=reference, skip=skip)
            return
        mapping = _of_file(mapping, path)
        if not mapping.outcomes:
            yield from read_parcels(Mapped(mapping), file, reference=reference, skip=skip)
            return
        batches = consignments(_with_results(file, mapping))
        for n, batch in enumerate(batches):  # read also where it is only counted: what it shows counts for the next
            yield _with_outcomes(batch, mapping, reference) if n >= skip else _counted(batch.n_rows)


def _with_results(file: BinaryIO, mapping: Mapping) -> Iterator[Batch]:
    """Parcels of a table, each with the outcome in its row."""
    table = MappedTable(mapping)
    for raw in table_batches(file, mapping):
        batch = table.batch(raw)
        told = understood(assign(raw.table, mapping.outcomes))
        names = {name: f"{OUTCOME}{name}" for name in told.rows.columns if name != LINE}
        rows = batch.rows.join(told.rows.rename(names), on=LINE, how="left", maintain_order="left")
        yield replace(
            batch, rows=rows, rejections=(*batch.rejections, *told.rejections), doubts=(*batch.doubts, *told.doubts)
        )


def read_outcomes(path: Path) -> Reading:
    """Read a table of outcomes, by its headers and words."""
    return joined(list(outcome_readings(path)))


def outcome_readings(path: Path, *, skip: int = 0) -> Iterator[Reading]:
    """Read a file of outcomes batch by batch; the first `skip` batches are only counted."""
    with _opened(path) as file, _named(path):
        for n, raw in enumerate(_outcome_tables(path, file)):
            yield _outcomes_of(raw) if n >= skip else _counted(raw.n_rows)


def _counted(n_rows: int, ignored: tuple[str, ...] = ()) -> Reading:
    """What stands for a batch that is not looked at."""
    return Reading(parcels=_no_parcels(), outcomes=_no_outcomes(), rejections=(), ignored=ignored, n_rows=n_rows)


def joined(readings: list[Reading]) -> Reading:
    """Put the batches of a file together."""
    return Reading(
        parcels=pl.concat([reading.parcels for reading in readings]),
        outcomes=pl.concat([reading.outcomes for reading in readings]),
        rejections=tuple(rejection for reading in readings for rejection in reading.rejections),
        doubts=tuple(doubt for reading in readings for doubt in reading.doubts),
        ignored=tuple(dict.fromkeys(name for reading in readings for name in reading.ignored)),
        notes=tuple(dict.fromkeys(note for reading in readings for note in reading.notes)),
        n_rows=sum(reading.n_rows for reading in readings),
        original=_original(readings),
        more=frozenset().union(*(reading.more for reading in readings)),
    )


def _original(readings: list[Reading]) -> Callable[[int], str]:
    """Originals of the rejected and doubted rows of several batches."""
    remarks = ((reading, one) for reading in readings for one in (*reading.rejections, *reading.doubts))
    texts = {one.line: reading.original(one.line) for reading, one in remarks}
    return lambda line: texts.get(line, "")


def _opened(path: Path) -> BinaryIO:
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file.")
    return path.open("rb")


class _named:
    """Puts the name of the file in front of what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ParcelRiskError):
            error.args = (f"{self.path.name}: {error}",)


def _of_file(mapping: Mapping, path: Path) -> Mapping:
    """A mapping of a table is used on any table, whatever its format."""
    kind = {".parquet": "parquet", ".pq": "parquet", ".xlsx": "xlsx"}.get(path.suffix.lower())
    return replace(mapping, kind=kind) if kind and mapping.kind in TABULAR else mapping


def _outcome_tables(path: Path, file: BinaryIO) -> Iterator[RawBatch]:
    return table_batches(file, _of_file(Mapping(parcels=[], outcomes=[]), path))


def _with_outcomes(batch: Batch, mapping: Mapping, reference: Reference) -> Reading:
    names = {name: name.removeprefix(OUTCOME) for name in batch.rows.columns if name.startswith(OUTCOME)}
    told = batch.rows.select(LINE, *names).rename(names)
    reading = checked(replace(batch, rows=batch.rows.drop(names)), reference=reference)
    outcomes, spoiled = _outcomes(told, reading.parcels, mapping)
    return replace(reading, outcomes=outcomes, rejections=(*reading.rejections, *spoiled))


def _outcomes_of(raw: RawBatch) -> Reading:
    assignments, ignored = outcome_assignments(raw.table.columns)
    asked_result(assignments)
    table = completed(understood(assign(raw.table, assignments)))
    accepted = validate_outcomes(table.rows)
    return Reading(
        parcels=_no_parcels(),
        outcomes=accepted.rows,
        rejections=(*raw.rejections, *table.rejections, *accepted.rejections),
        ignored=tuple(ignored),
        n_rows=raw.n_rows,
        original=raw.original,
        doubts=table.doubts,
        notes=raw.notes,
    )


def _no_parcels() -> pl.DataFrame:
    return pl.DataFrame(schema={LINE: pl.Int64(), **PARCEL_SCHEMA, QUALITY_FLAGS: pl.List(pl.String())})


def _no_outcomes() -> pl.DataFrame:
    return pl.DataFrame(schema={LINE: pl.Int64(), **OUTCOME_SCHEMA})


def _outcomes(
    told: pl.DataFrame, parcels: pl.DataFrame, mapping: Mapping
) -> tuple[pl.DataFrame, tuple[Rejection, ...]]:
    """Outcomes in the rows of accepted parcels; a row without a result has none."""
    who = parcels.select(LINE, "parcel_id", "operator", "lodged_at")
    rows = told.filter(pl.col("result").is_not_null()).join(who, on=LINE)
    if "known_at" not in rows.columns:
        seconds = round(86_400 * (mapping.known_after_days or 0.0))
        rows = rows.with_columns((pl.col("lodged_at") + pl.duration(seconds=seconds)).alias("known_at"))
    accepted = validate_outcomes(rows.drop("lodged_at"))
    return accepted.rows, accepted.rejections
