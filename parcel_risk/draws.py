"""Commands about draws: the days whose seeds are committed, the seed of a day that is over, and the check of a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from parcel_risk.planner import plan_draws
from serving.settings import Settings

if TYPE_CHECKING:
    from datetime import date

    from serving.office.verifying_draws import DrawsVerified

app = typer.Typer(
    no_args_is_help=True, help="The seeds of the days by which parcels are drawn, and how many draws are needed."
)
DayOpt = Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="Day of the first lodging, UTC.")]
app.command("plan")(plan_draws)


@app.command()
def days() -> None:
    """List the days whose seeds are committed, with their digests."""
    show_days(Settings())


@app.command()
def reveal(
    day: DayOpt,
    who: Annotated[str, typer.Option("--as", help="Person who is answerable: an auditor or administrator with a key.")],
) -> None:
    """Show the seed of a day that is over, so that anybody can check its draws. The audit notes it.

    Who knows it can tell which parcels of that day were drawn, those on their way as well.
    """
    reveal_one(Settings(), day.date(), who)


def show_days(settings: Settings) -> None:
    """Print the committed days."""
    from rich.table import Table

    from serving.installation import opened_store
    from serving.store.policy_history import committed_days
    from serving.store.times import time_of

    with opened_store(settings) as store, store.begin_read() as connection:
        found = committed_days(connection)
    table = Table("day", "SHA-256 of the seed", "committed at", "revealed at")
    for one in found.values():
        revealed = "" if one.revealed_at is None else f"{time_of(one.revealed_at):%Y-%m-%d %H:%M}"
        table.add_row(one.day.isoformat(), one.commitment, f"{time_of(one.committed_at):%Y-%m-%d %H:%M}", revealed)
    out.print(table)


def reveal_one(settings: Settings, day: date, who: str) -> None:
    """Print the seed of a day."""
    from serving.installation import opened_store
    from serving.office.persons import acting
    from serving.office.seeds import revealed_seed
    from serving.store import Role
    from serving.store.times import microseconds

    secret, at = settings.secret("draw"), datetime.now(UTC)
    with opened_store(settings) as store, store.begin() as connection:
        person = acting(connection, who, Role.AUDITOR, Role.ADMINISTRATOR, at_us=microseconds(at))
        seed = revealed_seed(connection, secret, day, at, client_id=person.client_id)
    out.print(seed.hex(), soft_wrap=True, highlight=False)


def verify_day(settings: Settings, day: date, seed: str | None) -> bool:
    """Compute the draws of a day again, say what was found, and whether all of it agrees."""
    from features.model_store import ModelStore
    from policy.seeds import seed_of
    from serving.installation import opened_store
    from serving.office.verifying_draws import verify_draws

    given = seed_of(settings.secret("draw"), day) if seed is None else _bytes_of(seed)
    with opened_store(settings) as store, store.begin_read() as connection:
        found = verify_draws(connection, given, day, ModelStore(settings.models_dir).population)
    _say(found)
    return found.is_sound


def _bytes_of(seed: str) -> bytes:
    try:
        return bytes.fromhex(seed)
    except ValueError:
        raise ParcelRiskError("the seed is no hexadecimal number. Give it as `parcel-risk draws reveal` did.") from None


def _say(found: DrawsVerified) -> None:
    if not found.is_committed:
        _print(f"the seed is not the one that was committed for {found.day}: the draws may have been steered")
    if not found.is_in_time:
        _print("the seed was committed after the first parcel of the day was lodged: it may have been chosen")
    _print(f"{found.n_checked:,} decisions computed again, {found.n_drawn:,} of them draws")
    for n, what in (
        (found.n_unknown, "of another procedure, or of a bundle that is gone: only drawn again"),
        (found.n_erased, "on parcels whose number was erased: not drawn again"),
        (found.n_before, "on parcels lodged before seeds were committed: not drawn again"),
    ):
        if n:
            _print(f"{n:,} {what}")
    if found.first is not None:
        one = found.first
        _print(
            f"{found.n_different:,} decisions differ, the first at event {one.seq}: {one.what} stored as {one.stored}, "
            f"recomputed {one.recomputed}"
        )


def _print(line: str) -> None:
    out.print(line, soft_wrap=True, highlight=False)
