"""Packages of partners: quarantined, shown with what they would have matched in one's own history, decided by a person.

Nothing of a received package is in force until a person adopts it, and then only as a draft: an indicator becomes a
list and a typology a rule, which a second person approves like any other. A seizure record is kept as what a partner
reported, and no model learns from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.parcel.problems import ListError, Rejection
from features.sources.columns.export import safe
from policy import Referral
from policy.exchange import ExchangeError, Indicator, Package, Receipt, SeizureRecord, SentTypology, Urgency
from policy.exchange.package import ADOPTED, RECEIVED, REFUSED, opened, package_of, sign_receipt
from policy.lists import Listed, ListIndex, Terms, read_entries
from policy.lists.terms import ListKind, usual_referral
from policy.rules import RuleError
from serving.office import list_keeping
from serving.office.exchanging import ContactPoint, the_package
from serving.office.hunting import hunt
from serving.office.office import Office
from serving.office.rule_names import rule_names
from serving.office.sought import SoughtList
from serving.office.typologies import adopt as adopt_typology
from serving.office.typologies import tested, yielded
from serving.store import Client, Connection, packages, seizures
from serving.store.database import note
from serving.store.erasure import erase
from serving.store.packages import IN, QUARANTINED, Held
from serving.store.times import microseconds, time_of

PAST = timedelta(days=90)
"""History in which a typology is tested."""
_REVIEW = timedelta(days=183)


@dataclass(frozen=True, kw_only=True)
class Matched:
    """What one item of a package would have matched here.

    Attributes
    ----------
    what:
        Kind of the item and what it is about, without a name.
    n_of, n_matched:
        Parcels, or seizure forms, that were compared, and those that match.
    n_found:
        Matches in which something was found; None where that is not counted.
    problem:
        Why it cannot be used here; empty where it can.
    """

    what: str
    n_of: int = 0
    n_matched: int = 0
    n_found: int | None = None
    problem: str = ""


def receive(office: Office, connection: Connection, point: ContactPoint, text: str, client: Client) -> tuple[Held, str]:
    """Put a package into quarantine; return it with the signed receipt for its sender.

    Raises
    ------
    ExchangeError
        When it is no package of a partner for this office, or another one has its number.
    """
    package, _ = opened(text, partners=point.partners(), here=point.here)
    known = packages.one(connection, IN, package.number, package.sender)
    if known is not None and known.digest != package.digest:
        raise ExchangeError("number", "another package of this partner has it.", "Ask for a new number.")
    if known is None:
        at = office.clock()
        packages.put(
            connection,
            office.secrets.vault,
            package.as_document(),
            direction=IN,
            number=package.number,
            partner=package.sender,
            digest=package.digest,
            urgency=package.urgency.value,
            made_at=microseconds(at),
            made_by=client.client_id,
            state=QUARANTINED,
            due_at=microseconds(at + Urgency(package.urgency).answer_within),
        )
        _note(office, connection, client, "package received", f"{package.number} of {package.sender}")
    held = the_package(connection, IN, package.number)
    return held, _receipt(point, held, RECEIVED, client, time_of(held.made_at), "")


def matches(office: Office, connection: Connection, number: str) -> list[Matched]:
    """What each item of a quarantined package would have matched in the history of this office.

    Raises
    ------
    ExchangeError
        When there is no such package, or its content was erased.
    """
    package, _ = _quarantined(office, connection, number)
    at = office.clock()
    return [_matched(office, connection, package, one, at) for one in package.items]


def _matched(
    office: Office,
    connection: Connection,
    package: Package,
    item: Indicator | SentTypology | SeizureRecord,
    at: datetime,
) -> Matched:
    if isinstance(item, Indicator):
        return _of_indicator(office, connection, package, item, at)
    return (
        _of_typology(office, connection, item, at) if isinstance(item, SentTypology) else _of_record(connection, item)
    )


def _of_indicator(office: Office, connection: Connection, package: Package, item: Indicator, at: datetime) -> Matched:
    what = f"indicator: {item.field.value}"
    terms = _terms(package, [item], at)
    content, faults = read_entries(_csv([item]), terms, office.secrets.identity, at.date())
    if content is None:
        return Matched(what=what, problem=_words(faults))
    index = ListIndex([Listed(number=0, terms=terms, content=content)])
    asks = terms.asks or Referral.SPOT_CHECK
    sought = SoughtList(title=what, asks=asks, index=index, at_us=microseconds(at))
    found = hunt(connection, office.secrets.vault, sought, at)
    return Matched(what=what, n_of=found.n_parcels, n_matched=found.n_matched)


def _of_typology(office: Office, connection: Connection, item: SentTypology, at: datetime) -> Matched:
    what = f"typology: {item.typology.name}"
    try:
        names = rule_names(connection, office.secrets.vault, office.lines, at)
        seen = tested(connection, item.typology, at - PAST, at, names)
    except RuleError as error:
        return Matched(what=what, problem=str(error))
    return Matched(what=what, n_of=seen.tally.n, n_matched=seen.tally.n_hits, n_found=seen.n_found)


def _of_record(connection: Connection, item: SeizureRecord) -> Matched:
    """Own seizure forms of the same substance or class that came from the same country."""
    own = [one.form for one in seizures.in_force(connection)]
    same = [
        one
        for one in own
        if one["finding_class"] == item.form["finding_class"]
        and item.form.get("departure_country") in (None, one["departure_country"])
    ]
    what = f"seizure: {item.form['finding_class']} from {item.form.get('departure_country') or 'unknown'}"
    return Matched(what=what, n_of=len(own), n_matched=len(same))


def adopt(
    office: Office, connection: Connection, point: ContactPoint, number: str, client: Client, *, owner: str
) -> tuple[Held, str]:
    """Adopt a package; return it with the signed receipt. Lists and rules of it are drafts of this person.

    Raises
    ------
    ExchangeError, RuleError, ListError
        When it was decided already, or an item cannot be used; then nothing of it is adopted.
    """
    package, held = _quarantined(office, connection, number)
    at = office.clock()
    indicators = [one for one in package.items if isinstance(one, Indicator)]
    if indicators:
        terms = _terms(package, indicators, at, owner=owner, name=list_name(held))
        made = list_keeping.add(connection, office.secrets, terms, _csv(indicators), client, at)
        if isinstance(made, list):
            raise ListError(f"the indicators make no list: {_words(made)}")
    names = rule_names(connection, office.secrets.vault, office.lines, at)
    for item in package.items:
        if isinstance(item, SentTypology):
            found = yielded(tested(connection, item.typology, at - PAST, at, names), at - PAST, at)
            expires_on = at.date() + dt.timedelta(days=365)
            adopt_typology(
                connection, item.typology, client, at, names, owner=owner, expires_on=expires_on, found=found
            )
    return _decided(office, connection, point, held, ADOPTED, client, "")


def refuse(
    office: Office, connection: Connection, point: ContactPoint, number: str, client: Client, reason: str
) -> tuple[Held, str]:
    """Refuse a package, with a reason that its sender reads; return it with the signed receipt.

    Raises
    ------
    ExchangeError
        When it was decided already, or there is no reason.
    """
    if not reason.strip():
        raise ExchangeError("reason", "it is not given.", "Say why; the sender reads it.")
    _, held = _quarantined(office, connection, number)
    return _decided(office, connection, point, held, REFUSED, client, reason[:300])


def _decided(
    office: Office, connection: Connection, point: ContactPoint, held: Held, state: str, client: Client, reason: str
) -> tuple[Held, str]:
    at = office.clock()
    at_us = microseconds(at)
    packages.move(
        connection, held.id, state=state, decided_at=at_us, decided_by=client.client_id, reason=reason or None
    )
    erase(connection, office.secrets.vault, [held.subject], at_us=at_us)
    _note(office, connection, client, f"package {state}", held.number)
    return the_package(connection, IN, held.number), _receipt(point, held, state, client, at, reason)


def receipt_of(connection: Connection, point: ContactPoint, number: str) -> str:
    """Signed receipt for a package in the state in which it is.

    Raises
    ------
    ExchangeError
        When there is no such package.
    """
    held = the_package(connection, IN, number)
    is_decided = held.decided_at is not None
    by, at_us = (held.decided_by, held.decided_at) if is_decided else (held.made_by, held.made_at)
    state = held.state if is_decided else RECEIVED
    return _signed_receipt(point, held, state, by or "", time_of(at_us or 0), held.reason or "")


def _receipt(point: ContactPoint, held: Held, state: str, client: Client, at: datetime, reason: str) -> str:
    return _signed_receipt(point, held, state, client.client_id, at, reason)


def _signed_receipt(point: ContactPoint, held: Held, state: str, by: str, at: datetime, reason: str) -> str:
    receipt = Receipt(
        number=held.number,
        digest=held.digest,
        sender=held.partner,
        recipient=point.here,
        state=state,
        at=at.isoformat(),
        reason=reason,
    )
    return sign_receipt(receipt, name=by, key=point.key, signed_at=at.isoformat())


def _quarantined(office: Office, connection: Connection, number: str) -> tuple[Package, Held]:
    held = the_package(connection, IN, number)
    document = packages.whole(connection, office.secrets.vault, held) if held.state == QUARANTINED else None
    if document is None:
        raise ExchangeError("number", f"the package is {held.state}.", "Only one in quarantine is decided about.")
    return package_of(document), held


def list_name(held: Held) -> str:
    """Name of the list that the indicators of a package become."""
    return f"{held.partner[:20]}-{held.id}"


def _terms(
    package: Package, indicators: Sequence[Indicator], at: datetime, *, owner: str = "contact point", name: str = "x"
) -> Terms:
    return Terms(
        name=name,
        kind=ListKind.WATCH,
        fields=tuple(dict.fromkeys(one.field for one in indicators)),
        asks=usual_referral(ListKind.WATCH),
        owner=owner,
        legal_basis=package.legal_basis,
        reason=package.purpose[:200],
        source=f"{package.sender}, {package.number}",
        source_code=package.handling.source_code,
        information_code=package.handling.information_code,
        handling=package.handling.handling,
        review_on=(at + _REVIEW).date(),
        expires_on=max(one.expires_on for one in indicators),
    )


def _csv(indicators: Sequence[Indicator]) -> bytes:
    rows = [
        {"field": one.field.value, **one.values, "reason": one.reason, "expires_on": one.expires_on.isoformat()}
        for one in indicators
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return safe(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))).write_csv().encode()


def _words(faults: Iterable[Rejection]) -> str:
    first = next(iter(faults))
    return f"{first.field}: {first.reason} {first.remedy}"


def _note(office: Office, connection: Connection, client: Client, action: str, detail: str) -> None:
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=[], detail=detail)
