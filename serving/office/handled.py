"""Parcels as they are handled: the stages on record of each, and the outcome that these give.

Whatever an inspection says enters here as a stage, also where it is reported as an outcome. The outcome in the log is
what `features.handling.outcome_of` makes of the stages in force; it is replaced where another one follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from features.event_rows import Row, outcome_row, retraction_row, stage_row
from features.handling import Certainty, Derived, Entry, Result, has_open_alarm, outcome_of
from features.handling.fields import PRESENTED
from features.log import HANDLING, OUTCOME, STAGE
from policy import Cause
from serving.office.current import EXAMINED, Key, Life, Version, outcome_in_force, outcomes_of, versions_of
from serving.office.resolving import resolve
from serving.office.writer import Transaction
from serving.store import Connection
from serving.store import log as event_log
from serving.store.cancellations import forget_cancelled
from serving.store.scores import scores_of
from serving.store.stages import Details, put_details
from serving.store.trials import trials_among

_SAME_OUTCOME = ("result", "method", "finding_class", "finding_mass_g")
"""Outcomes that agree in these are one: the first one stays."""


@dataclass(kw_only=True)
class Handled:
    """One parcel, with the stages in force and what is to be written of it.

    Attributes
    ----------
    subject:
        Its newest version.
    stages:
        Stage events in force, in the order in which they were made; those without a sequence number are not written
        yet.
    outcome:
        Outcome event in force.
    """

    subject: Row
    stages: list[Row]
    outcome: Row | None
    _withdrawn: list[Row] = field(default_factory=list)
    _details: list[tuple[Row, Details]] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """Operator and identifier."""
        return self.subject["operator"], self.subject["parcel_id"]

    @property
    def derived(self) -> Derived | None:
        """Outcome that the stages in force give."""
        return _derived(self.stages)

    @property
    def result(self) -> str | None:
        """The same in one word."""
        return self.derived.result.value if self.derived else None

    @property
    def has_open_alarm(self) -> bool:
        """Whether something was raised that no stage has resolved, so that there is no outcome yet."""
        return has_open_alarm([entry_of(one) for one in self.stages])

    def says(self, method: str | None, result: str) -> bool:
        """Whether a stage in force says that; by any method where none is named."""
        return any(one["result"] == result and method in (None, one["method"]) for one in self.stages)

    def add(self, given: Mapping[str, Any], at: datetime, details: Details) -> None:
        """Add a stage; `given` has columns of ``HANDLING``."""
        stage = stage_row(self.subject, at, given)
        self.stages.append(stage)
        self._details.append((stage, details))

    def gives(self, given: Mapping[str, Any], *, without: Sequence[Row] = ()) -> bool:
        """Whether its result would be the outcome once a stage were added, and others were withdrawn."""
        ended = {id(one) for one in without}
        derived = _derived([*(one for one in self.stages if id(one) not in ended), given])
        return derived is not None and derived.result == given["result"]

    def opposing(self, result: str) -> list[Row]:
        """Stages in force that looked and say otherwise."""
        return [one for one in self.stages if one["result"] in EXAMINED and one["result"] != result]

    def withdraw(self, stages: Iterable[Row]) -> None:
        """Take stages out of force; those that are written stay in the log, retracted."""
        ended = {id(one) for one in stages}
        self._withdrawn += [one for one in self.stages if id(one) in ended and one["seq"] is not None]
        self.stages = [one for one in self.stages if id(one) not in ended]
        self._details = [(one, details) for one, details in self._details if id(one) not in ended]

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._details or self._withdrawn)

    def fresh(self) -> list[tuple[Row, Details]]:
        """Stages to be written; an outcome that was recorded alone becomes one together with the first other one."""
        known = {id(stage): details for stage, details in self._details}
        return [(one, known.get(id(one), Details())) for one in self.stages if one["seq"] is None]

    def events(self, at: datetime, decision: Mapping[str, Any], *, has_outcome: bool = True) -> list[Row]:
        """What is to be written but the stages: retractions, and the outcome where it has changed."""
        found = [retraction_row(one, at) for one in self._withdrawn]
        outcome = self._next_outcome(at, decision) if has_outcome else None
        if self.outcome is not None and (outcome is None or _is_another(outcome, self.outcome)):
            found.append(retraction_row(self.outcome, at))
        if outcome is not None and (self.outcome is None or _is_another(outcome, self.outcome)):
            found.append(outcome)
        return found

    def _next_outcome(self, at: datetime, decision: Mapping[str, Any]) -> Row | None:
        derived = self.derived
        if derived is None:
            return None
        stage = self.stages[derived.by]
        given = {name: stage[name] for name in ("result", "inspected_at", "station")}
        for name in ("cause", "propensity"):
            stated = (one[name] for one in (stage, *self.stages) if one[name] is not None)
            given[name] = next(stated, decision.get(name))
        given |= {"finding_class": derived.finding_class, "finding_mass_g": derived.finding_mass_g}
        given["method"] = stage["method"] if stage["method"] != PRESENTED else None
        return outcome_row(self.subject, at, given)


def _is_another(one: Row, other: Row) -> bool:
    return any(one[name] != other[name] for name in _SAME_OUTCOME)


def _derived(stages: Sequence[Mapping[str, Any]]) -> Derived | None:
    return outcome_of([entry_of(one) for one in stages])


def entry_of(stage: Mapping[str, Any]) -> Entry:
    """What a stage event says, as the rule of outcomes takes it."""
    return Entry(
        result=Result(stage["result"]),
        method=stage["method"] if stage["method"] != PRESENTED else None,
        certainty=Certainty(stage["certainty"] or Certainty.CONFIRMED),
        finding_class=stage["finding_class"],
        finding_mass_g=stage["finding_mass_g"],
    )


Reading = tuple[str | None, str]
"""Operator, where one is named, and what was scanned."""


def stored_keys(connection: Connection, readings: Iterable[Reading]) -> dict[Reading, Key]:
    """Parcel that each reading, with its operator or without, stands for; only where it is a single one."""
    return {
        key: found.parcels[0]
        for key in dict.fromkeys(readings)
        if len((found := resolve(connection, key[1], key[0])).parcels) == 1
    }


def stages_of(connection: Connection, versions: Sequence[Version]) -> dict[Life, list[Row]]:
    """Stage events about any of the `versions` that are in force, oldest first, by parcel."""
    lives = {version.seq: version.life for version in versions}
    events = event_log.stage_events_of(connection, lives)
    retracted = event_log.retracted(connection, (event["seq"] for event in events)) if events else frozenset()
    found: dict[Life, list[Row]] = {}
    for event in events:
        if event["seq"] not in retracted:
            found.setdefault(lives[event["subject_seq"]], []).append(event)
    return found


def handled_parcels(connection: Connection, keys: Iterable[Key]) -> dict[Key, Handled]:
    """The newest parcel under each of the keys, as far as it is on record."""
    wanted = set(keys)
    versions = [one for one in versions_of(connection, {number for _, number in wanted}) if one.key in wanted]
    newest = {version.key: version for version in versions}
    outcomes, stages = outcomes_of(connection, versions), stages_of(connection, versions)
    return {
        key: _handled(version, stages.get(version.life, []), outcomes.get(version.life))
        for key, version in newest.items()
    }


def _handled(version: Version, stages: list[Row], outcomes: list[Row] | None) -> Handled:
    outcome = outcome_in_force(outcomes) if outcomes else None
    if outcome is not None and not stages:
        stages = [_as_stage(version.event, outcome)]
    return Handled(subject=version.event, stages=stages, outcome=outcome)


def _as_stage(subject: Row, outcome: Row) -> Row:
    """Stage that an outcome stands for which was recorded without one, as files and earlier programs do."""
    given = {name: outcome[name] for name in HANDLING} | {"certainty": Certainty.CONFIRMED.value}
    if outcome["result"] == Result.NOT_PRESENTED:
        given["method"] = PRESENTED
    return stage_row(subject, outcome["known_at"], given)


def write(transaction: Transaction, parcels: Iterable[Handled], at: datetime) -> list[Row]:
    """Write what has changed of the parcels, and return its numbered events.

    The outcome of a test parcel is not written: its stages are, and nobody learns from it.
    """
    changed = [one for one in parcels if one.is_changed]
    if not changed:
        return []
    connection = transaction.connection
    decisions = scores_of(connection, (one.subject["seq"] for one in changed))
    trials = trials_among(connection, (one.key for one in changed))
    fresh = [(stage, details) for one in changed for stage, details in one.fresh()]
    events = [{**stage, "known_at": at} for stage, _ in fresh]
    for one in changed:
        decided = decisions.get(one.subject["seq"])
        # What was recalled was not selected by the policy: its outcome stands for no other parcel.
        is_recalled = decided is not None and decided.cause in (Cause.HUNT, Cause.REPORT)
        propensity = None if decided is None or is_recalled else decided.propensity
        given = {"cause": decided.cause, "propensity": propensity} if decided else {}
        events += one.events(at, given, has_outcome=one.key not in trials)
    numbered = transaction.record(events)
    seqs = [event["seq"] for event in numbered if event["kind"] == STAGE]
    put_details(connection, dict(zip(seqs, (details for _, details in fresh), strict=True)))
    outcomes = (event for event in numbered if event["kind"] == OUTCOME)
    forget_cancelled(connection, (event["subject_seq"] for event in outcomes if event["result"] in EXAMINED))
    return numbered
