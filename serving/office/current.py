"""What is on record of parcels: the current version, the decision on it, its outcome, claims of other operators.

A parcel has many versions but one life: its versions share operator, identifier, and the time of the first lodging.
Whatever is found out about one of them belongs to all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from features.log import OUTCOME
from features.parcel.flags import QUALITY_FLAGS
from policy import Cause, Decision
from serving.office.answers import referral_of
from serving.office.versioning import WINDOW, Known
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.scores import scores_of

Key = tuple[str, str]
"""Operator and identifier."""
LIFE = ["operator", "parcel_id", "first_at"]
"""What the versions of one parcel have in common."""
EXAMINED = ("found", "nothing_found")
"""Results that say what is in a parcel; after another one it may still be inspected."""


@dataclass(frozen=True, kw_only=True)
class Current:
    """The current version of one parcel.

    Attributes
    ----------
    known:
        What decisions about its life need.
    scored:
        Its answer; None when it came by a historical backfill.
    event:
        Its event, one row of the log.
    outcomes:
        Outcome events of the parcel, of whichever version, that were not retracted.
    """

    known: Known
    scored: Scored | None
    event: pl.DataFrame
    outcomes: pl.DataFrame

    @property
    def flags(self) -> list[str]:
        """Its data-quality flags."""
        return self.event[QUALITY_FLAGS].to_list()[0] or []

    @property
    def first_at(self) -> datetime:
        """When the parcel was lodged first."""
        return self.event.select(pl.coalesce("counted_at", "known_at")).item()  # type: ignore[no-any-return]

    def standing(self) -> Decision | None:
        """The decision that still stands: none once a person has examined the parcel, or a cancellation ended it."""
        if self.scored is None or self.known.is_cancelled or self.known.is_inspected:
            return None
        return Decision(
            referral=referral_of(self.scored), cause=Cause.parse(self.scored.cause), propensity=self.scored.propensity
        )


@dataclass(frozen=True, kw_only=True)
class CurrentParcels:
    """What is on record for the identifiers of a batch, within the twelve months of an identifier."""

    latest: dict[Key, Current] = field(default_factory=dict)
    operators: dict[str, set[str]] = field(default_factory=dict)

    def n_others(self, operator: str, parcel_id: str) -> int:
        """Number of other operators who lodged a parcel under the same identifier."""
        return len(self.operators.get(parcel_id, set()) - {operator})


def versions_of(connection: Connection, parcel_ids: Iterable[str]) -> pl.DataFrame:
    """Parcel events with one of the identifiers, oldest first, with ``first_at`` and ``is_retracted``."""
    events = event_log.parcel_events_of(connection, parcel_ids)
    retracted = event_log.retracted(connection, events["seq"])
    return events.with_columns(
        first_at=pl.coalesce("counted_at", "known_at"), is_retracted=pl.col("seq").is_in(sorted(retracted))
    )


def outcomes_of(connection: Connection, versions: pl.DataFrame) -> pl.DataFrame:
    """Outcome events about any of the `versions`, without retracted ones, with the ``first_at`` of their parcel."""
    events = event_log.outcome_events_of(connection, versions["seq"])
    retracted = event_log.retracted(connection, events["seq"])
    lives = versions.select(pl.col("seq").alias("subject_seq"), "first_at")
    valid = events.filter((pl.col("kind") == OUTCOME) & ~pl.col("seq").is_in(sorted(retracted)))
    return valid.join(lives, on="subject_seq", how="left", maintain_order="left")


def outcome_in_force(outcomes: pl.DataFrame) -> pl.DataFrame:
    """The last of one parcel's `outcomes`, of those that examined it where there is one."""
    examined = outcomes.filter(pl.col("result").is_in(EXAMINED))
    return (examined if examined.height else outcomes).tail(1)


def current_parcels(connection: Connection, parcel_ids: pl.Series, at: datetime) -> CurrentParcels:
    """Look the identifiers up."""
    versions = versions_of(connection, parcel_ids.unique()).filter(pl.col("first_at") > at - WINDOW)
    stored = scores_of(connection, versions["seq"].to_list())
    by_life = outcomes_of(connection, versions).partition_by(LIFE, as_dict=True)
    found = CurrentParcels()
    for index, row in enumerate(versions.select("seq", *LIFE, "version", "is_retracted").iter_rows(named=True)):
        found.operators.setdefault(row["parcel_id"], set()).add(row["operator"])
        outcomes = by_life.get(tuple(row[name] for name in LIFE), _NO_OUTCOMES)
        scored = stored.get(row["seq"])
        found.latest[row["operator"], row["parcel_id"]] = Current(
            known=Known(
                seq=row["seq"],
                version=row["version"] or 1,
                content=scored.content if scored else None,
                is_cancelled=row["is_retracted"],
                is_inspected=bool(outcomes["result"].is_in(EXAMINED).any()),
            ),
            scored=scored,
            event=versions.slice(index, 1).drop("first_at", "is_retracted"),
            outcomes=outcomes,
        )
    return found


_NO_OUTCOMES = pl.DataFrame(schema={"result": pl.String()})
