"""Command `verify`: is what was served what the log gives today?"""

from __future__ import annotations

import typer

from parcel_risk.console import out, working
from serving.settings import Settings


def verify() -> None:
    """Check the sealed log, replay it, and compare every feature row with what was served.

    Ends with status 1 where a row differs or a segment is damaged.
    """
    if not verify_store(Settings()):
        raise typer.Exit(1)


def verify_store(settings: Settings) -> bool:
    """Check the segments of the log, compare, say what was found, and whether all of it agrees."""
    from serving.installation import opened_store
    from serving.office.verifying import Verified
    from serving.office.verifying import verify as compared
    from serving.store import log as event_log

    found = Verified()
    with working("replaying the log") as progress, opened_store(settings) as store, store.begin_read() as connection:
        n_sealed = event_log.check_segments(connection)
        n = event_log.last_seq(connection)
        for found in compared(connection):
            progress.update(progress.task_ids[0], completed=found.last_seq, total=n)
    out.print(f"{n_sealed:,} segments of the log are whole and follow each other")
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
