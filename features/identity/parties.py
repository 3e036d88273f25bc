"""A sender or recipient: what is hashed into the keys of party, contact and address, and facts that are not personal.

Each is worked out once for each distinct party: senders come back, and so do their lines of address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from features.identity.contacts import e164, is_foreign, is_free_mail, is_somebodys, mailbox
from features.identity.keys import IdentityKey
from features.identity.names import FIRM, Name, name_of
from features.identity.numbered import account_of, tax_number_of
from features.identity.streets import Address, address_of
from features.identity.texts import has_hidden_marks, mixes_scripts, normalise

PARTS = (
    "name",
    "street",
    "number",
    "postcode",
    "city",
    "country",
    "phone",
    "email",
    "tax_id",
    "account",
    "additional",
    "po_box",
)
"""Fields of a party that `sender` and `recipient` read, without the role in front."""
_FIRM_IN_TWO_WORDS = " sp zoo "
_LONG_WORD = re.compile("[0-9a-z]{4,}")
_DIGIT = re.compile("[0-9]")
_N_ADDRESS_PARTS = 5
"""Parts from the street on that make an address."""


class PartyFacts(NamedTuple):
    """Facts of a party, in the order of their columns; None where nothing can be said."""

    is_organisation: bool | None
    has_contact: bool
    has_tax_number: bool
    has_hidden_marks: bool
    mixes_scripts: bool
    name_has_digits: bool
    phone_is_foreign: bool | None
    mail_is_free: bool | None
    mail_names_party: bool | None
    n_name_words: int
    n_address_parts: int


class Party(NamedTuple):
    """What may be kept of a party, and what two parties are compared by; no key where nothing tells the party apart.

    Attributes
    ----------
    key:
        Strict: account, else tax number, else name with the whole address.
    loose_key:
        Name however it is written, with the region of its postcode; a name that many bear with its house number, too.
    name_key:
        The name alone, to count how many unlike parties share another key.
    own_words:
        Words of the name without those that mark a firm.
    """

    key: int | None
    loose_key: int | None
    name_key: int | None
    contact_key: int | None
    phone: str | None
    mailbox: str | None
    own_words: frozenset[str]
    facts: PartyFacts


def sender(row: Mapping[str, Any], key: IdentityKey) -> Party:
    """Party that sends a parcel."""
    return _party(key, "sender", row["operator"], _SENDER(row))


def recipient(row: Mapping[str, Any], key: IdentityKey) -> Party:
    """Party to which a parcel goes."""
    return _party(key, "recipient", row["operator"], _RECIPIENT(row))


_SENDER, _RECIPIENT = (itemgetter(*(f"{role}_{part}" for part in PARTS)) for role in ("sender", "recipient"))


@lru_cache(maxsize=20_000)
def _party(key: IdentityKey, role: str, operator: str | None, given: tuple[str | None, ...]) -> Party:
    name, street, number, postcode, city, country, phone, email, tax_id, account, additional, po_box = given
    dialled = None if phone is None else e164(phone, country)
    tidy_mail = None if email is None else mailbox(email)
    reached = tidy_mail if tidy_mail is not None and is_somebodys(tidy_mail) else None
    called = name_of(name, country)
    address = address_of(street, number, additional, po_box, postcode, city, country)
    strict = _numbered_text(operator, account_of(account), tax_number_of(tax_id, country))
    distinct = frozenset(normalise(name).split())
    return Party(
        key=key.of(role, strict or _named_text(called, address, country)),
        loose_key=key.of(f"{role} loosely", _loose_text(called, address, country)),
        name_key=key.of("name", f"{called.loose}|{country or ''}" if called.loose else None),
        contact_key=key.of("contact", _contact_text(dialled, reached)) if role == "sender" else None,
        phone=dialled,
        mailbox=reached,
        own_words=distinct - FIRM,
        facts=_facts(given, dialled, tidy_mail),
    )


def _facts(given: tuple[str | None, ...], dialled: str | None, tidy_mail: str | None) -> PartyFacts:
    name, street, _, _, city, country, phone, email, tax_id = given[:9]
    tidy_name = normalise(name)
    words = tidy_name.split()
    written = f"{name or ''} {street or ''} {city or ''}"
    return PartyFacts(
        is_organisation=None if name is None else not FIRM.isdisjoint(words) or _FIRM_IN_TWO_WORDS in f" {tidy_name} ",
        has_contact=phone is not None or email is not None,
        has_tax_number=normalise(tax_id) != "",
        has_hidden_marks=has_hidden_marks(written),
        mixes_scripts=mixes_scripts(written),
        name_has_digits=_DIGIT.search(tidy_name) is not None,
        phone_is_foreign=None if dialled is None else is_foreign(dialled, country),
        mail_is_free=None if tidy_mail is None else is_free_mail(tidy_mail),
        mail_names_party=None if tidy_mail is None else _names_party(tidy_mail, tidy_name),
        n_name_words=len(words),
        n_address_parts=_N_ADDRESS_PARTS - given[1 : 1 + _N_ADDRESS_PARTS].count(None),
    )


def _numbered_text(operator: str | None, customer: str, tax_number: str) -> str | None:
    """Account, which is one of its operator, else tax number; a dash or dots in a field stand for nothing."""
    if customer:
        return f"account|{operator or ''}|{customer}"
    return f"tax|{tax_number}" if tax_number else None


def _named_text(name: Name, address: Address, country: str | None) -> str | None:
    """Name with the whole address: one name at two addresses is two parties."""
    return f"name|{name.words}|{address.text or address.where}|{country or ''}" if name.words else None


def _loose_text(name: Name, address: Address, country: str | None) -> str | None:
    """Name with region; none for a name that many bear without anything of an address."""
    number = address.number if name.is_common else ""
    if not name.loose or (name.is_common and not address.region and not number):
        return None
    return f"{name.loose}|{address.region}|{country or ''}|{number}"


def _contact_text(dialled: str | None, address: str | None) -> str | None:
    """Phone, else e-mail address."""
    if dialled is not None:
        return f"phone|{dialled}"
    return None if address is None else f"mail|{address}"


def _names_party(address: str, tidy_name: str) -> bool | None:
    """Whether the first long word of a name is part of an address before its @."""
    word = _LONG_WORD.search(tidy_name)
    local, at, _ = address.partition("@")
    return word[0] in local if word and local and at else None


def share_a_name(one: Party, other: Party) -> bool:
    """Whether two names have a word in common that does not mark a firm."""
    return not one.own_words.isdisjoint(other.own_words)


def share_contact(one: Party, other: Party) -> bool | None:
    """Whether two parties give the same phone or the same mailbox; None where nothing can be compared."""
    pairs = ((one.phone, other.phone), (one.mailbox, other.mailbox))
    compared = [mine == theirs for mine, theirs in pairs if mine is not None and theirs is not None]
    return any(compared) if compared else None
