"""Second step of a historical backfill: which rows count, and in which order they enter the log, part by part.

Rows that belong together have one parcel identifier, so they are looked at in portions of the identifiers; the order is
found span of days by span of days. So no step needs more than a portion of the file in memory, apart from eight bytes
for each row that does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import polars as pl

from features.parcel.schema import LINE
from serving.intake.prepared import IS_MAPPED, Chunks
from serving.store import Store
from serving.store import log as event_log

PART_EVENTS = 5_000
"""Events of one transaction."""
_BLOCK_EVENTS = 50_000
_PORTION_ROWS = 200_000
_PARCEL, _OUTCOME = 1, 2
_KEY = ["operator", "parcel_id"]


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Lines that do not enter the log.

    Attributes
    ----------
    twins:
        Of parcels that are in the log, or higher up in the file.
    ambiguous:
        Of outcomes that name no operator where several used the identifier.
    """

    twins: pl.Series
    ambiguous: pl.Series


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows for one transaction, parcels and outcomes each in the order of the log."""

    number: int
    parcels: pl.DataFrame
    outcomes: pl.DataFrame

    @property
    def n_rows(self) -> int:
        """Rows of both kinds."""
        return self.parcels.height + self.outcomes.height


def resolve(chunks: Chunks, store: Store) -> Resolved:
    """Look for rows that do not count; of several with one operator and identifier the first of the file does."""
    n_rows = _n_rows(chunks)
    n_portions = -(-n_rows // _PORTION_ROWS)
    found = [_resolved_portion(chunks, store, pl.col("parcel_id").hash() % n_portions == n) for n in range(n_portions)]
    none = pl.Series(LINE, [], dtype=pl.Int64)
    return Resolved(
        twins=pl.concat([none, *(portion.twins for portion in found)]).sort(),
        ambiguous=pl.concat([none, *(portion.ambiguous for portion in found)]).sort(),
    )


def _resolved_portion(chunks: Chunks, store: Store, portion: pl.Expr) -> Resolved:
    parcels = _scanned(chunks, "parcels", portion, [LINE, *_KEY]).sort(LINE)
    outcomes = _scanned(chunks, "outcomes", portion, [LINE, IS_MAPPED, *_KEY])
    with store.begin_read() as connection:
        known = event_log.lodged(connection, pl.concat([parcels["parcel_id"], outcomes["parcel_id"]]).unique())
    first = parcels.unique(_KEY, keep="first")
    new = first.join(known, on=_KEY, how="anti", nulls_equal=True)
    twins = parcels.join(new, on=LINE, how="anti")[LINE]
    users = pl.concat([known.select(_KEY), new.select(_KEY)]).group_by("parcel_id").agg(pl.col("operator").n_unique())
    several = users.filter(pl.col("operator") > 1).select("parcel_id")
    unnamed = without_twins(outcomes, twins).filter(pl.col("operator").is_null())
    return Resolved(twins=twins, ambiguous=unnamed.join(several, on="parcel_id", how="semi")[LINE])


def parts(chunks: Chunks, resolved: Resolved, done: int) -> Iterator[Part]:
    """Parts in the order of the log, those behind the first `done`."""
    number = 0
    for begin, end in _spans(chunks):
        order = _order(chunks, resolved, begin, end)
        for start in range(0, order.height, _BLOCK_EVENTS):
            block = order.slice(start, _BLOCK_EVENTS)
            n_parts = -(-block.height // PART_EVENTS)
            if number + n_parts > done:
                yield from (part for part in _of_block(chunks, block, number) if part.number >= done)
            number += n_parts


def n_events(chunks: Chunks, resolved: Resolved) -> int:
    """How many events the log takes at most."""
    return _n_rows(chunks) - len(resolved.twins) - len(resolved.ambiguous)


def _n_rows(chunks: Chunks) -> int:
    return sum(
        int(pl.scan_parquet(path).select(pl.len()).collect().item())
        for name in ("parcels", "outcomes")
        for path in chunks.paths(name)
    )


def _scanned(chunks: Chunks, name: str, wanted: pl.Expr, columns: list[str] | None = None) -> pl.DataFrame:
    """Rows `wanted` of all chunks. File by file, so that no more than they are in memory."""
    tables = [pl.scan_parquet(path).filter(wanted) for path in chunks.paths(name)]
    return pl.concat([(table.select(columns) if columns else table).collect() for table in tables])


def without_twins(outcomes: pl.DataFrame, twins: pl.Series) -> pl.DataFrame:
    """Outcomes but those in the row of a parcel that does not count."""
    return outcomes.filter(~(pl.col(IS_MAPPED) & pl.col(LINE).is_in(twins.implode())))


def _spans(chunks: Chunks) -> Iterator[tuple[datetime, datetime]]:
    """Beginnings and ends of spans of days, from the first to the last; as many days as make up a block."""
    counted = [
        pl.scan_parquet(path).group_by(pl.col(at).dt.date().alias("day")).len().collect()
        for name, at in (("parcels", "lodged_at"), ("outcomes", "known_at"))
        for path in chunks.paths(name)
    ]
    days = pl.concat(counted).group_by("day").agg(pl.col("len").sum()).sort("day")
    begin, n = None, 0
    for day, n_of_day in days.iter_rows():
        midnight = datetime.combine(day, time.min, tzinfo=UTC)
        begin, n = begin or midnight, n + n_of_day
        if n >= _BLOCK_EVENTS or day == days["day"][-1]:
            yield begin, midnight + timedelta(days=1)
            begin, n = None, 0


def _order(chunks: Chunks, resolved: Resolved, begin: datetime, end: datetime) -> pl.DataFrame:
    """Time, kind and line of the rows of some days that count, in the order of the log."""

    def of_days(name: str) -> pl.Expr:
        # Bounds of the column itself, so that parts of a file are passed over unread.
        return pl.col(name).is_between(begin, end, closed="left")

    parcels = _scanned(chunks, "parcels", of_days("lodged_at"), ["lodged_at", LINE])
    outcomes = _scanned(chunks, "outcomes", of_days("known_at"), ["known_at", LINE, IS_MAPPED])
    outcomes = without_twins(outcomes, resolved.twins).filter(~pl.col(LINE).is_in(resolved.ambiguous.implode()))
    kept = parcels.filter(~pl.col(LINE).is_in(resolved.twins.implode()))
    return pl.concat(
        [
            kept.select(pl.col("lodged_at").alias("at"), pl.lit(_PARCEL, dtype=pl.Int8).alias("kind"), LINE),
            outcomes.select(pl.col("known_at").alias("at"), pl.lit(_OUTCOME, dtype=pl.Int8).alias("kind"), LINE),
        ]
    ).sort("at", "kind", LINE)


def _of_block(chunks: Chunks, block: pl.DataFrame, number: int) -> Iterator[Part]:
    parcels = _rows(chunks, "parcels", "lodged_at", block.filter(pl.col("kind") == _PARCEL))
    outcomes = _rows(chunks, "outcomes", "known_at", block.filter(pl.col("kind") == _OUTCOME)).drop(IS_MAPPED)
    for start in range(0, block.height, PART_EVENTS):
        kinds = block.slice(start, PART_EVENTS)["kind"]
        n_parcels = int((kinds == _PARCEL).sum())
        n_outcomes = kinds.len() - n_parcels
        yield Part(
            number=number + start // PART_EVENTS, parcels=parcels.head(n_parcels), outcomes=outcomes.head(n_outcomes)
        )
        parcels, outcomes = parcels.slice(n_parcels), outcomes.slice(n_outcomes)


def _rows(chunks: Chunks, name: str, at: str, wanted: pl.DataFrame) -> pl.DataFrame:
    """Whole rows of the lines `wanted`, in the order of the log."""
    if wanted.height == 0:
        return _scanned(chunks, name, pl.lit(False))
    within = pl.col(at).is_between(wanted["at"].min(), wanted["at"].max())
    near = pl.col(LINE).is_between(wanted[LINE].min(), wanted[LINE].max())
    tables = [
        pl.scan_parquet(path).filter(within & near).collect().join(wanted, on=LINE, how="semi")
        for path in chunks.paths(name)
    ]
    return pl.concat(tables).sort(at, LINE)


def stored(resolved: Resolved, folder: Path, write: Callable[[pl.DataFrame, Path], None]) -> None:
    """Write what was resolved."""
    write(resolved.twins.to_frame(LINE), folder / "twins.parquet")
    write(resolved.ambiguous.to_frame(LINE), folder / "ambiguous.parquet")


def restored(folder: Path) -> Resolved:
    """Read what was resolved before."""
    twins, ambiguous = (pl.read_parquet(folder / f"{name}.parquet")[LINE] for name in ("twins", "ambiguous"))
    return Resolved(twins=twins, ambiguous=ambiguous)
