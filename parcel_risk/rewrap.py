"""Command `rewrap`: another secret key for the vault, without sealing anything anew."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from features.parcel.problems import StoreError
from features.signing import write_secret
from parcel_risk.console import out, working
from serving.settings import SECRET_BYTES, Settings

_NEXT = "vault.key.next"
"""The new secret until it is in use: an interruption loses neither of the two."""


def rewrap() -> None:
    """Make another secret `vault.key`, and wrap every key of the vault by it. Stop the service first.

    Nothing that is sealed changes. Copies of the vault's keys that were made before can be read with the earlier secret
    only: make a backup afterwards, and keep or destroy those of before together with that secret.
    """
    rewrap_vault(Settings())


def rewrap_vault(settings: Settings) -> None:
    """Replace the vault's secret; what was interrupted is completed or begun anew."""
    from parcel_risk.local_client import note_change
    from serving.installation import Installation
    from serving.store.segment_folder import sync
    from serving.store.times import microseconds

    current, coming = settings.keys / "vault.key", settings.keys / _NEXT
    if coming.exists() and _opens(settings, coming.read_bytes()):
        _put(coming, current)
    installation = Installation.open(settings)
    office = installation.office()
    try:
        coming.unlink(missing_ok=True)
        write_secret(coming, secrets.token_bytes(SECRET_BYTES))
        sync(coming)
        sync(settings.keys)
        with working("wrapping the keys of the vault"):
            office.secrets.vault.rewrap(coming.read_bytes())
        _put(coming, current)
        with office.writer.transaction() as transaction:
            note_change(transaction.connection, microseconds(installation.clock()), "vault rewrapped", "")
    finally:
        office.close()
    out.print(f"{current} is another secret now, and every key of the vault is wrapped by it")
    out.print("copies of the vault's keys of before need the secret of before: make a backup now", soft_wrap=True)


def _opens(settings: Settings, secret: bytes) -> bool:
    """Whether the vault is wrapped by `secret` already."""
    from serving.store.vault import Vault

    with suppress(StoreError):
        Vault.open(settings.home / "vault", wrapping_key=secret, spool_key=settings.secret("spool")).close()
        return True
    return False


def _put(coming: Path, current: Path) -> None:
    from serving.store.segment_folder import sync

    coming.replace(current)
    sync(current.parent)
