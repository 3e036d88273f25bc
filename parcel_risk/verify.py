"""Command `verify`: is what was served what the log gives today, and were the draws of a day made by its seed?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from parcel_risk.draws import verify_day
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.verifying import Verified


DRAWS = Path("draws")
"""The word; a kept result of this name is given by its whole path."""


def verify(
    kept: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|draws]",
            help="Check the signature of a kept result instead, and show it; or, with the word draws, compute the "
            "draws of a day again.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", help="Public key of the installation that signed it, in hex; this one when left out."),
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option("--day", formats=["%Y-%m-%d"], help="With draws: day of the first lodging of the parcels, UTC."),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option("--seed", help="With draws: the revealed seed, in hex; of this installation when left out."),
    ] = None,
) -> None:
    """Check the sealed log, replay it, compare every feature row with what was served; keep the result, signed.

    Ends with status 1 where a row or a draw differs or a segment is damaged.
    """
    settings = Settings()
    if kept == DRAWS:
        if day is None:
            raise ParcelRiskError("the day is missing. Give it as in `parcel-risk verify draws --day 2026-11-02`.")
        if not verify_day(settings, day.date(), seed):
            raise typer.Exit(1)
    elif not (verify_store(settings) if kept is None else show(settings, kept, key)):
        raise typer.Exit(1)


def verify_store(settings: Settings) -> bool:
    """Check the segments of the log, compare, say what was found and keep it, and whether all of it agrees."""
    from serving.installation import opened_store
    from serving.keys import make_secrets
    from serving.office.verifying import Verified
    from serving.office.verifying import verify as compared
    from serving.store import log as event_log
    from serving.verification import keep, public_key

    found = Verified()
    with working("replaying the log") as progress, opened_store(settings) as store, store.begin_read() as connection:
        segments = event_log.check_segments(connection)
        n = event_log.last_seq(connection)
        for found in compared(connection):
            progress.update(progress.task_ids[0], completed=found.last_seq, total=n)
    say(found, len(segments))
    make_secrets(settings)  # an installation of before has no key for this
    path = keep(settings, found, segments, datetime.now(UTC))
    out.print(f"kept in {path}, signed with the key {public_key(settings)}", soft_wrap=True, highlight=False)
    return found.is_sound


def show(settings: Settings, path: Path, key: str | None) -> bool:
    """Say what a kept result found, if its signature is genuine, and whether all of it agreed."""
    from serving.verification import public_key, read

    result, signature = read(path, key or public_key(settings))
    out.print(f"signed at {signature.signed_at} with the key {signature.public_key}", soft_wrap=True, highlight=False)
    out.print(
        f"by program {result.program}, derivation {result.derivation}, catalogue {result.catalogue}; newest segment "
        f"{result.newest_segment or 'none'}",
        soft_wrap=True,
        highlight=False,
    )
    say(result.found, result.n_segments)
    return result.found.is_sound


def say(found: Verified, n_sealed: int) -> None:
    """Say what a comparison found."""
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
