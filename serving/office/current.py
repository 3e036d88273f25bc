"""What is on record of parcels: the current version, the decision on it, its outcome, claims of other operators.

A parcel has many versions but one life: its versions share operator, identifier, and the time of the first lodging.
Whatever is found out about one of them belongs to all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from features.event_rows import Row, first_at
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.undeclared import UNDECLARED
from policy import Cause, Decision, Limit, Referral
from serving.office.answers import referral_of
from serving.office.versioning import WINDOW, Known
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.scores import scores_of

Key = tuple[str, str]
"""Operator and identifier."""
Life = tuple[str, str, datetime]
"""What the versions of one parcel have in common: operator, identifier, and when it was lodged first."""
Outcomes = dict[Life, list[Row]]
EXAMINED = ("found", "nothing_found")
"""Results that say what is in a parcel; after another one it may still be inspected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One parcel event, and whether it was retracted."""

    event: Row
    is_retracted: bool
    declared_by: str | None = None
    """Operator who declared it later, where nobody had when it came: the two are one parcel."""

    @property
    def seq(self) -> int:
        """Its sequence number."""
        return int(self.event["seq"])

    @property
    def key(self) -> Key:
        """Operator and identifier."""
        return self.declared_by or self.event["operator"], self.event["parcel_id"]

    @property
    def life(self) -> Life:
        """The parcel that it is a version of."""
        return *self.key, first_at(self.event)


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """The current version of one parcel.

    Attributes
    ----------
    known:
        What decisions about its life need.
    scored:
        Its answer; None when it came by a historical backfill.
    event:
        Its event.
    outcomes:
        Outcome events of the parcel, of whichever version, that were not retracted.
    """

    known: Known
    scored: Scored | None
    event: Row
    outcomes: Sequence[Row]

    @property
    def flags(self) -> list[str]:
        """Its data-quality flags."""
        return self.event[QUALITY_FLAGS] or []

    @property
    def first_at(self) -> datetime:
        """When the parcel was lodged first."""
        return first_at(self.event)

    def standing(self) -> Decision | None:
        """The decision that still stands: none once a person has examined the parcel, or a cancellation ended it."""
        if self.scored is None or self.known.is_cancelled or self.known.is_inspected:
            return None
        return decision_of(self.scored)


def decision_of(scored: Scored) -> Decision:
    """The decision of a stored answer."""
    decided = Decision(
        referral=referral_of(scored),
        cause=Cause.parse(scored.cause),
        propensity=scored.propensity,
        limit=Limit.parse(scored.gate),
    )
    if scored.disclosed is None:
        return decided
    referral, cause, propensity = scored.disclosed
    disclosed = replace(decided, referral=Referral.parse(referral), cause=Cause.parse(cause), propensity=propensity)
    return replace(decided, disclosed=disclosed)


@dataclass(frozen=True, kw_only=True)
class CurrentParcels:
    """What is on record for the identifiers of a batch, within the twelve months of an identifier.

    Attributes
    ----------
    lives:
        Parcels under each identifier by the time of their first lodging: more than one where it was used again.
    operators:
        Who lodged a parcel under an identifier.
    """

    lives: dict[Key, dict[datetime, Current]] = field(default_factory=dict)
    operators: dict[str, set[str]] = field(default_factory=dict)

    def of(self, key: Key) -> list[Current]:
        """Parcels under an identifier, the one that was lodged last in front."""
        lives = self.lives.get(key, {})
        return [lives[first] for first in sorted(lives, reverse=True)]

    def latest(self, key: Key) -> Current | None:
        """The parcel that was lodged last under an identifier."""
        return next(iter(self.of(key)), None)

    def under(self, parcel_id: str) -> list[Current]:
        """Declared parcels under a number, whoever lodged them, the one that was lodged first in front."""
        found = [
            one
            for (operator, number), lives in self.lives.items()
            if number == parcel_id and operator != UNDECLARED
            for one in lives.values()
        ]
        return sorted(found, key=lambda one: one.first_at)

    def undeclared(self, parcel_id: str) -> Current | None:
        """The item that came under an identifier without a declaration, while there is none."""
        key = UNDECLARED, parcel_id
        return self.latest(key) if key in self.lives else None

    def n_others(self, operator: str, parcel_id: str) -> int:
        """Number of other operators who lodged a parcel under the same identifier."""
        return len(self.operators.get(parcel_id, set()) - {operator})


def entered(event: Row, scored: Scored) -> Current:
    """A parcel that has entered the log just now."""
    known = Known(
        seq=scored.seq, version=event["version"] or 1, content=scored.content, is_cancelled=False, is_inspected=False
    )
    return Current(known=known, scored=scored, event=event, outcomes=())


def versions_of(connection: Connection, parcel_ids: Iterable[str]) -> list[Version]:
    """Versions of the parcels with one of the identifiers, oldest first."""
    events = event_log.parcel_events_of(connection, parcel_ids)
    retracted = event_log.retracted(connection, (event["seq"] for event in events))
    versions = [Version(event=event, is_retracted=event["seq"] in retracted) for event in events]
    return _joined(versions) if any(event["operator"] == UNDECLARED for event in events) else versions


def _joined(versions: list[Version]) -> list[Version]:
    """The same, undeclared items as versions of the parcel under which they were declared later, if they were."""
    declared = {one.life[1:]: one.event["operator"] for one in versions if one.event["operator"] != UNDECLARED}
    return [
        replace(one, declared_by=declared.get(one.life[1:])) if one.event["operator"] == UNDECLARED else one
        for one in versions
    ]


def outcomes_of(connection: Connection, versions: Sequence[Version]) -> Outcomes:
    """Outcome events about any of the `versions`, without retracted ones, by parcel."""
    lives = {version.seq: version.life for version in versions}
    events = event_log.outcome_events_of(connection, event_log.with_outcome(connection, lives))
    if not events:  # as for nearly every parcel
        return {}
    retracted = event_log.retracted(connection, (event["seq"] for event in events))
    found: Outcomes = {}
    for event in events:
        if event["seq"] not in retracted:
            found.setdefault(lives[event["subject_seq"]], []).append(event)
    return found


def outcome_in_force(outcomes: Sequence[Row]) -> Row:
    """The last of one parcel's `outcomes`, of those that examined it where there is one."""
    return ([one for one in outcomes if one["result"] in EXAMINED] or outcomes)[-1]


def current_parcels(connection: Connection, parcel_ids: Iterable[str], at: datetime) -> CurrentParcels:
    """Look the identifiers up."""
    found = CurrentParcels()
    versions = [one for one in versions_of(connection, set(parcel_ids)) if first_at(one.event) > at - WINDOW]
    if not versions:
        return found
    stored = scores_of(connection, [version.seq for version in versions])
    outcomes = outcomes_of(connection, versions)
    for version in versions:
        operator, parcel_id = version.key
        if operator != UNDECLARED:
            found.operators.setdefault(parcel_id, set()).add(operator)
        scored, results = stored.get(version.seq), outcomes.get(version.life, [])
        found.lives.setdefault(version.key, {})[first_at(version.event)] = Current(
            known=Known(
                seq=version.seq,
                version=version.event["version"] or 1,
                content=scored.content if scored else None,
                is_cancelled=version.is_retracted,
                is_inspected=any(result["result"] in EXAMINED for result in results),
            ),
            scored=scored,
            event=version.event,
            outcomes=results,
        )
    return found
