"""Command `revoke`: end API keys at once."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings


def revoke(
    name: Annotated[str | None, typer.Argument(help="Client whose keys are all revoked.", show_default=False)] = None,
    key: Annotated[str | None, typer.Option("--key", help="Identifier of the one key to revoke.")] = None,
) -> None:
    """Revoke the keys of a client, or one key, from now on."""
    revoke_keys(Settings(), name, key)


def revoke_keys(settings: Settings, name: str | None, key_id: str | None) -> None:
    """Revoke every key of a client, or one key."""
    from parcel_risk.local_client import note_change
    from serving.office.writer import now
    from serving.store import Store
    from serving.store.clients import revoke
    from serving.store.times import microseconds

    if (name is None) == (key_id is None):
        raise ParcelRiskError("say whose keys to revoke (NAME), or which one (--key ID).")
    at = microseconds(now())
    with Store(settings.database) as store, store.begin() as connection:
        n_revoked = revoke(connection, client_id=name, key_id=key_id, at_us=at)
        note_change(connection, at, "client keys revoked", name or f"key {key_id}")
    out.print(f"{n_revoked:,} keys revoked")
