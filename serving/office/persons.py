"""Persons: who acts at the command line, who may sign in, and what ends both.

The command trusts whoever may open the store; a name says who is answerable for the change, as the audit shows it.
"""

from __future__ import annotations

from features.parcel.problems import StoreError
from serving.office.passphrases import set_chosen, set_one_time
from serving.store import Client, Connection, Role
from serving.store.clients import NOT_PERSONS, client_named, clients_with, described, keys_of, revoke
from serving.store.passphrases import (
    add_person,
    has_passphrase,
    known_role,
    names_with,
    note_failure,
    person_named,
    revoke_passphrase,
)


def acting(connection: Connection, name: str, *roles: Role, at_us: int) -> Client:
    """Person of this name, who has a valid key or passphrase, and one of `roles`.

    Raises
    ------
    StoreError
        When there is none; it names who may.
    """
    client = client_named(connection, name, at_us=at_us) or has_passphrase(connection, name, at_us=at_us)
    if client is not None and client.role in roles:
        return client
    who = f"{name} is {described(client)}" if client else f"there is no person {name} with a valid key"
    able = sorted({*clients_with(connection, roles, at_us=at_us), *names_with(connection, roles, at_us=at_us)})
    remedy = f"Give one of {', '.join(able)}." if able else f"`parcel-risk client NAME --role {roles[0]}` makes one."
    raise StoreError(f"{who}; this needs the role {' or '.join(roles)}. {remedy}")


def add(connection: Connection, name: str, role: Role, *, at_us: int) -> None:
    """Enter a person, or leave one who is known as he is.

    Raises
    ------
    StoreError
        When the name belongs to a client of another role, or the role is no person's.
    """
    known = known_role(connection, name)
    if role in NOT_PERSONS or known not in (None, role):
        raise StoreError(
            f"{name} cannot be {_a(role)}: the name is {_a(known or role)}'s. Choose another name or role."
        )
    add_person(connection, Client(client_id=name, role=role, operator=None), at_us=at_us)


def give_passphrase(connection: Connection, name: str, chosen: str | None, *, at_us: int) -> str | None:
    """Give a person a passphrase: the chosen one, or one that is used once, which is returned and shown once.

    Raises
    ------
    StoreError, PassphraseError
        When there is no such person, or the chosen passphrase cannot be used.
    """
    _person(connection, name)
    if chosen is not None:
        set_chosen(connection, name, chosen, at_us=at_us)
        return None
    return set_one_time(connection, name, at_us=at_us)


def let_try_again(connection: Connection, name: str) -> None:
    """End the waiting of a person after wrong passphrases.

    Raises
    ------
    StoreError
        When there is no such person, or he has no passphrase.
    """
    _person(connection, name)
    if person_named(connection, name) is None:
        raise StoreError(f"{name} has no passphrase. `parcel-risk person passphrase {name}` gives one.")
    note_failure(connection, name, n_failed=0, locked_until=0)


def shut_out(connection: Connection, name: str, *, at_us: int) -> tuple[int, int]:
    """Revoke every key and the passphrase of a client, and with them all sessions; how many of each.

    Raises
    ------
    StoreError
        When there is no such client.
    """
    n_passphrases = revoke_passphrase(connection, name, at_us=at_us)
    is_without_keys = not keys_of(connection, name) and known_role(connection, name) is not None
    n_keys = 0 if is_without_keys else revoke(connection, client_id=name, at_us=at_us)
    return n_keys, n_passphrases


def _person(connection: Connection, name: str) -> None:
    role = known_role(connection, name)
    if role is None:
        raise StoreError(f"there is no person {name}. `parcel-risk person add {name} --role ROLE` enters one.")
    if role in NOT_PERSONS:
        raise StoreError(f"{name} is {_a(role)}'s client, a machine: it has keys and no passphrase.")


def _a(role: Role) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
