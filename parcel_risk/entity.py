"""Command `entity`: the history of a sender, an address, a lane and the like, as an officer would read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer
from rich.table import Table

from features.identity import derive
from features.parcel.problems import ParcelRiskError
from features.parcel.schema import PARCEL_SCHEMA, conform
from features.parcel.validation import validate_parcels
from parcel_risk.console import out
from parcel_risk.stored_log import newest_event, read_log
from serving.settings import Settings

if TYPE_CHECKING:
    from features.history import Entity
    from features.history.ledger import Ledger

_SHOWN_PARCELS = 40
_NAMED = ("sender", "sender_loose", "contact", "recipient", "recipient_loose", "address")
"""Kinds that a person can name in the words of a manifest."""


def entity(
    kind: Annotated[str, typer.Argument(help="Kind of entity: sender, recipient, address, lane, look_alike ...")],
    key: Annotated[int | None, typer.Argument(help="Its key.", show_default=False)] = None,
    parcel: Annotated[str | None, typer.Option(help="Take it from this parcel.")] = None,
    operator: Annotated[str | None, typer.Option(help="Operator of the parcel or of the account.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the party.")] = None,
    street: Annotated[str | None, typer.Option(help="Street.")] = None,
    number: Annotated[str | None, typer.Option(help="House number.")] = None,
    additional: Annotated[str | None, typer.Option(help="Flat, floor and the like.")] = None,
    po_box: Annotated[str | None, typer.Option(help="Post-office box.")] = None,
    postcode: Annotated[str | None, typer.Option(help="Postcode.")] = None,
    city: Annotated[str | None, typer.Option(help="City.")] = None,
    country: Annotated[str | None, typer.Option(help="Country, two capitals.")] = None,
    phone: Annotated[str | None, typer.Option(help="Phone.")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    account: Annotated[str | None, typer.Option(help="Account at the operator.")] = None,
    tax_id: Annotated[str | None, typer.Option(help="Tax number.")] = None,
    person: Annotated[
        str | None, typer.Option("--as", help="Who looks; asked for where a person is named in words.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="Why, as in a case number; it is written to the audit and names nobody.")
    ] = None,
) -> None:
    """Print the history of a sender, an address, a lane ...: its numbers, and the parcels behind them."""
    given = {
        "name": name,
        "street": street,
        "number": number,
        "additional": additional,
        "po_box": po_box,
        "postcode": postcode,
        "city": city,
        "country": country,
        "phone": phone,
        "email": email,
        "account": account,
        "tax_id": tax_id,
    }
    party = {field: text for field, text in given.items() if text is not None}
    look = (person, purpose)
    show_entity(Settings(), kind, key=key, parcel_id=parcel, operator=operator, party=party, look=look)


def note_look(settings: Settings, person: str | None, purpose: str | None) -> None:
    """Write to the audit who looks up a person for what; the words are written nowhere.

    Raises
    ------
    ParcelRiskError
        When the person who looks or the purpose is missing, or that person may not.
    """
    from serving.installation import Installation
    from serving.office.persons import acting
    from serving.store import Role
    from serving.store.database import note
    from serving.store.times import microseconds

    if not person or not purpose or not purpose.strip():
        raise ParcelRiskError("a person is looked up with --as NAME and --purpose, a case number that names nobody.")
    roles = (Role.OFFICER, Role.SUPERVISOR, Role.ANALYST, Role.AUDITOR, Role.ADMINISTRATOR)
    installation = Installation.open(settings)
    with installation.store() as store, store.begin() as connection:
        at_us = microseconds(installation.clock())
        client = acting(connection, person, *roles, at_us=at_us)
        note(
            connection,
            at_us=at_us,
            client_id=client.client_id,
            action="person looked up",
            seqs=[],
            detail=purpose.strip()[:100],
        )


def show_entity(
    settings: Settings,
    kind: str,
    *,
    key: int | None,
    parcel_id: str | None,
    operator: str | None,
    party: dict[str, str],
    look: tuple[str | None, str | None] = (None, None),
) -> None:
    """Print the history of an entity: named by its key, by a parcel that has it, or by who it is.

    `look` is who looks and why, which is asked for where a person is named in words.
    """
    from features.history import ENTITIES
    from features.history.ledger import ledger

    entity = next((one for one in ENTITIES if one.name == kind), None)
    if entity is None:
        raise ParcelRiskError(f"there is no kind {kind!r}; kinds are {', '.join(one.name for one in ENTITIES)}.")
    if key is None and parcel_id is None and kind not in _NAMED:
        raise ParcelRiskError(f"a {entity.noun} is not named in words. Give KEY, or --parcel with one that has it.")
    by_words = key is None and parcel_id is None
    if by_words and party:
        note_look(settings, *look)
    log = read_log(settings)
    if key is None and parcel_id is not None:
        key = newest_event(log, parcel_id, operator)[entity.key].item()
    elif key is None:
        key = _key_of(settings, entity, {**party, **({"operator": operator} if operator else {})})
    if key is None:
        raise ParcelRiskError(f"nothing given tells which {entity.noun}. Give KEY, --parcel, or --name and the like.")
    at = datetime.now(UTC)
    show_ledger(entity, key, ledger(log, entity, key, at), at)
    if by_words and not log[entity.key].eq_missing(key).any():
        out.print(
            "Nothing is known under exactly these words. A name counts together with the whole address, an account "
            "with its operator: give all that the manifest gave, or a parcel with --parcel. sender_loose and "
            "recipient_loose need less: name, postcode and country.",
            soft_wrap=True,
        )


def _key_of(settings: Settings, entity: Entity, party: dict[str, str]) -> int | None:
    """Entity key of a party described in the words of a manifest."""
    role = "recipient" if entity.name == "address" or entity.name.startswith("recipient") else "sender"
    fields = {name if name == "operator" else f"{role}_{name}": text for name, text in party.items()}
    from serving.installation import Installation

    installation = Installation.open(settings)
    reference = installation.reference
    named = conform(pl.DataFrame([{"parcel_id": "inquiry", **fields}]), PARCEL_SCHEMA)
    row = validate_parcels(named, reference=reference).rows
    if row.height == 0:
        raise ParcelRiskError("what was given is not a party of a manifest; a country has two capitals, as in DE.")
    derived = derive(row, installation.identity, reference=reference)
    key = derived[entity.key].item()
    return None if key is None else int(key)


def show_ledger(entity: Entity, key: int, found: Ledger, at: datetime) -> None:
    """Print the numbers by window and the parcels behind them."""
    from features.history import kernel
    from features.history.ledger import WINDOWS

    numbers = found.numbers
    out.print(f"{entity.noun} {key}, at {at:%Y-%m-%d %H:%M} UTC")
    if found.parcels.height == 0 and numbers["n"] == 0:
        out.print("never seen")
        return
    windows = Table("window", "parcels", "value EUR", "weight kg")
    for name in WINDOWS:
        windows.add_row(
            name,
            f"{numbers[f'n_{name}']:,}",
            f"{numbers[f'value_{name}'] / 100:,.2f}",
            f"{numbers[f'weight_{name}'] / 1000:,.3f}",
        )
    windows.add_row("ever", f"{numbers['n']:,}", f"{numbers['value'] / 100:,.2f}", f"{numbers['weight'] / 1000:,.3f}")
    out.print(windows)
    others = f"{numbers['others']}+" if numbers["others"] >= 64 else str(numbers["others"])
    out.print(f"{others} {entity.others}; {numbers['inspected']} inspected, contraband found {numbers['found']} times")
    if numbers["present"] == kernel.HUB:
        out.print(
            f"a hub: more than {kernel.HUB_ABOVE} unlike parties share this key; it is no person, and what is known of "
            "it is no feature of one",
            soft_wrap=True,
        )
    out.print(f"drawn at random: {numbers['random']} inspected, contraband found {numbers['random_found']} times")
    listed = Table("parcel", "operator", "counted at", "value EUR", "weight g", "result", "windows")
    for row in found.parcels.tail(_SHOWN_PARCELS).iter_rows(named=True):
        value = row["declared_value_eur_cents"]
        listed.add_row(
            row["parcel_id"],
            row["operator"] or "",
            f"{row['counted_at']:%Y-%m-%d %H:%M}",
            "" if value is None else f"{value / 100:.2f}",
            str(row["gross_weight_g"] or ""),
            row["result"] or "",
            " ".join(name for name in WINDOWS if row[f"in_{name}"]),
        )
    out.print(listed)
    if found.parcels.height > _SHOWN_PARCELS:
        out.print(f"... the newest {_SHOWN_PARCELS} of {found.parcels.height:,} parcels")
