"""Command `clients`: the clients and their keys."""

from __future__ import annotations

from parcel_risk.console import out
from serving.settings import Settings


def clients() -> None:
    """List the clients with their keys: identifier, last characters, end, and whether it is valid."""
    list_clients(Settings())


def list_clients(settings: Settings) -> None:
    """Print every key with its client, its end and its state."""
    from serving.office.writer import now
    from serving.store import Store
    from serving.store.clients import keys_of
    from serving.store.times import microseconds

    at = microseconds(now())
    with Store(settings.database) as store, store.begin_read() as connection:
        keys = keys_of(connection)
    for key in keys:
        who = f"operator {key.client.operator}" if key.client.operator else key.client.role.value
        end = f"until {_day(key.expires_at)}" if key.expires_at is not None else "never expires"
        hint = f"...{key.hint}" if key.hint else ""
        who += " (shown scores)" if key.client.sees_scores else ""
        words = (key.client.client_id, who, key.key_id, hint, f"since {_day(key.created_at)}", end, key.state(at))
        out.print("  ".join(word for word in words if word), markup=False, highlight=False, soft_wrap=True)
    if not keys:
        out.print("no clients yet; `parcel-risk client` adds one")


def _day(at_us: int) -> str:
    from serving.store.times import time_of

    return f"{time_of(at_us):%Y-%m-%d %H:%M}"
