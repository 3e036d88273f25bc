"""The stop switch: from the next parcel on nothing is referred for its score, until a supervisor says otherwise.

Lists, rules and hunts decide as before. Whatever they do not select is *not assessed*, as without a model: nothing is
called low risk because the score is stopped. An installation decides for the lines that share its capacity; the switch
is theirs together.
"""

from __future__ import annotations

from features.parcel.problems import StoreError
from serving.office.office import Office
from serving.store import Client, Connection, Role
from serving.store.database import note
from serving.store.stops import add_stop, end_stop, open_stop
from serving.store.times import microseconds

STOPPED = "score stopped"
"""What answers lack meanwhile, in two words."""
STOPPING = (Role.SUPERVISOR,)
"""Who stops the score, alone and at once, and who resumes it."""
READING = (Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.ANALYST)
"""Who reads when it was stopped, and why."""
_MOST = 200


def stop(office: Office, connection: Connection, reason: str, client: Client) -> int:
    """Stop the score; return the number of the stop.

    Raises
    ------
    StoreError
        When it is stopped already, or no reason is given.
    """
    said = " ".join(reason.split())
    if not said or len(said) > _MOST:
        raise StoreError(
            f"reason: it is missing or too long. Say in up to {_MOST} characters why the score is stopped."
        )
    known = open_stop(connection)
    if known is not None:
        raise StoreError(f"the score is stopped already, by {known['stopped_by']}. Resume it first.")
    number = add_stop(connection, reason=said, by=client.client_id, at_us=microseconds(office.clock()))
    _note(office, connection, client, "score stopped", f"stop {number}")
    return number


def resume(office: Office, connection: Connection, client: Client) -> int:
    """Let the score refer parcels again; return the number of the stop that ended.

    Raises
    ------
    StoreError
        When it is not stopped.
    """
    known = open_stop(connection)
    if known is None:
        raise StoreError("the score is not stopped. Nothing is to be resumed.")
    end_stop(connection, known["id"], by=client.client_id, at_us=microseconds(office.clock()))
    _note(office, connection, client, "score resumed", f"stop {known['id']}")
    return int(known["id"])


def _note(office: Office, connection: Connection, client: Client, action: str, detail: str) -> None:
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=[], detail=detail)
