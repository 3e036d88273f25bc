"""Command `revoke`: end API keys, and what a person signs in with, at once."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings


def revoke(
    name: Annotated[
        str | None, typer.Argument(help="Client whose keys, and passphrase, are all revoked.", show_default=False)
    ] = None,
    key: Annotated[str | None, typer.Option("--key", help="Identifier of the one key to revoke.")] = None,
) -> None:
    """Revoke the keys and the passphrase of a client, or one key, from now on, and their sessions."""
    revoke_keys(Settings(), name, key)


def revoke_keys(settings: Settings, name: str | None, key_id: str | None) -> None:
    """Revoke every key of a client, or one key."""
    from parcel_risk.local_client import note_change
    from serving.office.persons import shut_out
    from serving.office.writer import now
    from serving.store import Store
    from serving.store.clients import revoke
    from serving.store.times import microseconds

    if (name is None) == (key_id is None):
        raise ParcelRiskError("say whose keys to revoke (NAME), or which one (--key ID).")
    at = microseconds(now())
    with Store(settings.database) as store, store.begin() as connection:
        if name is not None:
            n_revoked, n_passphrases = shut_out(connection, name, at_us=at)
        else:
            n_revoked, n_passphrases = revoke(connection, key_id=key_id, at_us=at), 0
        note_change(connection, at, "client keys revoked", name or f"key {key_id}")
    out.print(f"{n_revoked:,} keys revoked" + (", and the passphrase" if n_passphrases else ""))
