"""Numbers under which parcels are found in addition to their identifier: other spellings, bills, receptacles.

Only what differs from the identifier is kept; most letters have no entry but that of their receptacle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, select

from features.event_rows import Row
from features.log import PARCEL
from features.parcel.numbers import compact, other_spellings
from serving.store.statements import Statement, each_of, texts
from serving.store.tables import events, identifiers

MOST = 1_000
"""Most entries that are read of one number: a receptacle or a master bill may cover thousands of parcels."""


class Kind(IntEnum):
    """What a number names."""

    SPELLING = 0
    """The parcel itself."""
    HOUSE_BILL = 1
    MASTER_BILL = 2
    RECEPTACLE = 3


GROUPS = {Kind.HOUSE_BILL: "house_bill", Kind.MASTER_BILL: "master_bill", Kind.RECEPTACLE: "receptacle_id"}
"""Kinds of numbers that several parcels may share, and the field that holds each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A parcel that is found under a number."""

    number: str
    operator: str
    parcel_id: str


def index(connection: Connection, log: Sequence[Row]) -> None:
    """Keep the numbers of the parcel events among numbered events."""
    rows = [
        {"number": number, "kind": int(kind), "seq": event["seq"]}
        for event in log
        if event["kind"] == PARCEL
        for number, kind in _numbers_of(event)
    ]
    if rows:
        _INDEX.run(connection, rows)


_INDEX = Statement(identifiers.insert(), ["number", "kind", "seq"])


def _numbers_of(event: Row) -> Iterator[tuple[str, Kind]]:
    parcel_id = event["parcel_id"]
    spellings = other_spellings(parcel_id)
    yield from ((number, Kind.SPELLING) for number in spellings)
    for kind, field in GROUPS.items():
        given = event[field]
        if given is not None and given != parcel_id:
            yield number_of(given), kind


def number_of(text: str) -> str:
    """How a bill or a receptacle is kept: without blanks and hyphens, in capitals."""
    return compact(text) or text.upper()


def identified(connection: Connection, numbers: Iterable[str], operator: str | None = None) -> list[Match]:
    """Parcels whose identifier is one of `numbers`, in whatever spelling; of one operator where it is given."""
    wanted = texts(numbers)
    rows = [*_IDENTIFIED.run(connection, {"ids": wanted}), *_under(connection, Kind.SPELLING, wanted)]
    return _matches(rows, operator)


def grouped(connection: Connection, kind: Kind, numbers: Iterable[str], operator: str | None = None) -> list[Match]:
    """Parcels under one of the bills or receptacles `numbers`, newest first, at most ``MOST`` of them."""
    return _matches(_under(connection, kind, texts(numbers)), operator)


def _under(connection: Connection, kind: Kind, wanted: str) -> list[dict[str, Any]]:
    return _INDEXED.run(connection, {"ids": wanted, "of_kind": int(kind), "most": MOST})


def _matches(rows: list[dict[str, Any]], operator: str | None) -> list[Match]:
    found = dict.fromkeys((row["number"], row["operator"], row["parcel_id"]) for row in rows)
    return [
        Match(number=number, operator=whose, parcel_id=parcel_id)
        for number, whose, parcel_id in found
        if operator is None or whose == operator
    ]


_IDENTIFIED = Statement(
    select(events.c.parcel_id.label("number"), events.c.operator, events.c.parcel_id)
    .where(events.c.kind == PARCEL, events.c.parcel_id.in_(each_of("ids")))
    .distinct()
)
_INDEXED = Statement(
    select(identifiers.c.number, events.c.operator, events.c.parcel_id)
    .join_from(identifiers, events, events.c.seq == identifiers.c.seq)
    .where(identifiers.c.kind == bindparam("of_kind", type_=Integer()), identifiers.c.number.in_(each_of("ids")))
    .order_by(identifiers.c.seq.desc())
    .limit(bindparam("most", type_=Integer()))
)
