"""Commands `exchange ...`: packages between authorities, and answers to questions without names, by named persons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from parcel_risk.retain import AsOpt
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.exchanging import ContactPoint
    from serving.office.office import Office
    from serving.store import Client, Connection, Role

Done = TypeVar("Done")
Act = Callable[["Office", "Connection", "ContactPoint", "Client"], Done]
app = typer.Typer(
    no_args_is_help=True, help="Packages between authorities; all but `list` and `log` need the service stopped."
)
NumberArg = Annotated[str, typer.Argument(help="Number of the package.", show_default=False)]
FileArg = Annotated[Path, typer.Argument(help="Signed file of a partner.", show_default=False)]
OutOpt = Annotated[Path, typer.Option("--out", help="File that is written.", show_default=False)]


@app.command("list")
def list_packages() -> None:
    """Show the packages about which somebody has to act, with their clocks."""
    show_open(Settings())


def show_open(settings: Settings) -> None:
    """Print outbox and quarantine."""
    from rich.table import Table

    from serving.installation import Installation
    from serving.office.exchanging import is_overdue
    from serving.store import packages
    from serving.store.times import time_of

    here = Installation.open(settings)
    with here.store() as store, store.begin_read() as connection:
        found = [one for way in (packages.OUT, packages.IN) for one in packages.held(connection, way, is_open=True)]
    table = Table("package", "way", "partner", "state", "urgency", "answer due")
    for one in found:
        due = "" if one.due_at is None else f"{time_of(one.due_at):%Y-%m-%d %H:%M}"
        late = " overdue" if is_overdue(one, here.clock()) else ""
        table.add_row(one.number, one.direction, one.partner, one.state, one.urgency, due + late)
    out.print(table if found else "nothing is open")


@app.command("release")
def release(number: NumberArg, person: AsOpt, to: OutOpt) -> None:
    """Release a draft of somebody else, and write the signed file that leaves."""
    from serving.office.exchanging import RELEASING
    from serving.office.exchanging import release as release_package

    def act(office: Office, connection: Connection, point: ContactPoint, client: Client) -> str:
        return release_package(office, connection, point, number, client)

    to.write_text(_acting(person, RELEASING, act), "utf-8")
    out.print(f"{number} released: {to}", markup=False)


@app.command("receive")
def receive(file: FileArg, person: AsOpt, to: OutOpt) -> None:
    """Put a partner's package into quarantine, and write the signed receipt for it."""
    from serving.office.exchanging import DRAFTING
    from serving.office.receiving import receive as receive_package

    def act(office: Office, connection: Connection, point: ContactPoint, client: Client) -> tuple[str, str]:
        held, receipt = receive_package(office, connection, point, _text(file), client)
        return held.number, receipt

    number, receipt = _acting(person, DRAFTING, act)
    to.write_text(receipt, "utf-8")
    out.print(f"{number} is in quarantine; the receipt is {to}", markup=False)


@app.command("matches")
def show_matches(number: NumberArg, person: AsOpt) -> None:
    """Show what each item of a quarantined package would have matched in the history of this office."""
    from rich.table import Table

    from serving.office.exchanging import DRAFTING
    from serving.office.receiving import Matched, matches

    def act(office: Office, connection: Connection, _: ContactPoint, __: Client) -> list[Matched]:
        return matches(office, connection, number)

    table = Table("item", "compared", "match", "with a finding", "problem")
    for one in _acting(person, DRAFTING, act):
        n_found = "" if one.n_found is None else f"{one.n_found:,}"
        table.add_row(one.what, f"{one.n_of:,}", f"{one.n_matched:,}", n_found, one.problem)
    out.print(table)


