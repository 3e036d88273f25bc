"""Commands `list ...`: lists of the office, from CSV or from findings, to approval, figures and their end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.parcel.problems import ListError, Rejection
from parcel_risk.console import err, out
from serving.settings import Settings

if TYPE_CHECKING:
    from policy.lists import Terms
    from serving.office.list_keeping import Made
    from serving.office.office import Secrets
    from serving.store import Client, Connection, Role
    from serving.store.lists import StoredList

app = typer.Typer(
    no_args_is_help=True, help="Lists of the office: mandatory, watch and trusted ones, and those that rules read."
)
NameArg = Annotated[str, typer.Argument(help="Name of the list.", show_default=False)]
CsvArg = Annotated[Path, typer.Argument(help="CSV of the entries.", show_default=False)]
AsOpt = Annotated[str, typer.Option("--as", help="Who does it: a person with a valid key.", show_default=False)]
FieldsOpt = Annotated[str, typer.Option("--fields", help="What entries name, as in sender,address.")]
KindOpt = Annotated[str, typer.Option(help="mandatory, watch, trusted or reference.")]
AsksOpt = Annotated[str | None, typer.Option(help="Referral of a hit. Default: open, or spot_check for a watch list.")]
OwnerOpt = Annotated[str, typer.Option(help="Office that answers for it.", show_default=False)]
BasisOpt = Annotated[str, typer.Option("--legal-basis", help="Law that allows it.", show_default=False)]
ReasonOpt = Annotated[str, typer.Option(help="Why there is such a list.", show_default=False)]
SourceOpt = Annotated[str, typer.Option(help="Where the information is from.")]
CodeOpt = Annotated[str, typer.Option("--code", help="Evaluation of source (A, B, C, X) and information (1 to 4).")]
HandlingOpt = Annotated[str, typer.Option(help="Handling code, H0 to H3.")]
DaysOpt = Annotated[int | None, typer.Option(help="Days for which it holds. Default: without end.", min=1)]
ReviewOpt = Annotated[int, typer.Option("--review-days", help="Days until its owner looks at it again.", min=1)]
ThresholdOpt = Annotated[float, typer.Option(help="Lowest similarity of names, 0.75 to 1.")]
_SHOWN_FAULTS = 20


@app.command("add")
def add(
    name: NameArg,
    file: CsvArg,
    owner: OwnerOpt,
    legal_basis: BasisOpt,
    reason: ReasonOpt,
    person: AsOpt,
    kind: KindOpt = "watch",
    fields: FieldsOpt = "sender",
    asks: AsksOpt = None,
    source: SourceOpt = "own findings",
    code: CodeOpt = "A1",
    handling: HandlingOpt = "H0",
    days: DaysOpt = None,
    review_days: ReviewOpt = 90,
    threshold: ThresholdOpt = 0.88,
) -> None:
    """Make a list of the entries of a CSV file; one line that cannot be used refuses it."""
    from serving.office.list_keeping import MAKING
    from serving.office.list_keeping import add as add_list

    with _keeping(Settings(), person, MAKING) as (connection, secrets, client, at):
        terms = _terms(
            at.date(),
            name=name,
            kind=kind,
            fields=fields,
            asks=asks,
            owner=owner,
            legal_basis=legal_basis,
            reason=reason,
            source=source,
            code=code,
            handling=handling,
            days=days,
            review_days=review_days,
            threshold=threshold,
        )
        _report(add_list(connection, secrets, terms, file.read_bytes(), client, at))


@app.command("import")
def import_entries(name: NameArg, file: CsvArg, person: AsOpt) -> None:
    """Replace the entries of a list by those of a CSV file; the live ones stay until the new ones are live."""
    from serving.office.list_keeping import MAKING, replace_entries

    with _keeping(Settings(), person, MAKING) as (connection, secrets, client, at):
        _report(replace_entries(connection, secrets, name, file.read_bytes(), client, at))


@app.command("from-finding")
def from_finding(
    numbers: Annotated[list[str], typer.Argument(help="Numbers of parcels with findings.", show_default=False)],
    person: AsOpt,
    fields: FieldsOpt = "sender,address,look-alike",
    days: Annotated[int, typer.Option(help="Days for which it holds.", min=1)] = 60,
    name: Annotated[str | None, typer.Option(help="Name of the list. Default: after the day and the parcel.")] = None,
    kind: KindOpt = "watch",
    asks: AsksOpt = None,
    owner: OwnerOpt = "this office",
    legal_basis: BasisOpt = "as of the finding",
    reason: ReasonOpt = "in common with a finding",
    handling: HandlingOpt = "H0",
    any_parcel: Annotated[bool, typer.Option("--any", help="Parcels without a finding, too.")] = False,
) -> None:
    """Make a list of what parcels with findings have in common with others to come, in one step."""
    from serving.office.list_keeping import MAKING, from_parcels

    with _keeping(Settings(), person, MAKING) as (connection, secrets, client, at):
        terms = _terms(
            at.date(),
            name=name or f"finding-{at:%Y%m%d-%H%M%S}",
            kind=kind,
            fields=fields,
            asks=asks,
            owner=owner,
            legal_basis=legal_basis,
            reason=reason,
            source="own findings",
            code="A1",
            handling=handling,
            days=days,
            review_days=days,
        )
        _report(from_parcels(connection, secrets, terms, numbers, client, at, findings=not any_parcel))


@app.command("approve")
def approve(name: NameArg, person: AsOpt) -> None:
    """Approve a draft that somebody else has made; a running service uses it from the next parcel on."""
    from serving.office.list_keeping import APPROVING
    from serving.office.list_keeping import approve as approve_list

    with _keeping(Settings(), person, APPROVING) as (connection, secrets, client, at):
        _report(approve_list(connection, secrets, name, client, at))


@app.command("retire")
def retire(name: NameArg, person: AsOpt) -> None:
    """End a list; what was imported is erased for ever."""
    from serving.office.list_keeping import MAKING
    from serving.office.list_keeping import retire as retire_list

    with _keeping(Settings(), person, MAKING) as (connection, secrets, client, at):
        retire_list(connection, secrets, name, client, at)
    out.print(f"{name} retired", markup=False)


@app.command("export")
def export(
    name: NameArg,
    file: CsvArg,
    person: AsOpt,
    permission: Annotated[str | None, typer.Option(help="Who permits it, for lists marked H2 or H3.")] = None,
) -> None:
    """Write the entries of a list to a CSV file, as they were imported; the audit keeps who has them."""
    from serving.office.list_keeping import MAKING, exported

    with _keeping(Settings(), person, MAKING) as (connection, secrets, client, at):
        text = exported(connection, secrets, name, client, at, permission=permission)
    file.touch(mode=0o600)
    file.write_text(text, "utf-8")
    out.print(f"{name} in {file}", markup=False)


@app.command("lists")
def lists() -> None:
    """Show all lists: newest version of each first."""
    from rich.table import Table

    from serving.installation import opened_store
    from serving.office.writer import now
    from serving.store.lists import lists_of

    with opened_store(Settings()) as store, store.begin_read() as connection:
        found = lists_of(connection)
    today, table = now().date(), Table("list", "version", "state", "kind", "fields", "entries", "until", "review")
    for one in found:
        terms = one.terms
        state = "expired" if one.state == "live" and terms.expires_on and terms.expires_on < today else one.state
        review = f"{terms.review_on} due" if terms.review_on <= today else f"{terms.review_on}"
        until = "" if terms.expires_on is None else f"{terms.expires_on}"
        what = terms.name, str(one.version), state, terms.kind.value, " ".join(terms.fields), f"{one.n_entries:,}"
        table.add_row(*what, until, review)
    out.print(table)


@app.command("show")
def show(name: NameArg) -> None:
    """Show the terms of a list, and by day how many parcels were looked up in it and how many it hit."""
    from rich.table import Table

    from serving.installation import opened_store
    from serving.office.list_keeping import the_list
    from serving.store.lists import days_of

    with opened_store(Settings()) as store, store.begin_read() as connection:
        one = the_list(connection, name)
        days = days_of(connection, one)
    for label, value in _shown(one).items():
        out.print(f"{label}: {value}", markup=False, soft_wrap=True)
    table = Table("day", "looked up", "hit", "without a hit")
    for day in days:
        counts = (day.n_looked_up, day.n_hit, day.n_looked_up - day.n_hit)
        table.add_row(f"{day.day}", *(f"{count:,}" for count in counts))
    out.print(table)


def _shown(one: StoredList) -> dict[str, object]:
    terms = one.terms
    approved = f", approved by {one.approved_by}" if one.approved_by else ""
    return {
        "list": f"{terms.name}, version {one.version}, {one.state}; made by {one.made_by}{approved}",
        "what it does": f"{terms.kind}, asks for {terms.asks or 'nothing'}",
        "entries": f"{one.n_entries:,} of {', '.join(terms.fields)}",
        "owner": terms.owner,
        "legal basis": terms.legal_basis,
        "reason": terms.reason,
        "source": f"{terms.source} ({terms.source_code}{terms.information_code}, {terms.handling})",
        "until": terms.expires_on or "without end",
        "review": terms.review_on,
    }


def _terms(
    today: dt.date,
    *,
    kind: str,
    fields: str,
    asks: str | None,
    code: str,
    days: int | None,
    review_days: int,
    **same: Any,
) -> Terms:
    """Terms as the options give them; those that are no more than texts are taken as they are."""
    from policy import Referral
    from policy.lists import ListField, ListKind, Terms
    from policy.lists.terms import usual_referral

    of_kind = _one_of(ListKind, "kind", kind)
    return Terms(
        kind=of_kind,
        fields=tuple(dict.fromkeys(_one_of(ListField, "field", one.strip()) for one in fields.split(","))),
        asks=usual_referral(of_kind) if asks is None else _one_of(Referral, "referral", asks),
        source_code=code[:1],
        information_code=int(code[1:]) if code[1:].isdecimal() else 0,
        expires_on=None if days is None else today + dt.timedelta(days=days),
        review_on=today + dt.timedelta(days=review_days),
        **same,
    )


def _one_of(kinds: Any, what: str, text: str) -> Any:
    try:
        return kinds(text)
    except ValueError:
        raise ListError(f"there is no {what} {text}. Give one of {', '.join(kinds)}.") from None


@contextmanager
def _keeping(
    settings: Settings, person: str, roles: tuple[Role, ...]
) -> Iterator[tuple[Connection, Secrets, Client, dt.datetime]]:
    """One transaction next to a running service, for a person who may do this."""
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.store.times import microseconds

    installation = Installation.open(settings)
    at = installation.clock()
    with installation.store() as store, installation.secrets.vault, store.begin() as connection:
        yield connection, installation.secrets, acting(connection, person, *roles, at_us=microseconds(at)), at


def _report(made: Made) -> None:
    """Say what was made.

    Raises
    ------
    ListError
        When nothing was, behind every fault.
    """
    if not isinstance(made, list):
        waits = " It waits for a second person: `parcel-risk list approve`." if made.state == "draft" else ""
        text = f"{made.terms.name}, version {made.version}: {made.n_entries:,} entries, {made.state}.{waits}"
        out.print(text, markup=False, soft_wrap=True)
        return
    for fault in made[:_SHOWN_FAULTS]:
        err.print(_in_words(fault), markup=False, soft_wrap=True)
    raise ListError(f"{len(made):,} faults; nothing was changed.")


def _in_words(fault: Rejection) -> str:
    return str(fault) if fault.line else f"{fault.field}: {fault.reason} {fault.remedy}"
