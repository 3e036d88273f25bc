"""The outbox of the national contact point: packages are drafted, and leave only when another person releases them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from policy.exchange import (
    ExchangeError,
    Handling,
    Partner,
    Receipt,
    Urgency,
    load_partners,
    receipt_opened,
    sign_package,
)
from policy.exchange.items import RECORD
from policy.exchange.package import ADOPTED, RECEIVED, REFUSED, package_of
from policy.typologies import written
from serving.office.office import Office
from serving.office.seizures import numbered
from serving.office.typologies import typology_named
from serving.store import Client, Connection, Role, packages
from serving.store.database import note
from serving.store.erasure import erase
from serving.store.packages import DRAFT, OUT, RELEASED, WITHDRAWN, Held
from serving.store.times import microseconds, time_of

DRAFTING = (Role.ANALYST, Role.SUPERVISOR)
"""Who drafts and reads packages."""
RELEASING = (Role.SUPERVISOR,)
"""Who releases a package of somebody else, and decides about a received one."""


@dataclass(frozen=True, kw_only=True)
class ContactPoint:
    """The contact point of this authority: its name among partners, the file of these, and the key that signs."""

    here: str
    partners_file: Path
    key: Path
    comparison_key: Path

    def comparison_secret(self) -> bytes:
        """Secret of this authority under which questions without names are answered.

        Raises
        ------
        ExchangeError
            When there is none.
        """
        try:
            return self.comparison_key.read_bytes()
        except OSError as error:
            raise ExchangeError("comparison", "its key is missing.", "`parcel-risk migrate` makes it.") from error

    def partners(self) -> dict[str, Partner]:
        """Partners by name, as the file has them now."""
        return load_partners(self.partners_file)

    def partner(self, name: str) -> Partner:
        """The partner of a name.

        Raises
        ------
        ExchangeError
            When there is none.
        """
        known = self.partners()
        if name not in known:
            names = ", ".join(known) or "none is known yet"
            raise ExchangeError("recipient", "it is no partner of this office.", f"Partners: {names}.")
        return known[name]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody wants to send: to whom, why, with which codes, and what.

    Attributes
    ----------
    indicators:
        Documents of indicators, see `policy.exchange.items`.
    typologies, seizures:
        Names of typologies, and numbers of seizure forms, of this office.
    """

    recipient: str
    purpose: str
    legal_basis: str
    urgency: Urgency
    handling: Handling
    indicators: Sequence[Mapping[str, Any]] = ()
    typologies: Sequence[str] = ()
    seizures: Sequence[str] = ()


def draft(office: Office, connection: Connection, point: ContactPoint, given: Draft, client: Client) -> Held:
    """Keep a draft.

    Raises
    ------
    ExchangeError, RuleError
        When something of it cannot be sent.
    """
    partner = point.partner(given.recipient)
    at = office.clock()
    items = [{"kind": "indicator", **one} for one in given.indicators]
    items += [_typology(connection, name) for name in given.typologies]
    items += [_seizure(connection, number) for number in given.seizures]
    document = {
        "number": f"{point.here}-{packages.next_number(connection):06d}",
        "sender": point.here,
        "recipient": partner.name,
        "made_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "purpose": given.purpose,
        "legal_basis": given.legal_basis,
        "urgency": given.urgency.value,
        **vars(given.handling),
        "items": items,
    }
    package = package_of(document)
    package_id = packages.put(
        connection,
        office.secrets.vault,
        package.as_document(),
        direction=OUT,
        number=package.number,
        partner=partner.name,
        digest=package.digest,
        urgency=package.urgency.value,
        made_at=microseconds(at),
        made_by=client.client_id,
        state=DRAFT,
    )
    _note(office, connection, client, "package drafted", package.number)
    return _again(connection, package.number, package_id)


def _typology(connection: Connection, name: str) -> dict[str, Any]:
    return {"kind": "typology", "text": written(typology_named(connection, name).typology)}


def _seizure(connection: Connection, number: str) -> dict[str, Any]:
    found = numbered(connection, number)
    if found is None:
        raise ExchangeError("seizures", f"no form in force has the number {number[:10]}.", "Read those of the parcel.")
    shared = {one.name: found.form[one.name] for one in RECORD if found.form[one.name] is not None}
    return {"kind": "seizure", "made_on": found.made_at.date().isoformat(), "stream": found.stream, "form": shared}


