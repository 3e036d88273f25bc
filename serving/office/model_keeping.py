"""The model kept up to date while the service runs; the audit says which bundle serves, and which was refused."""

from __future__ import annotations

from serving.office.office import Office
from serving.store.database import note
from serving.store.times import microseconds

IN_SERVICE, REFUSED = "model in service", "model refused"
SERVICE = "service"
"""Client of what the service does by itself."""
_LONGEST = 500


def keep_model(office: Office) -> int:
    """Take over what the model store says; return how many changes were written to the audit."""
    office.model.look()
    changes = list(office.model.changes)
    if not changes:
        return 0
    with office.writer.transaction() as transaction:
        at_us = microseconds(office.clock())
        for before, found in changes:
            if found.bundle_id != before:
                said = f"{found.bundle_id or 'none'} after {before or 'none'}"
                note(transaction.connection, at_us=at_us, client_id=SERVICE, action=IN_SERVICE, seqs=[], detail=said)
            if found.problem:
                said = found.problem[:_LONGEST]
                note(transaction.connection, at_us=at_us, client_id=SERVICE, action=REFUSED, seqs=[], detail=said)
    # Only what is durable is forgotten: where the store is busy, it is written at the next look.
    del office.model.changes[: len(changes)]
    return len(changes)
