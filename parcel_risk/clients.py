"""Commands on clients: give a key, list, rotate, revoke."""

from __future__ import annotations

from datetime import UTC, datetime

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import err, out
from serving.office.scoring import microseconds, now
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.clients import add_client, keys_of, revoke, rotate

_HOUR_US = 3_600_000_000


def new_client(settings: Settings, name: str, *, operator: str | None, officer: bool, alone: bool = False) -> str:
    """Give a client, new or known, one more key; return it. With `alone`, its earlier keys are revoked."""
    if officer == (operator is not None):
        raise ParcelRiskError("say whether it is an operator (--operator NAME) or an officer (--officer).")
    client = Client(client_id=name, role=Role.OFFICER if officer else Role.OPERATOR, operator=operator)
    at = microseconds(now())
    with Store(settings.database) as store, store.begin() as connection:
        earlier = [key for key in keys_of(connection, name) if key.state(at) == "valid"]
        if alone and earlier:
            revoke(connection, client_id=name, at_us=at)
        key = add_client(connection, client, at_us=at, expires_at=_end(settings, at))
    if earlier and not alone:
        err.print(
            f"{name} has {len(earlier):,} other valid keys, which stay valid. `parcel-risk rotate` ends them after a "
            "while, `parcel-risk revoke` at once.",
            markup=False,
            soft_wrap=True,
        )
    return key


def list_clients(settings: Settings) -> None:
    """Print every key with its client, its end and its state."""
    at = microseconds(now())
    with Store(settings.database) as store, store.begin_read() as connection:
        keys = keys_of(connection)
    for key in keys:
        who = key.client.operator or key.client.role.value
        end = f"until {_day(key.expires_at)}" if key.expires_at is not None else "never expires"
        hint = f"...{key.hint}" if key.hint else ""
        words = (key.client.client_id, who, key.key_id, hint, f"since {_day(key.created_at)}", end, key.state(at))
        out.print("  ".join(word for word in words if word), markup=False, highlight=False, soft_wrap=True)
    if not keys:
        out.print("no clients yet; `parcel-risk client` adds one")


def rotate_key(settings: Settings, name: str, *, overlap_hours: float) -> str:
    """Give a client a new key; its earlier ones expire after the overlap."""
    at = microseconds(now())
    with Store(settings.database) as store, store.begin() as connection:
        overlap = round(overlap_hours * _HOUR_US)
        return rotate(connection, name, at_us=at, overlap_us=overlap, expires_at=_end(settings, at))


def revoke_keys(settings: Settings, name: str | None, key_id: str | None) -> None:
    """Revoke every key of a client, or one key."""
    if (name is None) == (key_id is None):
        raise ParcelRiskError("say whose keys to revoke (NAME), or which one (--key ID).")
    with Store(settings.database) as store, store.begin() as connection:
        n_revoked = revoke(connection, client_id=name, key_id=key_id, at_us=microseconds(now()))
    out.print(f"{n_revoked:,} keys revoked")


def _end(settings: Settings, at_us: int) -> int | None:
    return at_us + settings.client_key_days * 24 * _HOUR_US if settings.client_key_days else None


def _day(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
