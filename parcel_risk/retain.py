"""Command `retain`: what is due by the rules of retention is masked, erased or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.retaining import Keeping
    from serving.store import Role
    from serving.store.retention import Run

AsOpt = Annotated[str, typer.Option("--as", help="Who does it: a person with a valid key.", show_default=False)]


def retain(
    person: AsOpt,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due; change nothing.")] = False,
    run: Annotated[bool, typer.Option("--run", help="Do what is due, or resume what was interrupted.")] = False,
) -> None:
    """Mask, erase and delete what is due by the rules of retention (docs/retention.md); holds and findings keep it."""
    if dry_run == run:
        raise ParcelRiskError("give either --dry-run or --run.")
    retain_all(Settings(), person, is_dry=dry_run)


def retain_all(settings: Settings, person: str, *, is_dry: bool) -> Run:
    """Say what is due, or do it; return the run."""
    from serving.office.retaining import due
    from serving.office.retaining import retain as retain_due
    from serving.store import Role

    with keeping(settings, person, Role.SUPERVISOR, Role.ADMINISTRATOR) as found:
        if is_dry:
            done = due(found)
        else:
            with working("masking and erasing what is due"):
                *_, done = retain_due(found)
    verb = "would be" if is_dry else "were"
    out.print(f"rules of {found.rules.first_on} ({found.rules.digest}); {done.n_held:,} parcels that are due are held")
    out.print(f"{done.n_masked:,} parcels {verb} masked, {done.n_erased:,} {verb} erased, {done.n_rows:,} rows deleted")
    return done


@contextmanager
def keeping(settings: Settings, person: str, *roles: Role) -> Iterator[Keeping]:
    """Store, vault and rules for a person who may do this, next to a running service."""
    from policy.retention import load_retention
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.office.retaining import Keeping
    from serving.store.erasure import reconcile
    from serving.store.times import microseconds

    installation = Installation.open(settings)
    with installation.store() as store, installation.secrets.vault as vault:
        with store.begin() as connection:
            client = acting(connection, person, *roles, at_us=microseconds(installation.clock()))
            reconcile(connection, vault)
        rules = load_retention(settings.reference_dir)
        yield Keeping(store=store, vault=vault, rules=rules, client=client, clock=installation.clock)
