"""Commands `seizure ...`: what a finding was, entered once, and its export to whoever collects records."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.parcel.problems import ParcelRiskError, Rejection
from parcel_risk.console import out
from parcel_risk.retain import AsOpt
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.seizures import Seizure

app = typer.Typer(no_args_is_help=True, help="Seizure forms: what a finding was, entered once, exported to many.")
_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.command("enter")
def enter(
    file: Annotated[Path, typer.Argument(help="TOML file with the fields of docs/seizures.md.", show_default=False)],
    person: AsOpt,
) -> None:
    """Enter a form about a parcel in which something was found; stop the service first."""
    done = entered(Settings(), file, person)
    out.print(f"{done.number} entered", markup=False)


def entered(settings: Settings, file: Path, person: str) -> Seizure:
    """Keep the form of a file."""
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.office.seizures import enter as enter_form
    from serving.store.clients import INSPECTING
    from serving.store.times import microseconds

    given = _read(file)
    corrects = given.pop("corrects")
    installation = Installation.open(settings)
    office = installation.office()
    try:
        with office.writer.transaction() as transaction:
            client = acting(transaction.connection, person, *INSPECTING, at_us=microseconds(installation.clock()))
            done = enter_form(office, transaction, given, client, corrects=corrects)
    finally:
        office.close()
    if isinstance(done, Rejection):
        raise ParcelRiskError(f"{done.field}: {done.reason} {done.remedy}")
    return done


def _read(file: Path) -> dict[str, Any]:
    from pydantic import ValidationError

    from serving.api.schemas import SeizureForm, rejections_of

    try:
        return dict(SeizureForm.model_validate(tomllib.loads(file.read_text("utf-8"))).model_dump())
    except ValidationError as error:
        first = rejections_of(1, error)[0]
        raise ParcelRiskError(f"{file.name}, {first.field}: {first.reason} {first.remedy}") from error
    except ValueError as error:
        raise ParcelRiskError(f'{file.name} is no TOML. Write it as in substance = "3-MMC".') from error


@app.command("list")
def list_forms(number: Annotated[str, typer.Argument(help="Number of the parcel.", show_default=False)]) -> None:
    """Show the forms in force of a parcel."""
    from rich.table import Table

    from serving.installation import opened_store
    from serving.office.seizures import of_parcel

    with opened_store(Settings()) as store, store.begin_read() as connection:
        found = of_parcel(connection, number)
    names = ("finding_class", "substance", "quantity", "unit", "form", "hiding_place", "status")
    table = Table("form", "entered", "by", *names)
    for one in found:
        values = (one.form[name] for name in names)
        table.add_row(one.number, f"{one.made_at:%Y-%m-%d}", one.by, *(str(value) for value in values))
    out.print(table)


@app.command("export")
def export(
    recipient: Annotated[str, typer.Argument(help="ionics, cen, ids, ews or statistics.", show_default=False)],
    since: Annotated[datetime, typer.Option(formats=_DATES, help="Beginning of the period, UTC.")],
    until: Annotated[datetime, typer.Option(formats=_DATES, help="Its end, UTC.")],
    to: Annotated[Path, typer.Option("--out", help="CSV file that is written.", show_default=False)],
) -> None:
    """Write the forms of a period in the columns of a recipient; none of them names a person or a parcel."""
    n = exported(Settings(), recipient, since.replace(tzinfo=UTC), until.replace(tzinfo=UTC), to)
    out.print(f"{n:,} records in {to}", markup=False)


def exported(settings: Settings, recipient: str, since: datetime, until: datetime, to: Path) -> int:
    """Write the file, note it in the audit, and return the number of records."""
    from parcel_risk.local_client import note_change
    from serving.installation import opened_store
    from serving.messages.seizure_records import csv_of, recipients
    from serving.office.seizures import of_period
    from serving.office.writer import now
    from serving.store.times import microseconds

    known = recipients()
    if recipient not in known:
        raise ParcelRiskError(f"{recipient[:40]} is no recipient. Give one of {', '.join(known)}.")
    with opened_store(settings) as store, store.begin() as connection:
        found = of_period(connection, since, until)
        note_change(connection, microseconds(now()), "seizures exported", f"{recipient}, {len(found)} forms")
    to.write_bytes(csv_of(found, known[recipient]))
    if not known[recipient].is_verified:
        out.print(f"columns not verified: {known[recipient].source}", markup=False, soft_wrap=True)
    return len(found)
