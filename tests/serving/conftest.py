"""A running application with an operator, another operator and an officer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.clients import add_client
from tests.conftest import Clock
from tests.postgres import database, server


@dataclass(frozen=True)
class Keys:
    """API keys of the clients; the operators are shown scores."""

    post: str
    courier: str
    officer: str
    supervisor: str
    auditor: str
    analyst: str


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def keys(settings: Settings) -> Keys:
    with Store(settings.database) as store, store.begin() as connection:

        def key(name: str, role: Role, operator: str | None) -> str:
            is_shown = role is Role.OPERATOR
            return add_client(
                connection, Client(client_id=name, role=role, operator=operator), at_us=0, sees_scores=is_shown
            )

        return Keys(
            post=key("post", Role.OPERATOR, "post-a"),
            courier=key("courier", Role.OPERATOR, "courier-a"),
            officer=key("officer-7", Role.OFFICER, None),
            supervisor=key("supervisor-1", Role.SUPERVISOR, None),
            auditor=key("auditor-1", Role.AUDITOR, None),
            analyst=key("analyst-7", Role.ANALYST, None),
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server for the session."""
    with server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """URL of an empty database of its own."""
    with database(postgres) as url:
        yield url


@pytest.fixture
def app(settings: Settings, clock: Clock) -> FastAPI:
    return create_app(settings, clock)


@pytest.fixture
def api(app: FastAPI, keys: Keys) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
