"""Comparison without names: a word is blinded by the asker, and evaluated under the answerer's key unread.

The protocol is RFC 9497 (verifiable oblivious pseudorandom function over ristretto255), in the package `voprf`;
nothing here is cryptography of our own. The answerer gives tags of its entries, made under the same key; the asker
finds whether its word is among them. Without the answerer's key a tag says nothing, so that every guess costs one
evaluation, and those are counted. **An expert must review the use of this before real persons are compared.**
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from features.identity import IdentityKey
from policy.exchange.problems import ExchangeError
from policy.lists.keys import Lack, marks_of
from policy.lists.terms import ListField

_NORMAL = IdentityKey(b"parcel-risk comparison, known to all, protects nothing")
"""Makes one number of the spellings of a word, alike everywhere; it is no secret, the evaluation protects."""
FIELDS = (ListField.SENDER, ListField.RECIPIENT, ListField.ADDRESS, ListField.CONTACT, ListField.ACCOUNT)
"""What can be compared: what is recognised by an exact key."""
_TAG_BYTES = 16


class Evaluating(Protocol):
    """The side of the answerer, who has a key."""

    @property
    def public_key(self) -> str:
        """Key, in hex, by which the asker sees that one and the same secret was used."""

    def evaluated(self, blinded: str) -> str:
        """Evaluate a blinded word, both in hex.

        Raises
        ------
        ExchangeError
            When it is no blinded word.
        """

    def tag(self, word: bytes) -> str:
        """Tag of a word of one's own."""


class Asking(Protocol):
    """The side of the asker: one word, blinded once; whoever loses this object cannot read the answer."""

    @property
    def blinded(self) -> str:
        """What is sent, in hex."""

    def tag(self, evaluated: str, public_key: str) -> str:
        """Tag of the word, of the answer.

        Raises
        ------
        ExchangeError
            When the answer was not made under the key.
        """


def words_of(field: ListField, values: Mapping[str, str]) -> list[bytes]:
    """Words by which an entry is compared: its exact keys, however it is spelled.

    Raises
    ------
    ExchangeError
        When it identifies nothing, or is not compared like this.
    """
    if field not in FIELDS:
        raise ExchangeError("field", "it is not compared without names.", f"Give one of {', '.join(FIELDS)}.")
    found = marks_of(field, values, _NORMAL)
    if isinstance(found, Lack):
        raise ExchangeError(found.field, found.reason, found.remedy)
    exact = [one for one in found if one.key is not None and not one.column.endswith("_loose_key")]
    return [f"{one.column}:{one.key}".encode() for one in dict.fromkeys(exact)]


@dataclass(frozen=True)
class VoprfEvaluator:
    """`Evaluating` by the package `voprf`; `secret` has 32 bytes."""

    secret: bytes

    @property
    def public_key(self) -> str:
        """See `Evaluating`."""
        return str(self._server().public_key.serialize().hex())

    def evaluated(self, blinded: str) -> str:
        """See `Evaluating`."""
        voprf = _voprf()
        try:
            element = voprf.BlindedInput.deserialize(bytes.fromhex(blinded))
            return str(self._server().evaluate(element).serialize().hex())
        except (ValueError, TypeError) as error:
            raise ExchangeError("blinded", "it is no blinded word.", "Make the question anew.") from error

    def tag(self, word: bytes) -> str:
        """See `Evaluating`."""
        return _tag(self._server().evaluate_known_input(word))

    def _server(self) -> Any:
        return _voprf().Evaluator(self.secret)


class VoprfAsking:
    """`Asking` by the package `voprf`."""

    def __init__(self, word: bytes) -> None:
        """Blind a word."""
        self._client, blinded = _voprf().Client.blind(word)
        self.blinded: str = blinded.serialize().hex()

    def tag(self, evaluated: str, public_key: str) -> str:
        """See `Asking`."""
        voprf = _voprf()
        try:
            output = voprf.VerifiableOutput.deserialize(bytes.fromhex(evaluated))
            key = voprf.PublicKey.deserialize(bytes.fromhex(public_key))
            return _tag(self._client.finalize(output, key))
        except (ValueError, TypeError) as error:
            raise ExchangeError("evaluated", "it was not made under the partner's key.", "Ask again.") from error


def hits(asked: Sequence[Asking], evaluated: Sequence[str], public_key: str, tags: frozenset[str]) -> list[bool]:
    """Whether each word is among the entries of the answerer."""
    if len(asked) != len(evaluated):
        raise ExchangeError("evaluated", "there are more or fewer answers than questions.", "Ask again.")
    return [one.tag(answer, public_key) in tags for one, answer in zip(asked, evaluated, strict=True)]


def _tag(output: bytes) -> str:
    return hashlib.sha256(output).digest()[:_TAG_BYTES].hex()


def _voprf() -> Any:
    try:
        from voprf import ristretto
    except ImportError as error:
        raise ExchangeError(
            "comparison", "the package voprf is not installed.", "Install parcel-risk[comparison]."
        ) from error
    return ristretto
