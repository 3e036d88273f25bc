"""Command `doctor`: look at an installation as a whole, and say what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import typer

from features.parcel.problems import ParcelRiskError, StoreError
from parcel_risk.console import out
from parcel_risk.stored_models import serving_model
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.store import Connection

Check = tuple[str, Callable[[], str]]
_TRIED = 100
"""Parcels whose sealed fields are opened."""


def doctor() -> None:
    """Check keys, store, segments, audit, vault, model, tables of the office and disk; ends with 1 where one is wrong.

    It changes nothing, and may be run next to the service.
    """
    if not examined(Settings()):
        raise typer.Exit(1)


def examined(settings: Settings) -> bool:
    """Run every check; say what each found, and whether all is well."""
    is_well = True
    for name, check in checks(settings):
        try:
            out.print(f"ok     {name}: {check()}", soft_wrap=True, markup=False)
        except (ParcelRiskError, OSError) as error:
            is_well = False
            out.print(f"WRONG  {name}: {error}", soft_wrap=True, markup=False)
    return is_well


def checks(settings: Settings) -> Iterator[Check]:
    """Name and check of each part; a check says what it found, or raises what is wrong."""
    yield "keys", lambda: _keys(settings)
    yield "tables of the office", lambda: _tables(settings)
    yield "store", lambda: _store(settings, _last_event)
    yield "segments", lambda: _store(settings, _segments)
    yield "audit", lambda: _audit(settings)
    yield "vault", lambda: _vault(settings)
    yield "model", lambda: _model(settings)
    yield "disk", lambda: _disk(settings)


def _keys(settings: Settings) -> str:
    from serving.keys import SECRETS

    for name in SECRETS:
        settings.secret(name)
        mode = (settings.keys / f"{name}.key").stat().st_mode
        if mode & 0o077:
            raise StoreError(f"others may read {settings.keys / name}.key. Run `chmod 600` on it.")
    return f"{len(SECRETS)} secrets, readable by this account only"


def _tables(settings: Settings) -> str:
    from policy.limits import load_limits
    from serving.installation import Installation

    Installation.open(settings)
    load_limits(settings.reference_dir)
    return "codes, rates, gate, amendments and limits can be used"


def _store(settings: Settings, look: Callable[[Connection], str]) -> str:
    from serving.installation import opened_store

    with opened_store(settings) as store, store.begin_read() as connection:
        return look(connection)


def _last_event(connection: Connection) -> str:
    from serving.store import log as event_log

    return f"{event_log.last_seq(connection):,} events"


def _segments(connection: Connection) -> str:
    from serving.store import log as event_log

    return f"{len(event_log.check_segments(connection)):,} as they were sealed"


def _vault(settings: Settings) -> str:
    """Open what is sealed of the newest parcels: a key store of another day, or another key, opens nothing."""
    from serving.installation import Installation, opened_store
    from serving.store.scores import newest_personal, personal_held

    vault = Installation.open(settings).secrets.vault
    with vault, opened_store(settings) as store, store.begin_read() as connection:
        seqs = newest_personal(connection, _TRIED)
        n_held = sum(personal_held(connection, vault, seq, masked_too=True) is not None for seq in seqs)
    return f"{n_held:,} of the newest {len(seqs):,} parcels can be opened, the others were erased"


def _audit(settings: Settings) -> str:
    from parcel_risk.audit import verify_store

    if not verify_store(settings, []):
        raise StoreError("it is not as it was signed; the lines above name the first bad entry.")
    return "as it was signed"


def _model(settings: Settings) -> str:
    champion = serving_model(settings)
    if champion.problem is not None or champion.bundle is None:
        raise StoreError(champion.problem or "there is none.")
    return champion.bundle.bundle_id


def _disk(settings: Settings) -> str:
    import shutil

    from serving.office.readiness import LEAST_FREE

    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE:
        raise StoreError(f"{free / 1e6:,.0f} MB are free in {settings.home}. Make room.")
    return f"{free / 1e9:,.1f} GB free"
