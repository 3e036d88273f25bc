"""Commands `case ...`: the switch to an investigation, complaints and their answers, waivers of advance data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from parcel_risk.retain import AsOpt
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.office import Office
    from serving.store import Client, Connection, Role

Done = TypeVar("Done")
Act = Callable[["Office", "Connection", "Client"], Done]
app = typer.Typer(
    no_args_is_help=True, help="Investigations, complaints, waivers; all but `waivers` need the service stopped."
)
ParcelArg = Annotated[str, typer.Argument(help="Number of the parcel.", show_default=False)]
FileOpt = Annotated[str, typer.Option("--file", help="Number of the office's own file.", show_default=False)]
RowArg = Annotated[int, typer.Argument(help="Its number in the register.", show_default=False)]


@app.command("investigate")
def investigate(
    number: ParcelArg,
    person: AsOpt,
    file: FileOpt,
    legal_basis: Annotated[str, typer.Option("--legal-basis", help="Law that applies from now on.")],
    may_train: Annotated[bool, typer.Option("--may-train", help="Models may learn from its result.")] = False,
    operator: Annotated[str | None, typer.Option(help="Operator, where several use the number.")] = None,
) -> None:
    """Switch a parcel from control to investigation: it is held, officers do not see its persons, no model learns."""
    from serving.office.casework import SWITCHING, begin

    def act(office: Office, connection: Connection, client: Client) -> int:
        given = {"case": file, "legal_basis": legal_basis, "operator": operator}
        return begin(office, connection, number, may_train=may_train, client=client, **given)  # type: ignore[arg-type]

    out.print(f"investigation {acting_in(Settings(), person, SWITCHING, act)}")


@app.command("end")
def end(number: RowArg, person: AsOpt) -> None:
    """End an investigation, and its hold."""
    from serving.office.casework import SWITCHING
    from serving.office.casework import end as end_investigation

    def act(office: Office, connection: Connection, client: Client) -> None:
        end_investigation(office, connection, number, client)

    acting_in(Settings(), person, SWITCHING, act)
    out.print(f"investigation {number} ended")


@app.command("complaint")
def complaint(
    subject: Annotated[str, typer.Argument(help="delay, damage, opened, seizure, personal_data, treatment, other.")],
    person: AsOpt,
    file: FileOpt,
    parcel: Annotated[str | None, typer.Option(help="Number of the parcel that it is about.")] = None,
) -> None:
    """Register a complaint; the letter stays in the office's own file."""
    from serving.office.casework import SUBJECTS, complain
    from serving.store.clients import INSPECTING

    _known(subject, SUBJECTS)

    def act(office: Office, connection: Connection, client: Client) -> int:
        return complain(office, connection, subject=subject, reference=file, number=parcel, client=client)

    out.print(f"complaint {acting_in(Settings(), person, INSPECTING, act)}")


@app.command("answer")
def answer(
    number: RowArg,
    given: Annotated[str, typer.Argument(help="upheld, partly_upheld, rejected or no_action.")],
    person: AsOpt,
    file: FileOpt,
) -> None:
    """Note the answer that was given to a complaint."""
    from serving.office.casework import ANSWERS, SWITCHING
    from serving.office.casework import answer as note_answer

    _known(given, ANSWERS)

    def act(office: Office, connection: Connection, client: Client) -> None:
        note_answer(office, connection, number, answer=given, reference=file, client=client)

    acting_in(Settings(), person, SWITCHING, act)
    out.print(f"complaint {number}: {given}")


@app.command("waive")
def waive(
    operator: Annotated[str, typer.Argument(help="For whom advance data are waived.", show_default=False)],
    person: AsOpt,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    instead: Annotated[str, typer.Option(help="What is done instead.", show_default=False)],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    origin: Annotated[str | None, typer.Option(help="Country of dispatch; left out: all.")] = None,
) -> None:
    """Register a waiver of advance data."""
    from serving.office.casework import SWITCHING
    from serving.office.casework import waive as register

    def act(office: Office, connection: Connection, client: Client) -> int:
        return register(
            office,
            connection,
            operator=operator,
            origin_country=origin,
            reason=reason,
            instead=instead,
            first_on=first.date(),
            last_on=last.date(),
            client=client,
        )

    out.print(f"waiver {acting_in(Settings(), person, SWITCHING, act)}")


@app.command("waivers")
def show_waivers() -> None:
    """Show every waiver of advance data, why it was given, and what is done instead."""
    from serving.installation import opened_store
    from serving.store.casework import rows, waivers

    with opened_store(Settings()) as store, store.begin_read() as connection:
        found = rows(connection, waivers)
    for one in found:
        whose = f"{one['operator']} from {one['origin_country'] or 'everywhere'}"
        days = f"{one['first_on']} to {one['last_on']}, by {one['made_by']}"
        said = f"waiver {one['id']}: {whose}, {days}: {one['reason']}; instead: {one['instead']}"
        out.print(said, markup=False, soft_wrap=True)
    if not found:
        out.print("nothing was waived")


def _known(word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise ParcelRiskError(f"{word[:40]} is not known. Give one of {', '.join(words)}.")


def acting_in(settings: Settings, person: str, roles: tuple[Role, ...], act: Act[Done]) -> Done:
    """Do something in the name of a person who may, in one transaction of the writer."""
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.store.times import microseconds

    here = Installation.open(settings)
    office = here.office()
    try:
        with office.writer.transaction() as transaction:
            connection = transaction.connection
            client = acting(connection, person, *roles, at_us=microseconds(here.clock()))
            return act(office, connection, client)
    finally:
        office.close()
