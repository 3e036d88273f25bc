"""Command `backup`: a copy of the store while the service runs; the keys of the vault go elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import StoreError
from parcel_risk.console import out, working
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.store.backup import Places


def backup(
    folder: Annotated[Path, typer.Argument(help="New folder of the backup.", show_default=False)],
    vault: Annotated[
        Path | None,
        typer.Option("--vault", help="Write the vault's keys to this file, apart from the backup: see below."),
    ] = None,
) -> None:
    """Copy database, segments and checkpoints of the audit; the service may run.

    The backup holds personal data that nobody can read without the vault's keys. They are written only to the file that
    you name; keep that apart, and no longer than erased data may live: who has both can read what was erased since.
    """
    back_up_store(Settings(), folder, vault)


def back_up_store(settings: Settings, folder: Path, vault: Path | None) -> None:
    """Make the backup; say what it holds."""
    from serving.office.writer import now
    from serving.store.backup import back_up, copied

    if vault is not None and folder.resolve() in vault.resolve().parents:
        raise StoreError("the vault's keys must not be kept in the backup itself. Name a file elsewhere.")
    with working("copying the store"):
        made = back_up(places_of(settings), folder, made_at=now().isoformat(timespec="seconds"))
        if vault is not None:
            copied(settings.home / "vault" / "keys.db", vault)
    out.print(f"{made.last_seq:,} events and {made.n_audit:,} entries of the audit are in {folder}", soft_wrap=True)
    if vault is not None:
        out.print(f"the vault's keys are in {vault}; keep them apart", soft_wrap=True)


def places_of(settings: Settings) -> Places:
    """Where the parts of the store are.

    Raises
    ------
    StoreError
        When it is no file.
    """
    from serving.store.backup import Places
    from serving.store.engines import parsed

    url = parsed(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise StoreError("PostgreSQL has its own backups: use pg_dump or its archive, and copy the segments after it.")
    return Places(database=Path(url.database), segments=settings.segments, checkpoints=settings.checkpoints)
