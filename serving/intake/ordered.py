"""Second step of a historical backfill: which rows count, and in which order they enter the log, part by part.

Rows that belong together have one parcel identifier, so they are looked at in portions of the identifiers; the order is
found span of days by span of days. So no step needs more than a portion of the file in memory, apart from eight bytes
for each row that does not count.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import polars as pl

from features.parcel.schema import LINE
from serving.intake.apart import KEY, repeated_outcomes, wholes
from serving.intake.prepared import IS_MAPPED, Chunks, write
from serving.office.office import Office
from serving.store import log as event_log

PART_EVENTS = 5_000
"""Events of one transaction."""
_BLOCK_EVENTS = 50_000
_PORTION_ROWS = 200_000
_JOINED_ROWS = 5_000
"""Whole rows that are joined at a time."""
_PARCEL, _OUTCOME = 1, 2
_KEY = list(KEY)


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Lines that do not enter the log.

    Attributes
    ----------
    twins:
        Of parcels that are in the log, or higher up in the file and no pieces of those.
    ambiguous:
        Of outcomes that name no operator where several used the identifier.
    pieces:
        Of rows that declare more pieces of a parcel higher up in the file.
    repeated:
        Of outcomes in the row of a parcel that another row of it tells, too.
    joined:
        Files of the parcels that these are pieces of.
    """

    twins: pl.Series
    ambiguous: pl.Series
    pieces: pl.Series
    repeated: pl.Series
    joined: list[Path]

    def parcels(self) -> pl.Series:
        """Lines that enter the log as no parcel."""
        return pl.concat([self.twins, self.pieces])


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


