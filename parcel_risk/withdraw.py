"""Command `withdraw`: retract as a set what a person recorded, and name what was learned from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.withdrawing import Withdrawn


def withdraw(
    name: Annotated[str, typer.Argument(help="Client whose outcomes and stages are withdrawn.", show_default=False)],
    person: Annotated[str, typer.Option("--as", help="Supervisor who does it.", show_default=False)],
    since: Annotated[datetime, typer.Option(help="From this day on, in UTC.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why, for the audit.", show_default=False)] = "",
    run: Annotated[bool, typer.Option("--run", help="Do it; without it only shows what would be withdrawn.")] = False,
) -> None:
    """Retract what a person recorded since a day, as one set, and name what was learned from it."""
    if run and not reason.strip():
        raise ParcelRiskError("a reason is missing. Give it with --reason.")
    withdraw_all(Settings(), name, person, since.replace(tzinfo=UTC), reason, is_run=run)


def withdraw_all(
    settings: Settings, name: str, person: str, since: datetime, reason: str, *, is_run: bool
) -> Withdrawn:
    """Show what would be withdrawn, or do it; the service is stopped meanwhile."""
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.office.withdrawing import recorded_by
    from serving.office.withdrawing import withdraw as withdraw_set
    from serving.store import Role
    from serving.store.times import microseconds

    installation = Installation.open(settings)
    at, models = installation.clock(), installation.models
    office = installation.office()
    try:
        with office.writer.transaction() as transaction:
            client = acting(transaction.connection, person, Role.SUPERVISOR, at_us=microseconds(at))
            if is_run:
                found = withdraw_set(transaction, models, name, since, client=client, reason=reason)
            else:
                found = recorded_by(transaction.connection, models, name, since)
    finally:
        office.close()
    verb = "withdrawn" if is_run else "would be withdrawn"
    out.print(f"{len(found.stages):,} stages of {len(found.parcels):,} parcels {verb}")
    for line in found.learned:
        out.print(f"learned from meanwhile, decide about it: {line}", markup=False, soft_wrap=True)
    return found
