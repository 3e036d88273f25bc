"""A package between authorities and the receipt for it: JSON documents, each signed by the office that made it.

What is signed is the document without its signature, with sorted keys and without blanks, so that nothing depends on
how JSON is written. A package is for one recipient; another one refuses it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.parcel.problems import BundleError
from features.signing import EXCHANGE, Signature, sign, verify
from policy.exchange.codes import Handling, Urgency
from policy.exchange.items import Item, item_of
from policy.exchange.partners import Partner
from policy.exchange.problems import ExchangeError

PACKAGE, RECEIPT = "parcel-risk exchange 1", "parcel-risk receipt 1"
MOST_BYTES, MOST_ITEMS = 2 * 1024 * 1024, 500
_MOST_CHARACTERS = 20_000_000
"""Of any document; an answer of a comparison has many tags."""
RECEIVED, ADOPTED, REFUSED = "received", "adopted", "refused"
_TEXTS = {"number": 60, "sender": 40, "recipient": 40, "made_at": 40, "purpose": 300, "legal_basis": 200}


@dataclass(frozen=True, kw_only=True)
class Package:
    """What one authority sends to another.

    Attributes
    ----------
    number:
        Given by the sender, unique there.
    made_at:
        ISO 8601, UTC.
    """

    number: str
    sender: str
    recipient: str
    made_at: str
    purpose: str
    legal_basis: str
    urgency: Urgency
    handling: Handling
    items: tuple[Item, ...]

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON, without a signature."""
        texts = {name: getattr(self, name) for name in _TEXTS}
        coded = {"urgency": self.urgency.value, **vars(self.handling)}
        return {"format": PACKAGE, **texts, **coded, "items": [one.as_document() for one in self.items]}

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hex."""
        return digest_of(self.as_document())

    def n_of(self, kind: str) -> int:
        """Number of its items of a kind."""
        return sum(one.kind == kind for one in self.items)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of a package, said by its recipient; `reason` is for a refusal."""

    number: str
    digest: str
    sender: str
    recipient: str
    state: str
    at: str
    reason: str = ""

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON, without a signature."""
        return {"format": RECEIPT, **vars(self)}


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of a document without its signature."""
    plain = {name: value for name, value in document.items() if name != "signature"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sign_package(package: Package, *, name: str, key: Path, signed_at: str) -> str:
    """Text of a package with the signature of the office's `key`; `name` is the person who released it."""
    return sign_document(package.as_document(), name=name, key=key, signed_at=signed_at)


def sign_receipt(receipt: Receipt, *, name: str, key: Path, signed_at: str) -> str:
    """Text of a receipt with the signature of the office's `key`; `name` is the person who decided."""
    return sign_document(receipt.as_document(), name=name, key=key, signed_at=signed_at)


def sign_document(document: dict[str, Any], *, name: str, key: Path, signed_at: str) -> str:
    """Text of a document with the signature of the office's `key`."""
    signature = sign(digest_of(document), name=name, key=key, signed_at=signed_at, purpose=EXCHANGE)
    return json.dumps({**document, "signature": signature.as_dict()}, indent=1, ensure_ascii=False) + "\n"


def opened(text: str, *, partners: Mapping[str, Partner], here: str) -> tuple[Package, Signature]:
    """A package for this office that a partner signed.

    Raises
    ------
    ExchangeError
        When it is none, was changed, is for somebody else, or its sender is no partner.
    """
    document, signature = verified(text, PACKAGE, partners, "sender")
    if document.get("recipient") != here:
        raise ExchangeError("recipient", "the package is for another authority.", "Send it back to its sender.")
    return package_of(document), signature


def package_of(document: Mapping[str, Any]) -> Package:
    """Package of a document whose signature somebody has verified.

    Raises
    ------
    ExchangeError
        When a field is missing or cannot be used.
    """
    _texts_of(document, _TEXTS)
    items = document.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        raise ExchangeError("items", "there are none, or too many.", f"Send 1 to {MOST_ITEMS} items.")
    if document.get("urgency") not in tuple(Urgency):
        raise ExchangeError("urgency", "it is not known.", f"Give one of {', '.join(Urgency)}.")
    return Package(
        **{name: document[name] for name in _TEXTS},
        urgency=Urgency(document["urgency"]),
        handling=Handling.of(document),
        items=tuple(item_of(one, number) for number, one in enumerate(items, start=1)),
    )


def receipt_opened(text: str, *, partners: Mapping[str, Partner], here: str) -> Receipt:
    """A receipt for a package of this office, signed by the partner who received that.

    Raises
    ------
    ExchangeError
        When it is none, was changed, or is about a package of somebody else.
    """
    document, _ = verified(text, RECEIPT, partners, "recipient")
    names = {"number": 60, "digest": 64, "sender": 40, "recipient": 40, "state": 10, "at": 40}
    _texts_of(document, names)
    reason = document.get("reason", "")
    if document["sender"] != here or not isinstance(reason, str):
        raise ExchangeError("sender", "the receipt is about a package of another authority.", "Check the file.")
    if document["state"] not in (RECEIVED, ADOPTED, REFUSED):
        raise ExchangeError("state", "it is not known.", f"Give {RECEIVED}, {ADOPTED} or {REFUSED}.")
    return Receipt(**{name: document[name] for name in names}, reason=reason[:300])


def verified(text: str, wanted: str, partners: Mapping[str, Partner], by: str) -> tuple[dict[str, Any], Signature]:
    """A document of the wanted format that the partner named in its field `by` signed.

    Raises
    ------
    ExchangeError
        When it is none.
    """
    document = _read(text, wanted)
    partner = partners.get(str(document.get(by)))
    if partner is None:
        raise ExchangeError(by, "it is no partner of this office.", "Add it to the file of partners, with its key.")
    try:
        signature = Signature(**document["signature"])
        verify(signature, trusted=frozenset({partner.key}), purpose=EXCHANGE)
    except (KeyError, TypeError, BundleError) as error:
        raise ExchangeError("signature", "it is not that of the partner.", "Ask for the file again.") from error
    if signature.digest != digest_of(document):
        raise ExchangeError("signature", "the file was changed after it was signed.", "Ask for the file again.")
    return document, signature


def _read(text: str, wanted: str) -> dict[str, Any]:
    if len(text) > _MOST_CHARACTERS:
        raise ExchangeError("file", f"it has more than {_MOST_CHARACTERS:,} characters.", "Send several.")
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ExchangeError("file", "it is not JSON, or a key is in it twice.", "Ask for the file again.") from error
    if not isinstance(document, dict) or document.get("format") != wanted:
        raise ExchangeError("format", f"it is not {wanted}.", "Ask the sender for the form of docs/exchange.md.")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _texts_of(document: Mapping[str, Any], names: Mapping[str, int]) -> None:
    for name, most in names.items():
        value = document.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
            raise ExchangeError(name, "it is missing or too long.", f"Give a text of up to {most} characters.")
