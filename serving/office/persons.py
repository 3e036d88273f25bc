"""Persons who act at the command line: named, with a valid key and a role that allows it.

The command trusts whoever may open the store; a name says who is answerable for the change, as the audit shows it.
"""

from __future__ import annotations

from features.parcel.problems import StoreError
from serving.store import Client, Connection, Role
from serving.store.clients import client_named, clients_with, described


def acting(connection: Connection, name: str, *roles: Role, at_us: int) -> Client:
    """Person of this name, who has a valid key and one of `roles`.

    Raises
    ------
    StoreError
        When there is none; it names who may.
    """
    client = client_named(connection, name, at_us=at_us)
    if client is not None and client.role in roles:
        return client
    who = f"{name} is {described(client)}" if client else f"there is no person {name} with a valid key"
    able = clients_with(connection, roles, at_us=at_us)
    remedy = f"Give one of {', '.join(able)}." if able else f"`parcel-risk client NAME --role {roles[0]}` makes one."
    raise StoreError(f"{who}; this needs the role {' or '.join(roles)}. {remedy}")
