"""A service without a model that the tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.settings import Settings
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer


@dataclass(frozen=True)
class Bare:
    app: FastAPI
    http: TestClient
    settings: Settings
    clock: Clock
    post: dict[str, str]
    """Header of an operator, who is shown scores; `courier` that of another one."""
    courier: dict[str, str]
    supervisor: dict[str, str]
    auditor: dict[str, str]

    def paths(self) -> dict[str, dict[str, object]]:
        return self.app.openapi()["paths"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    settings = bare_settings(tmp_path_factory.mktemp("bare"))
    clock = Clock()
    keys = {
        "post": client_key(settings, "post", "post-a"),
        "courier": client_key(settings, "courier", "courier-a"),
        "supervisor": client_key(settings, "supervisor-1", None, Role.SUPERVISOR),
        "auditor": client_key(settings, "auditor-1", None, Role.AUDITOR),
    }
    app = create_app(settings, clock)
    with TestClient(app, raise_server_exceptions=False) as http:
        heads = {name: bearer(key) for name, key in keys.items()}
        yield Bare(app=app, http=http, settings=settings, clock=clock, **heads)
