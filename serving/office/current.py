"""What is on record of parcels that are lodged again: version in force, earlier answer, claims of other operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from features.parcel.flags import QUALITY_FLAGS
from serving.office.versioning import WINDOW, Known
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.scores import scores_of

Key = tuple[str, str]
"""Operator and identifier."""


@dataclass(frozen=True, kw_only=True)
class OnRecord:
    """The latest version of one parcel.

    Attributes
    ----------
    known:
        What decisions about its life need.
    scored:
        Its answer; None when it was taken in from a file of the past.
    event:
        Its event, one row of the log.
    """

    known: Known
    scored: Scored | None
    event: pl.DataFrame

    @property
    def flags(self) -> list[str]:
        """Its data-quality flags."""
        return self.event[QUALITY_FLAGS].to_list()[0] or []


@dataclass(frozen=True, kw_only=True)
class Records:
    """What is on record for the identifiers of a batch, within the twelve months of an identifier."""

    latest: dict[Key, OnRecord]
    operators: dict[str, set[str]]

    def n_others(self, operator: str, parcel_id: str) -> int:
        """Number of other operators who lodged a parcel under the same identifier."""
        return len(self.operators.get(parcel_id, set()) - {operator})


def records_of(connection: Connection, parcel_ids: pl.Series, at: datetime) -> Records:
    """Look the identifiers up."""
    events = event_log.parcel_events_of(connection, parcel_ids.unique())
    events = events.filter(pl.coalesce("counted_at", "known_at") > at - WINDOW)
    stored = scores_of(connection, events["seq"].to_list())
    taken_back = event_log.retracted(connection, events["seq"])
    inspected = set(event_log.outcome_events_of(connection, events["seq"])["subject_seq"])
    latest: dict[Key, OnRecord] = {}
    operators: dict[str, set[str]] = {}
    inspected_keys: set[Key] = set()
    for place, (seq, operator, parcel_id, version) in enumerate(
        events.select("seq", "operator", "parcel_id", "version").iter_rows()
    ):
        operators.setdefault(parcel_id, set()).add(operator)
        if seq in inspected:
            inspected_keys.add((operator, parcel_id))
        scored = stored.get(seq)
        known = Known(
            seq=seq,
            version=version or 1,
            content=scored.content if scored else None,
            is_cancelled=seq in taken_back,
            is_inspected=(operator, parcel_id) in inspected_keys,
        )
        latest[operator, parcel_id] = OnRecord(known=known, scored=scored, event=events.slice(place, 1))
    return Records(latest=latest, operators=operators)
