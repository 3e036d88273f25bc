"""Who the audit names for what the command does."""

from __future__ import annotations

from serving.store import Client, Role

LOCAL = Client(client_id="command", role=Role.OFFICER, operator=None)
"""An officer on this machine."""
