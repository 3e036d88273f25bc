"""How many words two authorities have in common, and not which: intersection by Diffie-Hellman, cardinality alone.

Each side raises hashes of its words to a secret of its own, made for one question; raised by both, equal words are
equal points. The asker sends its points in no order; the answerer raises them and gives them back sorted, with its own,
so that the asker can count and not tell which. The curve (P-256), its points and their multiplication are those of the
package `cryptography`; a word becomes a point by hashing until a hash is one. It holds against a peer that follows the
protocol. One that raises each word to another secret can tell which of its points the other has: to such a peer a count
is as many guesses as it has points, which is why points have a quota as words that are asked have one.
**An expert must review this before real persons are compared.**
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from policy.exchange.package import digest_of, sign_document
from policy.exchange.partners import Partner
from policy.exchange.problems import ExchangeError
from policy.exchange.questions import TEXTS, answer_in, question_in

QUESTION, ANSWER = "parcel-risk overlap question 1", "parcel-risk overlap answer 1"
FEWEST_POINTS, MOST_POINTS = 20, 10_000
_CURVE = ec.SECP256R1()
_DOMAIN = b"parcel-risk overlap 1\n"
_HEX_DIGITS = 64


class Raising:
    """One side: raises words and points to a secret that nobody else has and that dies with this object."""

    def __init__(self) -> None:
        """Make the secret."""
        self._secret = ec.generate_private_key(_CURVE)

    def words(self, words: Iterable[bytes]) -> tuple[str, ...]:
        """Points of words, raised, in hex and sorted, so that their order says nothing."""
        return tuple(sorted(self._raised(_point_of(word)) for word in set(words)))

    def points(self, points: Iterable[str]) -> tuple[str, ...]:
        """Points of the other side, raised as well, and sorted.

        Raises
        ------
        ExchangeError
            When one is no point.
        """
        return tuple(sorted(self._raised(_read(one)) for one in points))

    def _raised(self, point: ec.EllipticCurvePublicKey) -> str:
        return self._secret.exchange(ec.ECDH(), point).hex()


def n_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many points that both sides raised are in both lists."""
    return len(set(one) & set(other))


def padded(words: Iterable[bytes]) -> list[bytes]:
    """Words, filled up with such as nobody has, so that a short list does not show how short it is."""
    found = list(dict.fromkeys(words))
    return found + [secrets.token_bytes(32) for _ in range(FEWEST_POINTS - len(found))]


def _point_of(word: bytes) -> ec.EllipticCurvePublicKey:
    """Point whose coordinate is the first hash of the word that is one of a point; half of all hashes are."""
    for n in count():
        try:
            return _lifted(hashlib.sha256(_DOMAIN + n.to_bytes(4, "big") + word).digest())
        except ValueError:
            continue
    raise AssertionError  # pragma: no cover


def _read(text: str) -> ec.EllipticCurvePublicKey:
    try:
        return _lifted(bytes.fromhex(text))
    except ValueError as error:
        raise ExchangeError("points", "one of them is none of the curve.", "Make the question anew.") from error


def _lifted(x: bytes) -> ec.EllipticCurvePublicKey:
    """One of both points of a coordinate: which, makes no difference to the coordinate of its multiples."""
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x02" + x)


@dataclass(frozen=True, kw_only=True)
class CountQuestion:
    """How many of these does the recipient have? Points raised by the sender alone."""

    number: str
    sender: str
    recipient: str
    case: str
    purpose: str
    legal_basis: str
    made_at: str
    points: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON, without a signature."""
        return {"format": QUESTION, **vars(self), "points": list(self.points)}

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hex."""
        return digest_of(self.as_document())


@dataclass(frozen=True, kw_only=True)
class CountAnswer:
    """The asker's points, raised by both, and the answerer's own, raised by it alone."""

    question: str
    sender: str
    recipient: str
    both: tuple[str, ...]
    own: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """Plain values, for JSON, without a signature."""
        return {"format": ANSWER, **vars(self), "both": list(self.both), "own": list(self.own)}


def signed_count(one: CountQuestion | CountAnswer, *, name: str, key: Path, signed_at: str) -> str:
    """Text with the signature of the office's `key`."""
    return sign_document(one.as_document(), name=name, key=key, signed_at=signed_at)


def is_count(text: str) -> bool:
    """Whether a text is said to be such a question, and not one of single words; nothing else of it is checked."""
    return f'"{QUESTION}"' in text


def count_question(text: str, *, partners: Mapping[str, Partner], here: str) -> CountQuestion:
    """A partner's question to this office.

    Raises
    ------
    ExchangeError
        When it is none, was changed, is for somebody else, or asks for so few that a count would name them.
    """
    document = question_in(text, QUESTION, partners=partners, here=here)
    points = _points(document, "points")
    if len(points) < FEWEST_POINTS:
        raise ExchangeError("points", "there are too few.", f"Ask for {FEWEST_POINTS} or more at once.")
    return CountQuestion(**{name: document[name] for name in TEXTS}, points=points)


def count_answer(text: str, *, partners: Mapping[str, Partner], here: str) -> CountAnswer:
    """A partner's answer to a question of this office.

    Raises
    ------
    ExchangeError
        When it is none, was changed, or is for somebody else.
    """
    names = ("question", "sender", "recipient")
    document = answer_in(text, ANSWER, names, partners=partners, here=here)
    both, own = _points(document, "both"), _points(document, "own")
    return CountAnswer(**{name: document[name] for name in names}, both=both, own=own)


def _points(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = document.get(name)
    if not isinstance(found, list) or len(found) > MOST_POINTS or not all(map(_is_hex, found)):
        raise ExchangeError(name, "it is no list of points in hex.", f"Send up to {MOST_POINTS:,}.")
    if len(set(found)) != len(found):
        raise ExchangeError(name, "a point is in it twice.", "Make it anew.")
    return tuple(found)


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and len(value) == _HEX_DIGITS and set(value) <= set("0123456789abcdef")