def resolve(chunks: Chunks, office: Office, folder: Path) -> Resolved:
    """Look for rows that do not count, and write those that are joined to `folder`.

    Of several rows with one operator and identifier the first counts, with the pieces that others declare.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    n_portions = -(-_n_rows(chunks) // _PORTION_ROWS)
    found = []
    for n in range(n_portions):
        portion = _resolved_portion(chunks, office, pl.col("parcel_id").hash() % n_portions == n, folder)
        found.append(portion)
    return Resolved(
        joined=_joined_in(folder),
        **{name: pl.concat([_NONE, *(getattr(one, name) for one in found)]).sort() for name in _LINES},
    )


_NONE = pl.Series(LINE, [], dtype=pl.Int64)
_LINES = ("twins", "ambiguous", "pieces", "repeated")


def _joined_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("joined-*.parquet"))


def _resolved_portion(chunks: Chunks, office: Office, portion: pl.Expr, folder: Path) -> Resolved:
    parcels = _scanned(chunks, "parcels", portion, [LINE, *_KEY]).sort(LINE)
    outcomes = _scanned(chunks, "outcomes", portion, [LINE, IS_MAPPED, "result", *_KEY])
    with office.store.begin_read() as connection:
        known = event_log.lodged(connection, pl.concat([parcels["parcel_id"], outcomes["parcel_id"]]).unique())
    first = parcels.unique(_KEY, keep="first")
    new = first.join(known, on=_KEY, how="anti", nulls_equal=True)
    others = parcels.join(new, on=LINE, how="anti")
    several = parcels.join(
        others.join(new, on=_KEY, how="semi", nulls_equal=True), on=_KEY, how="semi", nulls_equal=True
    )
    pieces, repeated = _joined(chunks, office, several, outcomes.filter(pl.col(IS_MAPPED)), folder)
    twins = others.filter(~pl.col(LINE).is_in(pieces.implode()))[LINE]
    users = pl.concat([known.select(_KEY), new.select(_KEY)]).group_by("parcel_id").agg(pl.col("operator").n_unique())
    shared = users.filter(pl.col("operator") > 1).select("parcel_id")
    unnamed = without(outcomes, twins).filter(pl.col("operator").is_null())
    ambiguous = unnamed.join(shared, on="parcel_id", how="semi")[LINE]
    return Resolved(twins=twins, ambiguous=ambiguous, pieces=pieces, repeated=repeated, joined=[])


def _joined(
    chunks: Chunks, office: Office, several: pl.DataFrame, outcomes: pl.DataFrame, folder: Path
) -> tuple[pl.Series, pl.Series]:
    """Join the rows of parcels with `several`, a few at a time; lines of their pieces, and of outcomes given twice."""
    pieces: list[int] = []
    repeated: list[int] = []
    n_parts = -(-several.height // _JOINED_ROWS)
    for n in range(n_parts):
        lines = several.filter(pl.col("parcel_id").hash(1) % n_parts == n)[LINE]
        rows = _scanned(chunks, "parcels", pl.col(LINE).is_in(lines.implode())).sort(*_KEY, LINE)
        found = list(wholes(rows.iter_rows(named=True), office))
        pieces += [line for whole in found for line in whole.lines]
        told = outcomes.filter(pl.col(LINE).is_in(lines.implode()))
        repeated += repeated_outcomes(dict(told.select(LINE, "result").iter_rows()), found)
        if found:
            table = pl.DataFrame([whole.row for whole in found], schema=rows.schema).sort("lodged_at", LINE)
            write(table, folder / f"joined-{len(_joined_in(folder)):06d}.parquet")
    return pl.Series(LINE, pieces, dtype=pl.Int64), pl.Series(LINE, repeated, dtype=pl.Int64)


def parts(chunks: Chunks, resolved: Resolved, done: int) -> Iterator[Part]:
    """Parts in the order of the log, those behind the first `done`."""
    number = 0
    for begin, end in _spans(chunks):
        order = _order(chunks, resolved, begin, end)
        for start in range(0, order.height, _BLOCK_EVENTS):
            block = order.slice(start, _BLOCK_EVENTS)
            n_parts = -(-block.height // PART_EVENTS)
            if number + n_parts > done:
                yield from (part for part in _of_block(chunks, resolved, block, number) if part.number >= done)
            number += n_parts


def n_events(chunks: Chunks, resolved: Resolved) -> int:
    """How many events the log takes at most."""
    return _n_rows(chunks) - sum(len(getattr(resolved, name)) for name in _LINES)


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


def without(outcomes: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """Outcomes but those in one of the rows `lines` of parcels that do not count."""
    return outcomes.filter(~(pl.col(IS_MAPPED) & pl.col(LINE).is_in(lines.implode())))


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
    outcomes = without(outcomes, pl.concat([resolved.twins, resolved.repeated]))
    outcomes = outcomes.filter(~pl.col(LINE).is_in(resolved.ambiguous.implode()))
    kept = parcels.filter(~pl.col(LINE).is_in(resolved.parcels().implode()))
    return pl.concat(
        [
            kept.select(pl.col("lodged_at").alias("at"), pl.lit(_PARCEL, dtype=pl.Int8).alias("kind"), LINE),
            outcomes.select(pl.col("known_at").alias("at"), pl.lit(_OUTCOME, dtype=pl.Int8).alias("kind"), LINE),
        ]
    ).sort("at", "kind", LINE)


def _of_block(chunks: Chunks, resolved: Resolved, block: pl.DataFrame, number: int) -> Iterator[Part]:
    of_parcels = [*chunks.paths("parcels"), *resolved.joined]
    parcels = _rows(of_parcels, "lodged_at", block.filter(pl.col("kind") == _PARCEL))
    outcomes = _rows(chunks.paths("outcomes"), "known_at", block.filter(pl.col("kind") == _OUTCOME)).drop(IS_MAPPED)
    for start in range(0, block.height, PART_EVENTS):
        kinds = block.slice(start, PART_EVENTS)["kind"]
        n_parcels = int((kinds == _PARCEL).sum())
        n_outcomes = kinds.len() - n_parcels
        yield Part(
            number=number + start // PART_EVENTS, parcels=parcels.head(n_parcels), outcomes=outcomes.head(n_outcomes)
        )
        parcels, outcomes = parcels.slice(n_parcels), outcomes.slice(n_outcomes)


def _rows(paths: Sequence[Path], at: str, wanted: pl.DataFrame) -> pl.DataFrame:
    """Whole rows of the lines `wanted`, in the order of the log; of one line the row of the last file."""
    if wanted.height == 0:
        return pl.concat([pl.scan_parquet(path).filter(pl.lit(False)).collect() for path in paths])
    within = pl.col(at).is_between(wanted["at"].min(), wanted["at"].max())
    near = pl.col(LINE).is_between(wanted[LINE].min(), wanted[LINE].max())
    tables = [pl.scan_parquet(path).filter(within & near).collect().join(wanted, on=LINE, how="semi") for path in paths]
    return pl.concat(tables).unique(LINE, keep="last", maintain_order=True).sort(at, LINE)


def stored(resolved: Resolved, folder: Path) -> None:
    """Write what was resolved; what was joined is there already."""
    for name in _LINES:
        write(getattr(resolved, name).to_frame(LINE), folder / f"{name}.parquet")


def restored(folder: Path) -> Resolved:
    """Read what was resolved before."""
    lines = {name: pl.read_parquet(folder / f"{name}.parquet")[LINE] for name in _LINES}
    return Resolved(joined=_joined_in(folder), **lines)
