"""Who the audit names for what the command does."""

from __future__ import annotations

from serving.store import Client, Connection, Role
from serving.store.database import note

LOCAL = Client(client_id="command", role=Role.OFFICER, operator=None)
"""An officer on this machine."""


def note_change(connection: Connection, at_us: int, action: str, detail: str) -> None:
    """Write to the audit what the command changed that is no event of the log: keys of clients, models in service."""
    note(connection, at_us=at_us, client_id=LOCAL.client_id, action=action, seqs=[], detail=detail)
