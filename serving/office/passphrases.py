"""Passphrases of persons: what one must be like, how it is made, kept and compared."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from dataclasses import replace
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from features.parcel.problems import ParcelRiskError
from serving.store import Connection, passphrases
from serving.store.passphrases import Passphrase

LEAST, MOST = 12, 200
"""Characters of a passphrase: NIST SP 800-63B asks for length and not for kinds of characters."""
LEAST_PIN, MOST_PIN = 6, 10
"""Digits of a PIN; no passphrase is so short, so that what is typed is either the one or the other."""
_HOUR_US = 3_600_000_000
ONE_TIME_HOURS = 72
"""So long a one-time passphrase is accepted, and once only."""
_GROUPS, _LETTERS = 4, "abcdefghjkmnpqrstuvwxyz23456789"
"""A one-time passphrase is 20 letters that nobody confuses when it is read aloud: 99 random bits."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Argon2id with 19 MiB and two passes, as the OWASP cheat sheet on password storage has it."""
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$5UjPv73kc6GC89h0qYFRBw$npJff7ZPLS0PobUHi2WKfRdTA+ZOoJw3HOjIgDXJIRk"
"""Hash of a random text that nobody has: what is compared where nobody has the name."""
_ROOM = threading.BoundedSemaphore(2)
"""So many are hashed at a time: each takes memory, and who sends many names must not take it all."""


class PassphraseError(ParcelRiskError):
    """A passphrase that cannot be chosen; the message does not repeat it."""


def checked(name: str, text: str) -> str:
    """A passphrase that may be chosen, in the form in which it is compared.

    Raises
    ------
    PassphraseError
        When it is too short or too long, holds the person's name, or repeats a few characters.
    """
    phrase = normal(text)
    if not LEAST <= len(phrase) <= MOST:
        raise PassphraseError(f"the passphrase is to have {LEAST} to {MOST} characters. Several words do well.")
    if name.casefold() in phrase.casefold():
        raise PassphraseError(
            "the passphrase holds the name of its person. Choose words that have nothing to do with it."
        )
    if len(set(phrase.casefold())) < 5:
        raise PassphraseError("the passphrase repeats a few characters. Choose several different words.")
    return phrase


def is_pin(text: str) -> bool:
    """Whether a text is a PIN by its form."""
    pin = normal(text)
    return pin.isascii() and pin.isdigit() and LEAST_PIN <= len(pin) <= MOST_PIN


def checked_pin(text: str) -> str:
    """A PIN that may be chosen.

    Raises
    ------
    PassphraseError
        When it is none, repeats a few digits, or counts up or down.
    """
    pin = normal(text)
    steps = {int(after) - int(before) for before, after in pairwise(pin)} if is_pin(pin) else set()
    if len(set(pin)) < 4 or len(steps) < 2:
        raise PassphraseError(f"a PIN has {LEAST_PIN} to {MOST_PIN} digits, four of them different, in no plain order.")
    return pin


def is_right_pin(person: Passphrase | None, text: str) -> bool:
    """Compare a PIN; nobody's where the person has none."""
    return is_right(replace(person, phrase_hash=person.pin_hash) if person and person.pin_hash else None, text)


def one_time() -> str:
    """Make a passphrase that is used once."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(_GROUPS))
    return "-".join(groups)


def set_one_time(connection: Connection, name: str, *, at_us: int) -> str:
    """Give a person a passphrase that is used once, to choose another; return it: it is shown once."""
    phrase = one_time()
    ends = at_us + ONE_TIME_HOURS * _HOUR_US
    passphrases.keep(connection, name, hashed(phrase), at_us=at_us, is_one_time=True, expires_at=ends)
    return phrase


def set_chosen(connection: Connection, name: str, text: str, *, at_us: int) -> int:
    """Keep the passphrase that a person has chosen; return its generation. Sessions of earlier ones are over.

    Raises
    ------
    PassphraseError
        When it cannot be chosen.
    """
    return passphrases.keep(connection, name, hashed(checked(name, text)), at_us=at_us, is_one_time=False)


def hashed(phrase: str) -> str:
    """Slow hash under which a passphrase is kept."""
    with _ROOM:
        return _HASHER.hash(normal(phrase))


def is_right(person: Passphrase | None, text: str) -> bool:
    """Compare, also where nobody has the name: that takes as long."""
    kept = person.phrase_hash if person is not None else _NOBODYS
    try:
        with _ROOM:
            _HASHER.verify(kept, normal(text[: 4 * MOST]))
    except (VerificationError, InvalidHashError):
        return False
    return person is not None


def normal(text: str) -> str:
    """One form for what keyboards write in several, without blanks around it."""
    return unicodedata.normalize("NFKC", text).strip()
