"""How good the data of an operator are, lane by lane and day by day: counts that add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Connection, func, select, text

from features.event_rows import Row
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import Reference
from serving.store.statements import Statement
from serving.store.tables import quality

_EPOCH = date(1970, 1, 1)
ACCEPTED = "accepted"
Met = Callable[[Row, datetime], bool | None]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure: a sentence, and whether a parcel received at a time meets it; None where it does not apply."""

    name: str
    says: str
    met: Met


def _is_flagged(row: Row, *codes: str) -> bool:
    return not set(codes).isdisjoint(row[QUALITY_FLAGS])


def _hs_is_plausible(row: Row, chapters: frozenset[str]) -> bool | None:
    codes = [piece["hs_code"] for piece in row["pieces"] or () if piece["hs_code"] is not None]
    return chapters.issuperset([code[:2] for code in codes]) if codes else None


def _weight_agrees(row: Row) -> bool | None:
    doubts = ("weight_disagrees", "net_above_gross", "weight_unit")
    return None if row["gross_weight_g"] is None else not _is_flagged(row, *doubts)


@lru_cache(maxsize=4)
def measures(reference: Reference) -> tuple[Measure, ...]:
    """Measures of an accepted parcel; the share of accepted rows is counted with them."""
    chapters = frozenset(reference.lists["hs_chapter"].codes)
    return (
        Measure(
            name="on_time",
            says="The manifest came before the parcel was due.",
            met=lambda row, at: None if row["due_at"] is None else at <= row["due_at"],
        ),
        Measure(
            name="recipient_complete",
            says="The recipient has an account, or a name with an address.",
            met=lambda row, _: not _is_flagged(row, "recipient_incomplete"),
        ),
        Measure(
            name="hs_present",
            says="Every piece has an HS code.",
            met=lambda row, _: bool(row["pieces"]) and not _is_flagged(row, "hs_missing"),
        ),
        Measure(
            name="hs_plausible",
            says="Every HS code given begins with a real chapter.",
            met=lambda row, _: _hs_is_plausible(row, chapters),
        ),
        Measure(
            name="weight_agrees",
            says="Declared weight agrees with what was measured, or at least holds the pieces.",
            met=lambda row, _: _weight_agrees(row),
        ),
    )


def count_quality(connection: Connection, rows: Sequence[Row], at: datetime, *, reference: Reference) -> None:
    """Count accepted `rows`, validated parcels, on the day `at`."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    known = measures(reference)
    for row in rows:
        where = row["operator"], lane_in(row)
        for name, met in [(ACCEPTED, True), *[(one.name, one.met(row, at)) for one in known]]:
            if met is not None:
                counted = *where, name
                if counted not in counts:
                    counts[counted] = [0, 0]
                counts[counted][0] += met
                counts[counted][1] += 1
    _add(connection, at, counts)


def lane_in(row: Row) -> str:
    """Lane of a parcel, as counts of quality name it: ``origin > destination``."""
    origin = row["origin_office"] or row["dispatch_country"] or row["sender_country"] or "?"
    return f"{origin} > {row['destination_office'] or row['recipient_country'] or '?'}"


def count_rejected(connection: Connection, operator: str, n_rows: int, at: datetime) -> None:
    """Count rejected rows, whose lane is not known."""
    if n_rows:
        _add(connection, at, {(operator, "", ACCEPTED): [0, n_rows]})


def _add(connection: Connection, at: datetime, counts: Mapping[tuple[str, str, str], Sequence[int]]) -> None:
    day = (at.date() - _EPOCH).days
    rows = [
        {"day": day, "operator": operator, "lane": lane, "measure": measure, "n": n, "n_of": n_of}
        for (operator, lane, measure), (n, n_of) in counts.items()
    ]
    if rows:
        _COUNT.run(connection, rows)


_COUNT = Statement(
    text(
        "INSERT INTO quality (day, operator, lane, measure, n, n_of) "
        "VALUES (:day, :operator, :lane, :measure, :n, :n_of) "
        "ON CONFLICT (day, operator, lane, measure) "
        "DO UPDATE SET n = quality.n + excluded.n, n_of = quality.n_of + excluded.n_of"
    )
)


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
