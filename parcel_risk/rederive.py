"""Command `rederive`: keys and facts of parcels of an earlier version, made anew from the vault."""

from __future__ import annotations

from parcel_risk.console import out, working
from serving.settings import Settings


def rederive() -> None:
    """Make keys and facts of parcels of an earlier version anew; resumes where it stopped. Stop the service first."""
    rederive_store(Settings())


def rederive_store(settings: Settings) -> None:
    """Walk through the log, say what was made anew and what stays as it is."""
    from features.identity import DERIVATION
    from parcel_risk.local_client import LOCAL
    from serving.installation import Installation
    from serving.office.rederiving import rederive as brought_up
    from serving.store import log as event_log
    from serving.store.derivations import Progress

    installation, done = Installation.open(settings), Progress(derivation=DERIVATION)
    with working("making keys and facts anew") as progress, installation.store() as store, installation.secrets.vault:
        with store.begin_read() as connection:
            n = event_log.last_seq(connection)
        history = settings.home / "history"
        for done in brought_up(
            store, installation.secrets, installation.reference, LOCAL, installation.clock, history=history
        ):
            progress.update(progress.task_ids[0], completed=done.last_seq, total=n)
    out.print(f"{done.n_derived:,} parcel events brought to derivation {DERIVATION}; the log ends at {done.last_seq:,}")
    if done.n_kept:
        out.print(
            f"{done.n_kept:,} stay at an earlier one: the vault does not hold their text. Their senders may be known "
            "under other keys than today's.",
            soft_wrap=True,
        )