@app.command("decide")
def decide(
    number: NumberArg,
    decision: Annotated[str, typer.Argument(help="adopt or refuse.", show_default=False)],
    person: AsOpt,
    to: OutOpt,
    reason: Annotated[str, typer.Option(help="Why it is refused; its sender reads it.")] = "",
    owner: Annotated[str, typer.Option(help="Team that answers for its list and rules.")] = "contact point",
) -> None:
    """Adopt a package, as drafts that a second person approves, or refuse it; write the signed receipt."""
    from serving.office.exchanging import RELEASING
    from serving.office.receiving import adopt, refuse

    if decision not in ("adopt", "refuse"):
        raise ParcelRiskError("decision: it is not known. Give adopt or refuse.")

    def act(office: Office, connection: Connection, point: ContactPoint, client: Client) -> str:
        if decision == "adopt":
            return adopt(office, connection, point, number, client, owner=owner)[1]
        return refuse(office, connection, point, number, client, reason)[1]

    to.write_text(_acting(person, RELEASING, act), "utf-8")
    out.print(f"{number}: {decision}; the receipt is {to}", markup=False)


@app.command("receipt")
def receipt(file: FileArg, person: AsOpt) -> None:
    """Enter a partner's receipt for a package that was released here."""
    from serving.office.exchanging import DRAFTING, answered

    def act(office: Office, connection: Connection, point: ContactPoint, client: Client) -> str:
        one = answered(office, connection, point, _text(file), client)
        return f"{one.number}: {one.state}"

    out.print(_acting(person, DRAFTING, act), markup=False)


@app.command("answer")
def answer(file: FileArg, person: AsOpt, to: OutOpt) -> None:
    """Answer a partner's question without names, of words or of a count, within its quotas; write the signed answer."""
    from policy.exchange.overlap import is_count
    from serving.office.comparing import answer as answer_words
    from serving.office.exchanging import RELEASING
    from serving.office.overlapping import answer_count

    question = _text(file)

    def act(office: Office, connection: Connection, point: ContactPoint, client: Client) -> str:
        return answer_words(office, connection, point, question, client)

    if is_count(question):
        with _working(person, RELEASING) as (office, point, client):
            text = answer_count(office, point, question, client)
    else:
        text = _acting(person, RELEASING, act)
    to.write_text(text, "utf-8")
    out.print(f"answered; nobody here learns what was asked. The answer is {to}", markup=False)


@app.command("log")
def show_log() -> None:
    """Show the questions without names, asked and answered: who asked how many words in which case."""
    from rich.table import Column, Table

    from serving.installation import opened_store
    from serving.store.comparisons import all_of
    from serving.store.times import time_of

    with opened_store(Settings()) as store, store.begin_read() as connection:
        found = all_of(connection)
    table = Table(Column("question", overflow="fold"), "way", "partner", "kind", "case", "words", "hits", "at", "by")
    for one in found:
        n_hits = "" if one["n_hits"] is None else f"{one['n_hits']:,}"
        named = (one["number"], one["direction"], one["partner"], one["kind"], one["case_reference"])
        table.add_row(
            *named, f"{one['n_words']:,}", n_hits, f"{time_of(one['made_at']):%Y-%m-%d %H:%M}", one["client_id"]
        )
    out.print(table if found else "nothing was asked")


@contextmanager
def _working(person: str, roles: Iterable[Role]) -> Iterator[tuple[Office, ContactPoint, Client]]:
    """The office of a stopped service, for a person who may do this."""
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.store.times import microseconds
    from serving.verification import contact_point_of

    here = Installation.open(Settings())
    office = here.office()
    try:
        with office.store.begin_read() as connection:
            client = acting(connection, person, *roles, at_us=microseconds(here.clock()))
        yield office, contact_point_of(here.settings), client
    finally:
        office.close()


def _acting(person: str, roles: Iterable[Role], act: Act[Done]) -> Done:
    """Do something in the name of a person who may, in one transaction of the writer."""
    with _working(person, roles) as (office, point, client), office.writer.transaction() as transaction:
        return act(office, transaction.connection, point, client)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ParcelRiskError(f"{file.name} is no text. Ask the partner for the file again.") from error
