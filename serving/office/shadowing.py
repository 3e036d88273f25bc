"""Shadow: a challenger decides on live parcels behind the champion, and what it decides is kept apart.

It reads what was committed: events, feature rows, draws, hits. So no answer waits for it, and nothing that it does, or
fails to do, can touch a referral. It goes by the policy of each decision, and by its own earlier decisions on a parcel;
with the champion's own bundle and rules it decides as the champion did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from features import bundle
from features.bundle import Bundle
from features.identity import IdentityKey
from features.model_store import ModelStore
from features.parcel.problems import ParcelRiskError
from policy.rules import Rule
from serving.office.office import Office
from serving.office.shadow_deciding import Shadowing
from serving.store import Client, Connection, Role
from serving.store import log as event_log
from serving.store.database import note
from serving.store.scores import decisions_between
from serving.store.shadows import Shadow, keep_shadow_decisions, newest_shadow, start_shadow, stop_shadow
from serving.store.times import microseconds

STARTERS = (Role.ANALYST, Role.SCIENTIST, Role.SUPERVISOR)
"""Who starts and stops shadows."""
PORTION = 1_000
"""Events that are decided on in one transaction."""


def running(connection: Connection) -> Shadow | None:
    """The shadow that runs; None where none does."""
    newest = newest_shadow(connection)
    return newest if newest is not None and newest.stopped_at is None else None


def start(
    connection: Connection, model: Bundle | None, rules: Sequence[Rule] | None, person: Client, at: datetime
) -> Shadow:
    """Start a challenger on whatever comes from now on.

    Raises
    ------
    ParcelRiskError
        When one runs already, or nothing is challenged.
    """
    if running(connection) is not None:
        raise ParcelRiskError("a shadow runs already. Stop it first: `parcel-risk shadow stop`.")
    if model is None and rules is None:
        raise ParcelRiskError("nothing is challenged. Give a bundle, rules, or both.")
    made = start_shadow(
        connection,
        None if model is None else model.bundle_id,
        rules,
        after=event_log.last_seq(connection),
        at_us=microseconds(at),
        by=person.client_id,
    )
    _note(connection, f"started {made.shadow_id}: {_what(made)}", person, at)
    return made


def stop(connection: Connection, person: Client, at: datetime) -> Shadow:
    """Stop the challenger; what it has decided stays.

    Raises
    ------
    ParcelRiskError
        When none runs.
    """
    found = running(connection)
    if found is None:
        raise ParcelRiskError("no shadow runs.")
    at_us = microseconds(at)
    stop_shadow(connection, found.shadow_id, at_us=at_us, by=person.client_id)
    _note(connection, f"stopped {found.shadow_id}", person, at)
    return replace(found, stopped_at=at_us, stopped_by=person.client_id)


def _what(one: Shadow) -> str:
    rules = None if one.rules is None else f"rules {', '.join(rule.name for rule in one.rules) or 'none'}"
    return "; ".join(filter(None, (one.bundle_id, rules)))


def _note(connection: Connection, what: str, person: Client, at: datetime) -> None:
    note(connection, at_us=microseconds(at), client_id=person.client_id, action="shadow", seqs=[], detail=what)


def keep_shadow(office: Office, models: ModelStore, is_over: Callable[[], bool] = lambda: False) -> int:
    """Let the shadow that runs decide on what the champion has decided on since; return how many parcel events.

    Raises
    ------
    ParcelRiskError
        When its bundle is no longer there, or is another one now; the shadow waits for it.
    """
    n = 0
    while not is_over():
        with office.store.begin_read() as connection:
            found = running(connection)
            if found is None:
                return n
            last = event_log.last_seq(connection)
            rows = decisions_between(connection, found.done_seq + 1, min(last, found.done_seq + PORTION))
            model = None if found.bundle_id is None else _model(models, office.secrets.identity, found.bundle_id)
            made = Shadowing(office, connection, found, model, models.population).decided([row.seq for row in rows])
        done = min(last, found.done_seq + PORTION)
        if done == found.done_seq:
            return n
        with office.store.begin() as connection:
            keep_shadow_decisions(connection, found.shadow_id, made, done=done)
        n += len(made)
    return n


def _model(models: ModelStore, identity: IdentityKey, bundle_id: str) -> Bundle:
    found = bundle.load(models.path(bundle_id.rpartition("@")[0]), trusted=None, identity=identity)
    if found.bundle_id != bundle_id:
        raise ParcelRiskError(f"{bundle_id} is no longer in the model store; another bundle has its name.")
    return found
