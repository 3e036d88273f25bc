"""Keys of clients: several, with an end, rotated and revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from features.parcel.problems import ParcelRiskError, StoreError
from parcel_risk.client import new_client
from parcel_risk.clients import list_clients
from parcel_risk.revoke import revoke_keys
from parcel_risk.rotate import rotate_key
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.audit import entries
from serving.store.clients import add_client, client_named, find_client, keys_of, revoke, rotate
from serving.store.statements import Statement

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
COURIER = Client(client_id="courier", role=Role.OPERATOR, operator="courier-a")


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with Store(url) as store, store.begin() as connection:
        yield connection


def test_a_key_finds_its_client_and_no_other_text_does(connection: Connection) -> None:
    key = add_client(connection, POST, at_us=0)
    add_client(connection, COURIER, at_us=0)
    assert find_client(connection, key, at_us=1) == POST
    assert find_client(connection, key[:-1], at_us=1) is None
    assert find_client(connection, "", at_us=1) is None


def test_a_second_key_leaves_the_first_one_valid(connection: Connection) -> None:
    first, second = add_client(connection, POST, at_us=0), add_client(connection, POST, at_us=1)
    assert find_client(connection, first, at_us=2) == find_client(connection, second, at_us=2) == POST


def test_a_key_expires_at_its_end(connection: Connection) -> None:
    key = add_client(connection, POST, at_us=0, expires_at=100)
    assert find_client(connection, key, at_us=99) == POST
    assert find_client(connection, key, at_us=100) is None
    assert client_named(connection, "post", at_us=99) == POST
    assert client_named(connection, "post", at_us=100) is None


def test_a_revoked_client_is_not_accepted(connection: Connection) -> None:
    first, second = add_client(connection, POST, at_us=0), add_client(connection, POST, at_us=0)
    other = add_client(connection, COURIER, at_us=0)
    assert revoke(connection, client_id="post", at_us=5) == 2
    assert find_client(connection, first, at_us=6) is None
    assert find_client(connection, second, at_us=6) is None
    assert client_named(connection, "post", at_us=6) is None
    assert find_client(connection, other, at_us=6) == COURIER


def test_a_glance_sees_what_another_process_has_committed_and_outlives_a_failure(url: str) -> None:
    with Store(url) as service, Store(url) as command:
        with command.begin() as connection:
            key = add_client(connection, POST, at_us=0)
        with service.glance() as connection:
            assert find_client(connection, key, at_us=1) == POST
        with command.begin() as connection:
            revoke(connection, client_id="post", at_us=1)
        with service.glance() as connection:
            assert find_client(connection, key, at_us=1) is None
        with pytest.raises(StoreError), service.glance() as connection:
            Statement(text("SELECT 1 FROM nowhere")).run(connection, {})
        with service.glance() as connection:
            assert find_client(connection, key, at_us=0) is None


def test_one_key_is_revoked_alone(connection: Connection) -> None:
    first, second = add_client(connection, POST, at_us=0), add_client(connection, POST, at_us=1)
    oldest, _ = keys_of(connection, "post")
    assert revoke(connection, key_id=oldest.key_id, at_us=5) == 1
    assert find_client(connection, first, at_us=6) is None
    assert find_client(connection, second, at_us=6) == POST


def test_after_a_rotation_both_keys_are_valid_for_the_overlap_only(connection: Connection) -> None:
    old = add_client(connection, POST, at_us=0)
    other = add_client(connection, COURIER, at_us=0)
    new = rotate(connection, "post", at_us=10, overlap_us=5, expires_at=1_000)
    assert [find_client(connection, old, at_us=at) for at in (14, 15)] == [POST, None]
    assert [find_client(connection, new, at_us=at) for at in (14, 999, 1_000)] == [POST, POST, None]
    assert find_client(connection, other, at_us=10**9) == COURIER


def test_a_rotation_does_not_prolong_a_key(connection: Connection) -> None:
    old = add_client(connection, POST, at_us=0, expires_at=12)
    rotate(connection, "post", at_us=10, overlap_us=5, expires_at=None)
    assert find_client(connection, old, at_us=13) is None


def test_a_name_keeps_its_role_and_operator(connection: Connection) -> None:
    add_client(connection, POST, at_us=0)
    with pytest.raises(StoreError, match=r"an operator's client \(post-a\) already"):
        add_client(connection, Client(client_id="post", role=Role.OFFICER, operator=None), at_us=1)


def test_unknown_clients_and_keys_are_said(connection: Connection) -> None:
    with pytest.raises(StoreError, match="no client nobody"):
        revoke(connection, client_id="nobody", at_us=0)
    with pytest.raises(StoreError, match="no client nobody"):
        rotate(connection, "nobody", at_us=0, overlap_us=0, expires_at=None)
    with pytest.raises(StoreError, match="no key 00"):
        revoke(connection, key_id="00", at_us=0)


def test_the_list_holds_hints_and_states_but_no_key(connection: Connection) -> None:
    keys = [add_client(connection, POST, at_us=0, expires_at=end) for end in (None, 10)]
    listed = keys_of(connection)
    assert {one.hint for one in listed} == {key[-4:] for key in keys}
    assert sorted(one.state(20) for one in listed) == ["expired", "valid"]
    assert not any(key in repr(listed) for key in keys)


def test_the_commands_say_what_they_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(home=tmp_path, client_key_days=10)
    new_client(settings, "post", operator="post-a")
    assert capsys.readouterr().err == ""
    new_client(settings, "post", operator="post-a")
    assert "1 other valid keys, which stay valid" in capsys.readouterr().err
    rotate_key(settings, "post", overlap_hours=24)
    list_clients(settings)
    assert capsys.readouterr().out.count(" valid") == 3
    with Store(settings.database) as store, store.begin_read() as connection:
        ends = sorted(key.expires_at - key.created_at for key in keys_of(connection) if key.expires_at)
    assert ends[-1] == 10 * 86_400 * 10**6
    assert ends[0] < 2 * 86_400 * 10**6
    revoke_keys(settings, "post", None)
    assert "3 keys revoked" in capsys.readouterr().out
    with Store(settings.database) as store, store.begin_read() as connection:
        written = [(one.who, one.action, one.detail) for one in entries(connection, limit=9)]
    assert written == [
        ("command", "client key made", "post, an operator's client (post-a)"),
        ("command", "client key made", "post, an operator's client (post-a)"),
        ("command", "client keys rotated", "post"),
        ("command", "client keys revoked", "post"),
    ]
    list_clients(settings)
    assert capsys.readouterr().out.count("revoked") == 3
    with pytest.raises(ParcelRiskError, match="whose keys"):
        revoke_keys(settings, None, None)
    new_client(settings, "officer", role="officer")
    new_client(settings, "officer", role="officer", alone=True)
    with Store(settings.database) as store, store.begin_read() as connection:
        assert [key.revoked_at is None for key in keys_of(connection, "officer")] == [False, True]


def test_a_client_is_an_operators_or_has_a_role_of_persons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(home=tmp_path)
    for given in ({}, {"operator": "post-a", "role": "officer"}):
        with pytest.raises(ParcelRiskError, match="say either whose parcels it lodges"):
            new_client(settings, "one", **given)
    for role in ("operator", "king"):
        with pytest.raises(ParcelRiskError, match=f"no role '{role}' of persons. Give one of officer, supervisor, "):
            new_client(settings, "one", role=role)
    new_client(settings, "ana", role="administrator")
    list_clients(settings)
    assert "ana  administrator  " in capsys.readouterr().out


def test_keys_need_not_expire(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, client_key_days=0)
    new_client(settings, "post", operator="post-a")
    with Store(settings.database) as store, store.begin_read() as connection:
        assert [key.expires_at for key in keys_of(connection)] == [None]
