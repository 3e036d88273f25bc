"""Command `migrate`: upgrade the store and the sealed files of an earlier version."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag

from parcel_risk.console import out, working
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.store.upgrading import Upgrade
    from serving.store.vault import Vault

EARLIER = "personal"
"""Secret that sealed everything before there was a vault."""


def migrate() -> None:
    """Upgrade the store of an earlier version; a copy of it is kept. Stop the service first."""
    migrate_store(Settings())


def migrate_store(settings: Settings) -> None:
    """Make secrets that are new, upgrade the store, seal waiting files again; say what was done."""
    from serving.keys import make_secrets
    from serving.store.upgrading import upgrade_store
    from serving.store.vault import Vault

    for path in make_secrets(settings):
        out.print(f"made {path}", soft_wrap=True)
    vault = Vault.open(
        settings.home / "vault", wrapping_key=settings.secret("vault"), spool_key=settings.secret("spool")
    )
    with vault, working("upgrading the store"):
        done = upgrade_store(settings.database, vault, lambda: settings.secret(EARLIER))
        n_files = _seal_files_again(settings, vault)
    for line in _said(done, n_files):
        out.print(line, soft_wrap=True)


def _said(done: Upgrade, n_files: int) -> list[str]:
    if done.before == done.after:
        return [f"the store is at revision {done.after}; nothing to upgrade"]
    lines = [f"upgraded from revision {done.before} to {done.after}; {done.n_sealed:,} rows sealed again"]
    if n_files:
        lines.append(f"{n_files:,} waiting files sealed again")
    if done.backup is not None:
        lines.append(
            f"the store as it was is in {done.backup}. Delete it, and {EARLIER}.key, once the upgraded store has "
            "proved itself: together they hold personal data that no erasure reaches."
        )
    return lines


def _seal_files_again(settings: Settings, vault: Vault) -> int:
    """Seal the files of pending jobs under their own keys; a file that is sealed so already is left alone."""
    if not (settings.keys / f"{EARLIER}.key").exists():
        return 0
    earlier = settings.secret(EARLIER)
    waiting = [path for path in sorted((settings.home / "intake").glob("*.*")) if path.suffix != ".part"]
    return sum(_sealed_again(path, earlier, vault.file_key(path.name)) for path in waiting)


def _sealed_again(path: Path, earlier: bytes, key: bytes) -> bool:
    from serving.intake.spool import SealedReader, SealedWriter

    target = path.with_suffix(".part") / path.name
    target.parent.mkdir(exist_ok=True)
    writer = SealedWriter(target, key)
    try:
        with SealedReader(path, earlier) as reader, closing(writer):
            shutil.copyfileobj(reader, writer)
        os.replace(target, path)
    except InvalidTag:
        return False
    finally:
        shutil.rmtree(target.parent)
    return True
