"""How good the data of an operator are, lane by lane and day by day: counts that add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, func, select

from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import Reference
from serving.store.tables import quality

_EPOCH = date(1970, 1, 1)
_HAS = pl.col("pieces").list.eval(pl.element().struct.field("hs_code").is_not_null()).list
ACCEPTED = "accepted"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure: a sentence, and for each parcel whether it is met; null where it does not apply."""

    name: str
    says: str
    met: pl.Expr


def _flagged(code: str) -> pl.Expr:
    return pl.col(QUALITY_FLAGS).list.contains(code)


def _hs_is_plausible(reference: Reference) -> pl.Expr:
    chapters = sorted(reference.lists["hs_chapter"].codes)
    chapter = pl.element().struct.field("hs_code").str.slice(0, 2)
    return pl.when(_HAS.any()).then(pl.col("pieces").list.eval(chapter.is_in(chapters)).list.drop_nulls().list.all())


def measures(reference: Reference) -> tuple[Measure, ...]:
    """Measures of an accepted parcel; the share of accepted rows is counted with them."""
    return (
        Measure(
            name="on_time",
            says="The manifest came before the parcel was due.",
            met=pl.when(pl.col("due_at").is_not_null()).then(pl.col("received_at") <= pl.col("due_at")),
        ),
        Measure(
            name="recipient_complete",
            says="The recipient has an account, or a name with an address.",
            met=~_flagged("recipient_incomplete"),
        ),
        Measure(
            name="hs_present",
            says="Every piece has an HS code.",
            met=(pl.col("pieces").list.len().fill_null(0) > 0) & ~_flagged("hs_missing"),
        ),
        Measure(
            name="hs_plausible", says="Every HS code given begins with a real chapter.", met=_hs_is_plausible(reference)
        ),
        Measure(
            name="weight_agrees",
            says="Declared weight agrees with what was measured, or at least holds the pieces.",
            met=pl.when(pl.col("gross_weight_g").is_not_null()).then(
                ~(_flagged("weight_disagrees") | _flagged("net_above_gross") | _flagged("weight_unit"))
            ),
        ),
    )


def count_quality(connection: Connection, rows: pl.DataFrame, at: datetime, *, reference: Reference) -> None:
    """Count accepted `rows`, validated parcels, on the day `at`."""
    if rows.height == 0:
        return
    found = rows.with_columns(received_at=pl.lit(at)).select(
        "operator",
        pl.format(
            "{} > {}",
            pl.coalesce("origin_office", "dispatch_country", "sender_country", pl.lit("?")),
            pl.coalesce("destination_office", "recipient_country", pl.lit("?")),
        ).alias("lane"),
        pl.lit(value=True).alias(ACCEPTED),
        *(measure.met.alias(measure.name) for measure in measures(reference)),
    )
    names = [ACCEPTED, *(measure.name for measure in measures(reference))]
    sums = found.group_by("operator", "lane").agg(
        *(pl.col(name).sum().alias(f"{name}.n") for name in names),
        *(pl.col(name).count().alias(f"{name}.of") for name in names),
    )
    for row in sums.to_dicts():
        for name in names:
            _add(connection, at, row["operator"], row["lane"], name, int(row[f"{name}.n"]), int(row[f"{name}.of"]))


def count_rejected(connection: Connection, operator: str, n_rows: int, at: datetime) -> None:
    """Count rejected rows, whose lane is not known."""
    if n_rows:
        _add(connection, at, operator, "", ACCEPTED, 0, n_rows)


def _add(connection: Connection, at: datetime, operator: str, lane: str, measure: str, n: int, n_of: int) -> None:
    if n_of == 0:
        return
    key = {"day": (at.date() - _EPOCH).days, "operator": operator, "lane": lane, "measure": measure}
    where = [quality.c[name] == value for name, value in key.items()]
    done = connection.execute(quality.update().where(*where).values(n=quality.c.n + n, n_of=quality.c.n_of + n_of))
    if done.rowcount == 0:
        connection.execute(quality.insert().values(**key, n=n, n_of=n_of))


@dataclass(frozen=True, kw_only=True)
class Score:
    """One measure of one operator on one lane: `n` of `n_of` rows meet it."""

    operator: str
    lane: str
    measure: str
    n: int
    n_of: int


def scores(connection: Connection, *, operator: str | None, first: date, last: date) -> Iterable[Score]:
    """Scores between two days, by operator, lane and measure; of every operator when none is given."""
    day = quality.c.day
    query = (
        select(quality.c.operator, quality.c.lane, quality.c.measure, func.sum(quality.c.n), func.sum(quality.c.n_of))
        .where(day >= (first - _EPOCH).days, day <= (last - _EPOCH).days)
        .group_by(quality.c.operator, quality.c.lane, quality.c.measure)
        .order_by(quality.c.operator, quality.c.lane, quality.c.measure)
    )
    if operator is not None:
        query = query.where(quality.c.operator == operator)
    return [
        Score(operator=name, lane=lane, measure=measure, n=int(n), n_of=int(n_of))
        for name, lane, measure, n, n_of in connection.execute(query)
    ]
