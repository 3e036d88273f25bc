"""How far the keys and facts of a log of before were made anew, see `serving.office.rederiving`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from features.event_rows import Row
from serving.store.tables import cancellations, meta

_NOTED = "derived anew"
_COMPARED = tuple(column.name for column in cancellations.columns if column.name.endswith("_key"))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What was made anew.

    Attributes
    ----------
    derivation:
        Version that events are brought to.
    last_seq:
        Event up to which the log was walked through.
    n_derived:
        Parcel events whose keys and facts were made anew.
    n_kept:
        Parcel events of an earlier version whose text the vault does not hold: they stay as they are.
    changed_to:
        Event up to which feature rows may be other than when they were scored; 0 where none are.
    """

    derivation: int
    last_seq: int = 0
    n_derived: int = 0
    n_kept: int = 0
    changed_to: int = 0


def progress_to(connection: Connection, derivation: int) -> Progress:
    """How far the log was brought to `derivation`."""
    noted = connection.execute(select(meta.c.value).where(meta.c.name == _NOTED)).scalar()
    progress = Progress(**json.loads(noted)) if noted is not None else Progress(derivation=derivation)
    if progress.derivation == derivation:
        return progress
    return Progress(derivation=derivation, changed_to=progress.changed_to)


def changed_to(connection: Connection) -> int:
    """Event up to which feature rows may be other than when they were scored; 0 where none are."""
    noted = connection.execute(select(meta.c.value).where(meta.c.name == _NOTED)).scalar()
    return int(json.loads(noted)["changed_to"]) if noted is not None else 0


def note_progress(connection: Connection, progress: Progress) -> None:
    """Replace what is noted."""
    connection.execute(meta.delete().where(meta.c.name == _NOTED))
    connection.execute(meta.insert().values(name=_NOTED, value=json.dumps(vars(progress))))


def replace_compared(connection: Connection, events: Iterable[Row]) -> None:
    """Give cancelled parcels that others are compared with the keys of their events, as these are now."""
    for event in events:
        keys = {name: event[name] for name in _COMPARED}
        connection.execute(cancellations.update().where(cancellations.c.seq == event["seq"]).values(**keys))
