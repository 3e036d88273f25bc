"""Questions and answers of a comparison without names, as signed documents, and how many a partner may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy.exchange.package import digest_of, sign_document, verified
from policy.exchange.partners import Partner
from policy.exchange.problems import ExchangeError

QUESTION, ANSWER = "parcel-risk question 1", "parcel-risk answer 1"
MOST_WORDS, MOST_TAGS = 100, 250_000
TEXTS = {"number": 60, "sender": 40, "recipient": 40, "case": 70, "purpose": 300, "legal_basis": 200, "made_at": 40}
"""Texts of every question, with their most characters."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What an authority asks another one, blinded; `digest` names it."""

    number: str
    sender: str
    recipient: str
    case: str
    purpose: str
    legal_basis: str
    made_at: str
    blinded: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON, without a signature."""
        return {"format": QUESTION, **vars(self), "blinded": list(self.blinded)}

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hex."""
        return digest_of(self.as_document())


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The answer: each blinded word evaluated, the public key, and the tags of the answerer's entries."""

    question: str
    sender: str
    recipient: str
    public_key: str
    evaluated: tuple[str, ...]
    tags: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON, without a signature."""
        return {"format": ANSWER, **vars(self), "evaluated": list(self.evaluated), "tags": list(self.tags)}


def signed(one: Question | Answered, *, name: str, key: Path, signed_at: str) -> str:
    """Text with the signature of the office's `key`."""
    return sign_document(one.as_document(), name=name, key=key, signed_at=signed_at)


def question_opened(text: str, *, partners: Mapping[str, Partner], here: str) -> Question:
    """A partner's question to this office.

    Raises
    ------
    ExchangeError
        When it is none, was changed, or is for somebody else.
    """
    document = question_in(text, QUESTION, partners=partners, here=here)
    blinded = _hex(document, "blinded", MOST_WORDS)
    if len(set(blinded)) != len(blinded):
        raise ExchangeError("blinded", "a word is in it twice.", "Make the question anew.")
    return Question(**{name: document[name] for name in TEXTS}, blinded=blinded)


def answer_opened(text: str, *, partners: Mapping[str, Partner], here: str) -> Answered:
    """A partner's answer to a question of this office.

    Raises
    ------
    ExchangeError
        When it is none, was changed, or is for somebody else.
    """
    names = ("question", "sender", "recipient", "public_key")
    document = answer_in(text, ANSWER, names, partners=partners, here=here)
    evaluated, tags = _hex(document, "evaluated", MOST_WORDS), _hex(document, "tags", MOST_TAGS)
    return Answered(**{name: document[name] for name in names}, evaluated=evaluated, tags=tags)


def question_in(text: str, kind: str, *, partners: Mapping[str, Partner], here: str) -> dict[str, Any]:
    """Document of a partner's question of some kind, which is signed, whole and for this office.

    Raises
    ------
    ExchangeError
        When it is not.
    """
    document, _ = verified(text, kind, partners, "sender")
    for name, most in TEXTS.items():
        value = document.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
            raise ExchangeError(name, "it is missing or too long.", f"Give a text of up to {most} characters.")
    if document["recipient"] != here:
        raise ExchangeError("recipient", "the question is for another authority.", "Send it back to its sender.")
    return document


def answer_in(
    text: str, kind: str, names: Sequence[str], *, partners: Mapping[str, Partner], here: str
) -> dict[str, Any]:
    """Document of a partner's answer of some kind, which is signed, holds the texts `names` and is for this office.

    Raises
    ------
    ExchangeError
        When it is not.
    """
    document, _ = verified(text, kind, partners, "sender")
    if not all(isinstance(document.get(name), str) for name in names) or document["recipient"] != here:
        raise ExchangeError("recipient", "the answer is for another authority, or not whole.", "Ask again.")
    return document


def _hex(document: Mapping[str, Any], name: str, most: int) -> tuple[str, ...]:
    found = document.get(name)
    if not isinstance(found, list) or len(found) > most or not all(map(_is_hex, found)):
        raise ExchangeError(name, "it is no list of texts in hex.", f"Send up to {most:,}.")
    return tuple(found)


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 512 and set(value) <= set("0123456789abcdef")
