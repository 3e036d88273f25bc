"""Command `hunt`: search the past for what is only known now, and recall what has not been delivered yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from parcel_risk.rule_office import reading
from parcel_risk.rules import AsOpt
from serving.settings import Settings

if TYPE_CHECKING:
    from policy import Referral
    from serving.office.hunting import Hunted, Match

SHOWN = 50
RuleOpt = Annotated[str | None, typer.Option(help="Name of a rule, of any state.")]
ListOpt = Annotated[str | None, typer.Option("--list", help="Name of a list, of any state.")]
TypologyOpt = Annotated[str | None, typer.Option(help="Name of a typology, adopted or not.")]
FindingOpt = Annotated[str | None, typer.Option(help="Number of a parcel, whose siblings are sought.")]
ReferOpt = Annotated[bool, typer.Option("--refer", help="Refer what can still be recalled.")]
CovertOpt = Annotated[bool, typer.Option("--covert", help="Operators are not shown of the referrals.")]
AsksOpt = Annotated[str | None, typer.Option(help="What is asked of a match. Default: what the rule or list asks.")]


def hunt(
    person: AsOpt,
    rule: RuleOpt = None,
    list_: ListOpt = None,
    typology: TypologyOpt = None,
    finding: FindingOpt = None,
    refer: ReferOpt = False,
    covert: CovertOpt = False,
    asks: AsksOpt = None,
) -> None:
    """Search the stored log for what a rule, list or typology matches, or for the siblings of a finding."""
    given = {"rule": rule, "list": list_, "typology": typology, "finding": finding}
    named = [(kind, name) for kind, name in given.items() if name]
    if len(named) != 1:
        raise ParcelRiskError("give one of --rule, --list, --typology and --finding.")
    wanted = _referral(asks)
    if refer:
        _refer(Settings(), *named[0], person, wanted, is_covert=covert)
    else:
        _look(*named[0], person, wanted)


def _look(kind: str, name: str, person: str, asks: Referral | None) -> None:
    from serving.installation import Installation
    from serving.office.hunting import hunt as searched
    from serving.office.persons import acting
    from serving.office.recalling import HUNTERS, look, sought
    from serving.store.times import microseconds

    here = Installation.open(Settings())
    with working("searching the past"), reading() as (connection, names, at):
        client = acting(connection, person, *HUNTERS, at_us=microseconds(at))
        vault = here.secrets.vault
        found = searched(connection, vault, sought(connection, vault, kind, name, at, names, asks), at)
    with here.store() as store, store.begin() as connection:
        look(connection, found, at, client)
    _report(found)


def _refer(settings: Settings, kind: str, name: str, person: str, asks: Referral | None, *, is_covert: bool) -> None:
    from serving.installation import Installation
    from serving.office.hunting import hunt as searched
    from serving.office.persons import acting
    from serving.office.recalling import HUNTERS, recall, sought
    from serving.office.rule_names import rule_names
    from serving.store.times import microseconds

    office = Installation.open(settings).office()
    try:
        at, vault = office.clock(), office.secrets.vault
        with working("searching the past"), office.store.begin_read() as connection:
            client = acting(connection, person, *HUNTERS, at_us=microseconds(at))
            names = rule_names(connection, vault, office.lines, at)
            wanted = sought(connection, vault, kind, name, at, names, asks)
            found = searched(connection, vault, wanted, at)
        with office.writer.transaction() as transaction:
            referred = recall(office, transaction, found, wanted.asks, client, is_covert=is_covert)
    finally:
        office.close()
    _report(found)
    out.print(f"{len(referred):,} referred now: {wanted.asks}", markup=False)


def _report(found: Hunted) -> None:
    from rich.table import Table

    out.print(f"{found.title}: {found.n_matched:,} of {found.n_parcels:,} parcels match", markup=False)
    if found.n_without_text:
        out.print(f"texts of {found.n_without_text:,} parcels have been erased: they cannot be searched by these")
    out.print(f"{len(found.in_reach):,} can still be recalled")
    table = Table("parcel", "operator", "why", "where", "since", "expected", "in reach")
    for one in found.recent[:SHOWN]:
        table.add_row(*_row(one))
    if found.recent:
        out.print(table)


def _row(one: Match) -> tuple[str, ...]:
    event, position = one.current.event, one.position
    until = "" if one.until is None else f"{one.until:%Y-%m-%d %H:%M}"
    where = "examined" if one.is_examined else position.state.words
    reach = "yes" if one.is_in_reach else ""
    return (
        event["parcel_id"],
        event["operator"],
        ", ".join(one.ties),
        where,
        f"{position.since:%m-%d %H:%M}",
        until,
        reach,
    )


def _referral(text: str | None) -> Referral | None:
    from policy import Referral

    inspections = [one.value for one in Referral if one.asks_inspection]
    if text is not None and text not in inspections:
        raise ParcelRiskError(f"asks: give one of {', '.join(inspections)}.")
    return None if text is None else Referral(text)
