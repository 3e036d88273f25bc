"""Commands `typology ...`: ways in which contraband is sent, from a file or a report to a rule of the office."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from parcel_risk.rule_office import acting_person, reading, show_flaws
from parcel_risk.rules import AsOpt, FromOpt, ToOpt
from serving.settings import Settings

if TYPE_CHECKING:
    from policy.typologies import Typology
    from serving.office.rule_testing import PastHits
    from serving.store import Connection

app = typer.Typer(no_args_is_help=True, help="Typologies: ways in which contraband is sent, to be adopted as rules.")
NameArg = Annotated[str, typer.Argument(help="Name of a typology, or a YAML file with one.", show_default=False)]
OwnerOpt = Annotated[str, typer.Option(help="Team that answers for it.", show_default=False)]
DaysOpt = Annotated[int, typer.Option(help="Days for which it may hit.", min=1, max=3_650)]
PAST = timedelta(days=90)


@app.command("list")
def list_typologies() -> None:
    """List the typologies that are shipped or were adopted, and what they yielded."""
    from rich.table import Table

    from serving.office.typologies import known_typologies

    with reading() as (connection, *_):
        known = known_typologies(connection)
    table = Table("typology", "what", "state", "asks for", "from", "measured")
    for name, one in known.items():
        what = one.typology
        found = ", ".join(f"{each.n_found:,} of {each.n_inspected:,} ({each.where})" for each in what.measured)
        table.add_row(name, what.title, one.state, what.refer, f"{what.threshold:g}", found or "not tested here")
    out.print(table)


@app.command()
def show(name: NameArg) -> None:
    """Show a typology as its file has it: conditions, sources, what to look for, where it was hidden."""
    from policy.typologies import written

    with reading() as (connection, *_):
        out.print(written(_typology(connection, name)), markup=False, soft_wrap=True, highlight=False)


@app.command()
def check(name: NameArg) -> None:
    """Read the conditions of a typology, and run it on its example parcels."""
    from serving.office.typologies import checked_typology

    with reading() as (connection, names, at):
        one = checked_typology(_typology(connection, name), at, names)
    out.print(f"{one.rule.name} can be used; its condition is {one.identity}", markup=False)


@app.command("test")
def past_matches(name: NameArg, since: FromOpt = None, until: ToOpt = None) -> None:
    """Show what a typology would have matched in the stored log, at what was known then."""
    from serving.office.typologies import tested

    with working("replaying the log"), reading() as (connection, names, at):
        begin, end = _period(since, until, at)
        found = tested(connection, _typology(connection, name), begin, end, names)
    _report(found, begin, end)


@app.command()
def adopt(
    name: NameArg,
    person: AsOpt,
    owner: OwnerOpt = "this office",
    days: DaysOpt = 365,
    since: FromOpt = None,
    until: ToOpt = None,
) -> None:
    """Test a typology on the stored log, and keep it as the draft of a rule; a second person approves it."""
    with reading() as (connection, *_):
        one = _typology(connection, name)
    _adopt(one, person, owner, days, since, until)


@app.command("import")
def import_typology(
    file: Annotated[Path, typer.Argument(help="Signed file of another office.", show_default=False)],
    person: AsOpt,
    owner: OwnerOpt = "this office",
    days: DaysOpt = 365,
) -> None:
    """Check the signature of another office's typology, test it on the stored log, and keep it as a draft."""
    from policy.typologies import opened

    one, signature = opened(_text(file), trusted=Settings().trusted())
    out.print(f"signed by {signature.name}, {signature.signed_at}", markup=False)
    _adopt(one, person, owner, days, None, None)


@app.command()
def export(
    name: NameArg,
    file: Annotated[Path, typer.Argument(help="File to write.", show_default=False)],
    person: AsOpt,
    key: Annotated[Path | None, typer.Option(help="Your private key; default: the local approver's.")] = None,
) -> None:
    """Write a typology with what it yielded here, signed in your name, for another office."""
    from policy.typologies import signed
    from serving.keys import APPROVER
    from serving.office.rules import WRITERS
    from serving.store.database import note
    from serving.store.times import microseconds

    if file.exists():
        raise ParcelRiskError(f"{file} exists. Give another name.")

    def write(connection: Connection, client: object, at: datetime, _: object) -> str:
        one = _typology(connection, name)
        note(connection, at_us=microseconds(at), client_id=person, action="typology exported", seqs=[], detail=one.name)
        return signed(one, name=person, key=key or Settings().keys / APPROVER, signed_at=at.isoformat())

    text = acting_person(person, WRITERS, write)
    file.write_text(text, "utf-8")
    out.print(f"{file} is signed by {person}", markup=False)


@app.command()
def retire(name: NameArg, person: AsOpt) -> None:
    """Retire the rule that a typology was adopted as; it stays on record."""
    from policy.typologies.typology import PREFIX
    from serving.office.rules import WRITERS
    from serving.office.rules import retire as retired

    rule = f"{PREFIX}{name}"
    gone = acting_person(person, WRITERS, lambda store, who, at, _: retired(store, rule, who, at))
    out.print(f"retired: {', '.join(one.title for one in gone)}", markup=False)


def _adopt(one: Typology, person: str, owner: str, days: int, since: datetime | None, until: datetime | None) -> None:
    from serving.office.rules import WRITERS
    from serving.office.typologies import adopt, tested, yielded

    with working("replaying the log"), reading() as (connection, names, at):
        begin, end = _period(since, until, at)
        seen = tested(connection, one, begin, end, names)
    _report(seen, begin, end)
    found, last = yielded(seen, begin, end), at.date() + timedelta(days=days)
    stored, flaws = acting_person(
        person,
        WRITERS,
        lambda store, who, at, names: adopt(store, one, who, at, names, owner=owner, expires_on=last, found=found),
    )
    out.print(f"{stored.title} is a draft; a second person runs `parcel-risk rule approve {stored.rule.name}`")
    show_flaws(flaws)


def _typology(connection: Connection, name: str) -> Typology:
    from policy.typologies import typology_of
    from serving.office.typologies import typology_named

    if name.endswith((".yaml", ".yml")):
        return typology_of(_text(Path(name)))
    return typology_named(connection, name).typology


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ParcelRiskError(f"{file.name}: byte {error.start + 1} is no UTF-8. Save the file as UTF-8.") from None


def _period(since: datetime | None, until: datetime | None, at: datetime) -> tuple[datetime, datetime]:
    end = until.replace(tzinfo=UTC) if until else at
    return (since.replace(tzinfo=UTC) if since else end - PAST), end


def _report(found: PastHits, begin: datetime, end: datetime) -> None:
    tally = found.tally
    out.print(f"{tally.n:,} parcels from {begin:%Y-%m-%d} to {end:%Y-%m-%d}")
    out.print(f"{tally.n_hits:,} match ({tally.hit_share:.3%}), of which {found.n_inspected:,} were examined")
    out.print(f"something was found in {found.n_found:,} of those examined")
    if found.n_erased:
        out.print(f"the descriptions of {found.n_erased:,} parcels have been erased: no typology can read them")
    show_flaws(tally.flaws())
