"""Command `restore`: put a backup into an empty installation, and verify what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parcel_risk.audit import verify_store
from parcel_risk.backup import places_of
from parcel_risk.console import out, working
from serving.settings import Settings


def restore(
    folder: Annotated[Path, typer.Argument(help="Folder of the backup.", show_default=False)],
    vault: Annotated[Path | None, typer.Option("--vault", help="File of the vault's keys, kept apart.")] = None,
) -> None:
    """Put a backup where there is no store; check its segments, and its audit against the checkpoints.

    The secret keys are to be in place already. Ends with status 1 where the audit is not as it was signed.
    """
    if not restore_store(Settings(), folder, vault):
        raise typer.Exit(1)


def restore_store(settings: Settings, folder: Path, vault: Path | None) -> bool:
    """Restore and verify; say what was found, and whether all of it is as it was."""
    from serving.installation import opened_store
    from serving.store import log as event_log
    from serving.store.backup import copied
    from serving.store.backup import restore as put_back

    with working("copying the backup"):
        made = put_back(folder, places_of(settings))
        if vault is not None:
            copied(vault, settings.home / "vault" / "keys.db")
    out.print(f"{made.last_seq:,} events of {made.made_at} are restored", soft_wrap=True)
    with working("reading the segments"), opened_store(settings) as store, store.begin_read() as connection:
        n_segments = len(event_log.check_segments(connection))
    out.print(f"{n_segments:,} segments are as they were sealed")
    if vault is None:
        out.print("no keys of the vault were restored: personal data stay unreadable")
    return verify_store(settings, [])
