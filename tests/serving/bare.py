"""An installation without a model and of its own keys, opened in a moment: for tests that are about other things."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving.installation import Installation
from serving.keys import make_keys
from serving.office.office import Office
from serving.settings import Settings, environment_of
from serving.store import Client, Role, Store
from serving.store.clients import add_client
from tests.conftest import Clock
from tests.stores import put_store


def bare_settings(folder: Path) -> Settings:
    """Settings of an installation with keys and without a model, whose line opens one parcel in a million."""
    settings = Settings(home=folder / "home", models_dir=folder / "none", port=0, capacity_share=1e-6)
    make_keys(settings, approver="tester")
    return put_store(settings)


def put_environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let commands that run here have these settings."""
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)


def client_key(settings: Settings, name: str, operator: str | None, role: Role = Role.OFFICER) -> str:
    """Key of a new client: of an operator, who is shown scores, or of a person with `role`."""
    role = Role.OPERATOR if operator else role
    with Store(settings.database) as store, store.begin() as connection:
        client = Client(client_id=name, role=role, operator=operator)
        return add_client(connection, client, at_us=0, sees_scores=operator is not None)


@contextmanager
def opened(settings: Settings, clock: Clock) -> Iterator[Office]:
    """The office of `settings`, closed in order at the end."""
    office = Installation.open(settings, clock).office()
    try:
        yield office
    finally:
        office.close()
