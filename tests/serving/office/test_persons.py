from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from features.parcel.problems import StoreError
from serving.office.persons import acting
from serving.store import Client, Role, Store
from serving.store.clients import add_client, revoke


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with Store(f"sqlite:///{tmp_path}/store.db") as store, store.begin() as connection:
        yield connection


def person(connection: Connection, name: str, role: Role, *, expires_at: int | None = None) -> Client:
    client = Client(client_id=name, role=role, operator=None)
    add_client(connection, client, at_us=0, expires_at=expires_at)
    return client


def test_a_person_with_the_role_acts(connection: Connection) -> None:
    for role in Role:
        if role is not Role.OPERATOR:
            client = person(connection, f"a-{role}", role)
            assert acting(connection, f"a-{role}", Role.OPERATOR, role, at_us=1) == client


def test_the_wrong_role_is_told_who_may(connection: Connection) -> None:
    person(connection, "ana", Role.ANALYST)
    person(connection, "sue", Role.SUPERVISOR)
    person(connection, "sam", Role.SUPERVISOR, expires_at=1)
    with pytest.raises(StoreError, match=r"ana is an analyst; .* role supervisor or administrator\. Give one of sue\."):
        acting(connection, "ana", Role.SUPERVISOR, Role.ADMINISTRATOR, at_us=2)


def test_a_person_without_a_valid_key_does_not_act(connection: Connection) -> None:
    person(connection, "ana", Role.ANALYST)
    revoke(connection, client_id="ana", at_us=1)
    for name in ("ana", "nobody"):
        with pytest.raises(
            StoreError, match=f"no person {name} with a valid key.*client NAME --role analyst` makes one"
        ):
            acting(connection, name, Role.ANALYST, at_us=2)
