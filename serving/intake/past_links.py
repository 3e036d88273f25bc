"""Parcels of the past that are the goods of another one: returned, redirected, declared by a second client.

The rule is that of live parcels (`serving.office.linking`). History counts one of them, whatever the order of files:
what is on record stays the first, unless the row of the past says that it went before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from features.event_rows import Row
from features.identity import PARTY_KEYS
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.schema import LINE
from serving.office.current import CurrentParcels, current_parcels
from serving.office.linking import first_of, is_linked, link_of, linked_event, was_sent_first
from serving.office.office import Office
from serving.office.scoring import relink
from serving.office.versioning import WINDOW
from serving.office.writer import Transaction
from serving.store import Client, Connection, Role

_AUTHOR = Client(client_id="command", role=Role.OFFICER, operator=None)
"""Who scores anew what a backfill links."""
_CHANGED = (QUALITY_FLAGS, *PARTY_KEYS)


@dataclass(frozen=True, kw_only=True)
class PastLinks:
    """Rows of one part of a backfill with their links.

    Attributes
    ----------
    parcels:
        All rows, those that are linked with their flags and keys.
    firsts:
        Rows that are not linked, under a number that others on record bear: those may be linked to them.
    """

    parcels: pl.DataFrame
    firsts: list[Row] = field(default_factory=list)


def linked(connection: Connection, parcels: pl.DataFrame, known: pl.DataFrame) -> PastLinks:
    """Link the rows of a part.

    Parameters
    ----------
    parcels:
        Derived rows in the order of the log.
    known:
        Operator and identifier of what is on record under their numbers.
    """
    numbers = pl.concat([parcels["parcel_id"], known["parcel_id"]])
    several = numbers.filter(numbers.is_duplicated()).unique()
    if several.is_empty():  # as nearly always
        return PastLinks(parcels=parcels)
    rows = parcels.filter(pl.col("parcel_id").is_in(several.implode()))
    if rows.is_empty():
        return PastLinks(parcels=parcels)
    events = [{**row, "known_at": row["lodged_at"], "counted_at": None} for row in rows.to_dicts()]
    current = current_parcels(connection, several, min(event["known_at"] for event in events))
    done = list(_in_order(events, current))
    changed = pl.DataFrame([{LINE: one[LINE], **{name: one[name] for name in _CHANGED}} for one in done], strict=False)
    changed = changed.select(pl.col(name).cast(parcels.schema[name]) for name in changed.columns)
    return PastLinks(
        parcels=parcels.update(changed, on=LINE, include_nulls=True),
        firsts=[one for one in done if not is_linked(one) and current.under(one["parcel_id"])],
    )


def _in_order(events: list[Row], current: CurrentParcels) -> Iterator[Row]:
    """Each event with its link, by number, then by time: to what is on record, or to another one of the part."""
    by_number: dict[str, list[Row]] = {}
    for event in events:
        same = by_number.setdefault(event["parcel_id"], [])
        on_record = [one.event for one in current.under(event["parcel_id"]) if not one.known.is_cancelled]
        found = first_of(event, [one for one in (*on_record, *same) if _are_near(one, event)])
        if found is None:
            # Nobody has read the rows of this part yet: those that went after this one are linked as they are.
            same[:] = [_after(event, one) for one in same]
        same.append(event if found is None else linked_event(event, *found))
    for same in by_number.values():
        yield from same


def _after(first: Row, other: Row) -> Row:
    """Another event, linked to `first` where it is a later way of the same goods."""
    if is_linked(other) or not _are_near(first, other) or not was_sent_first(other, first):
        return other
    return linked_event(other, str(link_of(first, other)), first)


def _are_near(one: Row, other: Row) -> bool:
    """Whether both are within the twelve months of an identifier."""
    between: timedelta = one["known_at"] - other["known_at"]
    return abs(between) < WINDOW


def relink_others(office: Office, transaction: Transaction, links: PastLinks) -> None:
    """Link what is on record to the rows of the past, now in the log, that went before it."""
    for first in links.firsts:
        at: datetime = first["known_at"]
        for other in current_parcels(transaction.connection, [first["parcel_id"]], at).under(first["parcel_id"]):
            is_other = other.event["operator"] != first["operator"] and not other.known.is_cancelled
            if is_other and not is_linked(other.event) and was_sent_first(other.event, first):
                relink(office, transaction, other, first, _AUTHOR)