def release(office: Office, connection: Connection, point: ContactPoint, number: str, client: Client) -> str:
    """Release a draft of somebody else; return the signed text that leaves.

    Raises
    ------
    ExchangeError
        When there is no such draft, or the person drafted it.
    """
    one = _state(connection, number, DRAFT)
    if one.made_by == client.client_id:
        raise ExchangeError("number", f"{client.client_id} drafted the package.", "A second person releases it.")
    point.partner(one.partner)
    at = office.clock()
    due_us = microseconds(at + Urgency(one.urgency).answer_within)
    packages.move(
        connection, one.id, state=RELEASED, decided_at=microseconds(at), decided_by=client.client_id, due_at=due_us
    )
    _note(office, connection, client, "package released", f"{number} to {one.partner}")
    return text_of(office, connection, point, number)


def text_of(office: Office, connection: Connection, point: ContactPoint, number: str) -> str:
    """Signed text of a package that was released.

    Raises
    ------
    ExchangeError
        When nobody released it, or its content was erased.
    """
    one = the_package(connection, OUT, number)
    if one.state in (DRAFT, WITHDRAWN) or one.decided_by is None or one.decided_at is None:
        raise ExchangeError("number", "nobody released this package.", "A second person releases it first.")
    document = packages.whole(connection, office.secrets.vault, one)
    if document is None:
        raise ExchangeError("number", "the package was erased after the answer came.", "Ask the recipient for a copy.")
    signed_at = time_of(one.decided_at).isoformat()
    return sign_package(package_of(document), name=one.decided_by, key=point.key, signed_at=signed_at)


def withdraw(office: Office, connection: Connection, number: str, client: Client, reason: str) -> None:
    """Withdraw a draft; what is sealed of it is erased.

    Raises
    ------
    ExchangeError
        When there is no such draft.
    """
    one = _state(connection, number, DRAFT)
    at_us = microseconds(office.clock())
    packages.move(
        connection, one.id, state=WITHDRAWN, decided_at=at_us, decided_by=client.client_id, reason=reason[:300]
    )
    erase(connection, office.secrets.vault, [one.subject], at_us=at_us)
    _note(office, connection, client, "package withdrawn", number)


def answered(office: Office, connection: Connection, point: ContactPoint, text: str, client: Client) -> Held:
    """Enter the receipt of a partner; once it has decided, what is sealed of the package is erased.

    Raises
    ------
    ExchangeError
        When it is no receipt of that partner for this package.
    """
    receipt: Receipt = receipt_opened(text, partners=point.partners(), here=point.here)
    one = packages.one(connection, OUT, receipt.number)
    if one is None or one.partner != receipt.recipient or one.digest != receipt.digest:
        raise ExchangeError("number", "no package of this digest was sent to this partner.", "Check the file.")
    if one.state not in (RELEASED, RECEIVED, receipt.state):
        raise ExchangeError("state", f"the package is {one.state}.", "Nothing is to be entered.")
    at_us = microseconds(office.clock())
    packages.move(connection, one.id, state=receipt.state, answered_at=at_us, reason=receipt.reason or None)
    if receipt.state in (ADOPTED, REFUSED):
        erase(connection, office.secrets.vault, [one.subject], at_us=at_us)
    _note(office, connection, client, "receipt entered", f"{one.number} {receipt.state}")
    return the_package(connection, OUT, one.number)


def the_package(connection: Connection, direction: str, number: str) -> Held:
    """The package of a number.

    Raises
    ------
    ExchangeError
        When there is none.
    """
    found = packages.one(connection, direction, number)
    if found is None:
        raise ExchangeError("number", "no package has this number.", "Read the list of packages.")
    return found


def _state(connection: Connection, number: str, state: str) -> Held:
    one = the_package(connection, OUT, number)
    if one.state != state:
        raise ExchangeError("number", f"the package is {one.state}, no {state}.", "Read the list of packages.")
    return one


def _again(connection: Connection, number: str, package_id: int) -> Held:
    return next(one for one in packages.held(connection, OUT) if (one.number, one.id) == (number, package_id))


def is_overdue(one: Held, at: datetime) -> bool:
    """Whether an answer is due and has not come, or was not given."""
    return one.state in (*packages.OPEN, RECEIVED) and one.due_at is not None and microseconds(at) > one.due_at


def _note(office: Office, connection: Connection, client: Client, action: str, detail: str) -> None:
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=[], detail=detail)
