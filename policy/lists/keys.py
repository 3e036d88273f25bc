"""Turn what an entry names into what parcels are recognised by, through the functions that make keys of parcels.

An entry may give several keys: a firm is known by its account, by its tax number, and by name with address, and a
parcel carries only one of them. Parties are looked up under their loose key as well (docs/identity.md), so that another
spelling of the same name in the same region is recognised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from features.identity import KEYS, IdentityKey, normalise
from features.identity.delivery import PARTS as ADDRESS_PARTS
from features.identity.delivery import delivery
from features.identity.parties import PARTS as PARTY_PARTS
from features.identity.parties import recipient, sender
from features.identity.things import number_block_key
from features.parcel.numbers import lodged_number
from policy.lists.names import name_form
from policy.lists.terms import ListField

Given = Mapping[str, str | None]
_WHERE = ("street", "number", "additional", "po_box", "postcode", "city")
_FEWEST_LETTERS, _LONG_WORD = 4, 3
PARCEL_COLUMNS: Mapping[ListField, tuple[str, ...]] = {
    ListField.SENDER: ("sender_key", "sender_loose_key"),
    ListField.RECIPIENT: ("recipient_key", "recipient_loose_key"),
    ListField.ADDRESS: ("address_key",),
    ListField.CONTACT: ("contact_key",),
    ListField.LOOK_ALIKE: ("look_alike_key",),
    ListField.NUMBER_BLOCK: ("number_block_key",),
    ListField.LANE: ("lane_key",),
}
"""Columns of the log by which a parcel on record becomes an entry; accounts, names and words are not among them."""


class Mark(NamedTuple):
    """What a parcel is recognised by: a key in a column of the log, or a text in one that is no key."""

    column: str
    key: int | None
    form: str | None = None


class Lack(NamedTuple):
    """Why nothing can be recognised by an entry."""

    field: str
    reason: str
    remedy: str


def marks_of(field: ListField, given: Given, key: IdentityKey) -> list[Mark] | Lack:
    """What parcels are recognised by, for an entry that names `field`; or what it lacks."""
    if given.get("key"):
        return _stated(field, str(given["key"]))
    match field:
        case ListField.SENDER | ListField.RECIPIENT:
            return _of_party(field.value, given, key)
        case ListField.ADDRESS:
            found = delivery({f"recipient_{part}": given.get(part) for part in ADDRESS_PARTS}, key).key
            return _known("street", "address_key", found, "Give street and postcode or city, or a box.")
        case ListField.CONTACT:
            return _of_contact(given, key)
        case ListField.ACCOUNT:
            return _of_account(given, key)
        case ListField.NUMBER_BLOCK:
            return _of_block(given, key)
        case ListField.LANE:
            return _of_lane(given, key)
        case ListField.LOOK_ALIKE:
            return Lack("key", "a look-alike is known by its key only.", "Make the list from a parcel on record.")
        case ListField.DESCRIPTION:
            return _of_words(given)
        case ListField.CODE:
            return _of_code(given)
        case ListField.SENDER_NAME | ListField.RECIPIENT_NAME:
            return _of_name(field, given)


def _stated(field: ListField, text: str) -> list[Mark] | Lack:
    """Keys as `stated` writes them."""
    marks = []
    for one in text.split():
        column, _, digits = one.partition(":")
        if column not in PARCEL_COLUMNS.get(field, KEYS if field is ListField.ACCOUNT else ()):
            return Lack("key", f"it is no key of {field.value}.", "Give keys as they were exported.")
        try:
            marks.append(Mark(column, int.from_bytes(bytes.fromhex(digits.zfill(16)), "big", signed=True)))
        except (ValueError, OverflowError):
            return Lack("key", "it is not 16 hexadecimal digits behind a column.", "Give keys as they were exported.")
    return marks


def stated(column: str, key: int) -> str:
    """A key as text: its column and 16 hexadecimal digits."""
    return f"{column}:{key.to_bytes(8, 'big', signed=True).hex()}"


def _known(field: str, column: str, key: int | None, remedy: str) -> list[Mark] | Lack:
    return Lack(field, "it identifies nothing.", remedy) if key is None else [Mark(column, key)]


def _of_party(role: str, given: Given, key: IdentityKey) -> list[Mark] | Lack:
    if given.get("name") and not (_is_given(given, *_WHERE) or _is_given(given, "tax_id", "account")):
        return Lack("street", "a name alone identifies nobody.", f"Give the address, or use the field {role}-name.")
    if given.get("account") and not given.get("operator"):
        return Lack("operator", "an account is one of its operator.", "Give the operator.")
    marks = list(_party_marks(role, given, key))
    return marks or Lack("name", "it identifies nobody.", "Give name and address, tax number, or account and operator.")


def _party_marks(role: str, given: Given, key: IdentityKey) -> Iterator[Mark]:
    """Marks by account, by tax number, by name with address, and by the loose key of these."""
    for known_by in (("account",), ("tax_id", "country"), ("name", "country", *_WHERE)):
        party = _party(role, {name: given.get(name) for name in (*known_by, "operator")}, key)
        if given.get(known_by[0]) and party.key is not None:
            yield Mark(f"{role}_key", party.key)
            if party.loose_key is not None:
                yield Mark(f"{role}_loose_key", party.loose_key)


def _party(role: str, given: Given, key: IdentityKey):  # type: ignore[no-untyped-def]
    row = {f"{role}_{part}": given.get(part) for part in PARTY_PARTS} | {"operator": given.get("operator")}
    return (sender if role == "sender" else recipient)(row, key)


def _of_contact(given: Given, key: IdentityKey) -> list[Mark] | Lack:
    """Phone and mailbox, each for itself: a parcel is known by its phone, else by its mailbox."""
    marks = []
    for name in ("phone", "email"):
        if given.get(name):
            found = _party("sender", {name: given[name], "country": given.get("country")}, key).contact_key
            if found is None:
                return Lack(name, "it reaches nobody.", "Give an international number, or a person's own mailbox.")
            marks.append(Mark("contact_key", found))
    return marks or Lack("phone", "neither phone nor e-mail is given.", "Give one of them.")


def _of_account(given: Given, key: IdentityKey) -> list[Mark] | Lack:
    if not given.get("account") or not given.get("operator"):
        return Lack("account", "an account is one of its operator.", "Give account and operator.")
    keys = {role: _party(role, given, key).key for role in ("sender", "recipient")}
    marks = [Mark(f"{role}_key", found) for role, found in keys.items() if found is not None]
    return marks or Lack("account", "it is nobody's account.", "Give the account as manifests do.")


def _of_block(given: Given, key: IdentityKey) -> list[Mark] | Lack:
    number, operator = given.get("parcel_id"), given.get("operator")
    if not number or not operator:
        return Lack("parcel_id", "a number block is one of its operator.", "Give a number of it, and the operator.")
    remedy = "Give a whole number that ends in at least four digits."
    return _known("parcel_id", "number_block_key", number_block_key(key, operator, lodged_number(number)), remedy)


def _of_lane(given: Given, key: IdentityKey) -> list[Mark] | Lack:
    origin, destination = given.get("origin"), given.get("destination")
    if not origin or not destination:
        return Lack("origin", "a lane has two ends.", "Give office or country of origin, and of destination.")
    return [Mark("lane_key", key.of("lane", f"{origin}>{destination}"))]


def _of_words(given: Given) -> list[Mark] | Lack:
    words = normalise(given.get("words")).split()
    if not any(len(word) >= _LONG_WORD for word in words):
        return Lack("words", "they are too short to tell goods apart.", f"Give a word of {_LONG_WORD} letters or more.")
    return [Mark("description", None, " ".join(words))]


def _of_code(given: Given) -> list[Mark] | Lack:
    code = given.get("words")
    return [Mark("code", None, code)] if code else Lack("words", "no code is given.", "Write it as manifests do.")


def _of_name(field: ListField, given: Given) -> list[Mark] | Lack:
    form = name_form(given.get("name"), given.get("country"))
    if len(form.replace(" ", "")) < _FEWEST_LETTERS:
        return Lack("name", "it is too short to be compared.", f"Give a name of {_FEWEST_LETTERS} letters or more.")
    return [Mark(field.value.replace("-", "_"), None, form)]


def _is_given(given: Given, *names: str) -> bool:
    return any(given.get(name) for name in names)
