"""Signing in with a name and a passphrase, unlocking a session, and choosing another passphrase.

A name that nobody has costs the same time as a wrong passphrase, and both get the same answer. Several wrong
ones in a row cost time, more with each, but never for ever: else anybody could keep an officer from work.
"""

from __future__ import annotations

from dataclasses import dataclass

from serving.office.office import Office
from serving.office.passphrases import (
    PassphraseError,
    checked,
    checked_pin,
    hashed,
    is_pin,
    is_right,
    is_right_pin,
    normal,
)
from serving.office.writer import Transaction
from serving.store import Client, Connection, passphrases, sessions
from serving.store.database import note
from serving.store.passphrases import Passphrase
from serving.store.times import microseconds

FREE_FAILURES = 5
"""The fifth wrong passphrase in a row costs a minute of waiting, the next ones 2, 4 ... minutes, up to an hour."""
_MINUTE_US, _HOUR_US = 60_000_000, 3_600_000_000
_CHANGE_HOURS = 1
"""So long a session that began with a one-time passphrase can be used to choose another one."""
_WRONG = "wrong passphrase"


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Whom a name and a passphrase belong to; `token` is what the browser holds, for `hours`."""

    client: Client
    token: str
    hours: int
    must_change: bool


def sign_in(office: Office, name: str, text: str, *, hours: int) -> SignedIn | None:
    """Begin a session; None where name and passphrase do not belong together, or too many tries came before.

    What was tried in vain is kept and written to the audit. A name that nobody has is not: it may be a passphrase that
    was typed into the wrong field.
    """
    with office.store.begin_read() as connection:
        seen = passphrases.person_named(connection, name)
    fits = is_right(seen, text)
    with office.writer.transaction() as transaction:
        return _begun(transaction, seen, fits=fits, hours=hours)


def _begun(transaction: Transaction, seen: Passphrase | None, *, fits: bool, hours: int) -> SignedIn | None:
    connection, at_us = transaction.connection, microseconds(transaction.clock())
    person = passphrases.person_named(connection, seen.client.client_id) if seen is not None else None
    if person is None or seen is None:
        note(connection, at_us=at_us, client_id="unknown", action=_WRONG, seqs=[])
        return None
    name, state = person.client.client_id, person.state(at_us)
    if state not in ("valid", "one-time") or person.generation != seen.generation:
        note(connection, at_us=at_us, client_id=name, action=_WRONG, seqs=[], detail=f"not accepted: {state}")
        return None
    if not fits:
        _fail(connection, person, at_us)
        return None
    if person.is_one_time:
        passphrases.use_up(connection, name, at_us=at_us)
        hours = min(hours, _CHANGE_HOURS)
    else:
        passphrases.forget_failures(connection, name)
    ends = at_us + hours * _HOUR_US
    token = sessions.begin_as(connection, name, person.generation, at_us=at_us, expires_at=ends)
    note(connection, at_us=at_us, client_id=name, action="signed in", seqs=[])
    return SignedIn(client=person.client, token=token, hours=hours, must_change=person.is_one_time)


def _fail(connection: Connection, person: Passphrase, at_us: int, *, by_pin: bool = False) -> None:
    name, n_failed = person.client.client_id, person.n_failed + 1
    wait_us = min(_HOUR_US, _MINUTE_US << (n_failed - FREE_FAILURES)) if n_failed >= FREE_FAILURES else 0
    if by_pin:
        passphrases.note_wrong_pin(connection, name, pin_failed=person.pin_failed + 1)
    passphrases.note_failure(connection, name, n_failed=n_failed, locked_until=at_us + wait_us if wait_us else 0)
    detail = f"{n_failed} in a row" + (f", waits {wait_us // _MINUTE_US} minutes" if wait_us else "")
    note(connection, at_us=at_us, client_id=name, action=_WRONG, seqs=[], detail=f"PIN, {detail}" if by_pin else detail)


def unlock(office: Office, client: Client, token: str, text: str) -> bool:
    """Open a locked session again with the passphrase or the PIN of its person; a wrong one counts as at the sign-in.

    After ``FREE_FAILURES`` wrong PINs in a row only the passphrase opens it.
    """
    name, by_pin = client.client_id, is_pin(text)
    with office.store.begin_read() as connection:
        seen = passphrases.person_named(connection, name)
    fits = is_right_pin(seen, text) if by_pin else is_right(seen, text)
    with office.writer.transaction() as transaction:
        at_us = microseconds(transaction.clock())
        person = passphrases.person_named(transaction.connection, name)
        if person is None or seen is None or person.revoked_at is not None or person.locked_until > at_us:
            return False
        if not fits or (by_pin and not (takes_pin(person) and person.pin_hash == seen.pin_hash)):
            _fail(transaction.connection, person, at_us, by_pin=by_pin)
            return False
        passphrases.forget_failures(transaction.connection, name)
        sessions.unlock(transaction.connection, token, at_us=at_us)
    return True


def takes_pin(person: Passphrase | None) -> bool:
    """Whether a session of a person is opened by a PIN."""
    return person is not None and person.pin_hash is not None and person.pin_failed < FREE_FAILURES


def set_pin(office: Office, client: Client, token: str, *, passphrase: str, pin: str) -> bool:
    """Keep the PIN that a person has chosen; False where the passphrase is wrong, which counts as at the sign-in.

    Raises
    ------
    PassphraseError
        When it cannot be chosen.
    """
    name, kept = client.client_id, hashed(checked_pin(pin))
    if is_pin(passphrase) or not unlock(office, client, token, passphrase):
        return False
    with office.writer.transaction() as transaction:
        passphrases.keep_pin(transaction.connection, name, kept)
        at_us = microseconds(transaction.clock())
        note(transaction.connection, at_us=at_us, client_id=name, action="PIN set", seqs=[])
    return True


def change(office: Office, client: Client, token: str, *, old: str | None, new: str, hours: int) -> SignedIn | None:
    """Let a person choose another passphrase, and begin a session with it; all others of the person are over.

    The one before is asked for, unless the session began with a one-time passphrase (`old` is None). None where it is
    wrong, which counts as at the sign-in.

    Raises
    ------
    PassphraseError
        When the new one cannot be chosen.
    """
    name = client.client_id
    phrase = checked(name, new)
    if old is not None and (is_pin(old) or not unlock(office, client, token, old)):
        return None
    if old is not None and normal(old) == phrase:
        raise PassphraseError("the passphrase is the one of before. Choose another.")
    kept = hashed(phrase)
    with office.writer.transaction() as transaction:
        connection, at_us = transaction.connection, microseconds(transaction.clock())
        generation = passphrases.keep(connection, name, kept, at_us=at_us, is_one_time=False)
        ends = at_us + hours * _HOUR_US
        fresh = sessions.begin_as(connection, name, generation, at_us=at_us, expires_at=ends)
        note(connection, at_us=at_us, client_id=name, action="passphrase changed", seqs=[])
    return SignedIn(client=client, token=fresh, hours=hours, must_change=False)
