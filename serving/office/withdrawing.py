"""Withdraw what a person recorded: when a key was stolen or an officer lied, the whole set is withdrawn at once.

Stages that the person recorded are retracted, and with them the outcomes that follow from them; all of it stays in the
log. What was learned meanwhile is named, so that somebody can decide about it: models whose training knew one of these
outcomes, and lists and rules that the person wrote or approved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from features.bundle import META
from features.event_rows import Row
from features.log import STAGE
from features.model_store import ModelStore
from serving.office.current import Key
from serving.office.handled import handled_parcels, write
from serving.office.writer import Transaction
from serving.store import Client, Connection, audit
from serving.store import log as event_log
from serving.store.database import note
from serving.store.lists import lists_of
from serving.store.rules import all_rules
from serving.store.times import microseconds

_RECORDING = ("outcome", "correction", "stage")
"""Actions of the audit by which a person records."""
_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class Withdrawn:
    """What a person recorded, and what came of it.

    Attributes
    ----------
    stages:
        Stage events of the person that are in force, oldest first.
    parcels:
        Parcels that they are about.
    learned:
        In words: models, lists and rules.
    """

    stages: tuple[Row, ...]
    parcels: tuple[Key, ...]
    learned: tuple[str, ...]


def recorded_by(connection: Connection, models: ModelStore, name: str, since: datetime) -> Withdrawn:
    """What the client `name` recorded since a time and is in force; nothing is changed."""
    stages = _stages(connection, name, since)
    subjects = {one["subject_seq"] for one in stages}
    keys = dict.fromkeys((one["operator"], one["parcel_id"]) for one in event_log.events_at(connection, subjects))
    learned = [*_models(models, stages), *_written(connection, name, microseconds(since))]
    return Withdrawn(stages=stages, parcels=tuple(keys), learned=tuple(learned))


def withdraw(
    transaction: Transaction, models: ModelStore, name: str, since: datetime, *, client: Client, reason: str
) -> Withdrawn:
    """Retract what a person recorded, as one set, and say what was learned from it."""
    found, at = recorded_by(transaction.connection, models, name, since), transaction.clock()
    mine = {one["seq"] for one in found.stages}
    parcels = handled_parcels(transaction.connection, found.parcels)
    for handled in parcels.values():
        handled.withdraw([one for one in handled.stages if one["seq"] in mine])
    write(transaction, parcels.values(), at)
    detail = f"{len(mine)} of {name}: {reason}"
    seqs, at_us = sorted(mine), microseconds(at)
    note(transaction.connection, at_us=at_us, client_id=client.client_id, action="withdrawn", seqs=seqs, detail=detail)
    return found


def _stages(connection: Connection, name: str, since: datetime) -> tuple[Row, ...]:
    seqs = {seq for entry in _entries(connection, name, since) for seq in range(entry[0], entry[1] + 1)}
    events = [one for one in event_log.events_at(connection, seqs) if one["kind"] == STAGE]
    retracted = event_log.retracted(connection, [one["seq"] for one in events])
    return tuple(one for one in events if one["seq"] not in retracted)


def _entries(connection: Connection, name: str, since: datetime) -> Iterator[tuple[int, int]]:
    for action in _RECORDING:
        after = 0
        wanted = {"who": name, "action": action, "since_us": microseconds(since)}
        while found := audit.entries(connection, after=after, limit=_AT_ONCE, **wanted):  # type: ignore[arg-type]
            yield from ((one.first, one.last) for one in found if one.first is not None and one.last is not None)
            after = found[-1].number


def _models(models: ModelStore, stages: Sequence[Row]) -> Iterator[str]:
    """Bundles whose training knew what was recorded first."""
    if not stages:
        return
    first = stages[0]["known_at"]
    for name in models.names():
        training = json.loads((models.path(name) / META).read_text("utf-8"))["training"]
        if datetime.fromisoformat(training["as_of"]) >= first:
            yield f"model {name}, trained on what was known at {training['as_of']}"


def _written(connection: Connection, name: str, since_us: int) -> Iterable[str]:
    for one in lists_of(connection):
        if name in (one.made_by, one.approved_by) and one.made_at >= since_us:
            yield f"list {one.terms.name}, version {one.version}, {one.state}"
    for rule in all_rules(connection):
        if name in (rule.made_by, rule.approved_by) and rule.made_at >= since_us:
            yield f"rule {rule.title}, {rule.state}"
