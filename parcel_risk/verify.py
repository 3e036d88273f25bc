"""Command `verify`: is what was served what the log gives today?"""

from __future__ import annotations

import typer

from parcel_risk.console import out, working
from serving.settings import Settings


def verify() -> None:
    """Replay the log and compare every feature row with what was served; ends with status 1 where one differs."""
    if not verify_store(Settings()):
        raise typer.Exit(1)


def verify_store(settings: Settings) -> bool:
    """Compare, say what was found, and whether all of it agrees."""
    from serving.office.verifying import Verified
    from serving.office.verifying import verify as compared
    from serving.store import Store
    from serving.store import log as event_log

    found = Verified()
    with working("replaying the log") as progress, Store(settings.database) as store, store.begin_read() as connection:
        n = event_log.last_seq(connection)
        for found in compared(connection):
            progress.update(progress.task_ids[0], completed=found.last_seq, total=n)
    out.print(f"{found.n_compared:,} feature rows compared with the replay of {found.last_seq:,} events")
    if found.n_other_version:
        out.print(f"{found.n_other_version:,} rows of another catalogue or derivation were not compared")
    if found.n_unmatched:
        out.print(f"{found.n_unmatched:,} scores have no parcel event: the log is damaged. Restore a backup.")
    if found.n_different:
        out.print(
            f"{found.n_different:,} rows differ from what was served, the first at event {found.first_different}: the "
            "log was changed, or the program computes otherwise under the same fingerprint.",
            soft_wrap=True,
        )
    return found.is_sound
