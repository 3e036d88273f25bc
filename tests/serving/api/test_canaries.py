"""Names, telephones and addresses stay where they belong, and one operator meets nothing of another: over every route.

Routes are found in the API's own description, so that one that is added is met as well.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from serving.api.description import operations
from serving.api.examples import EXAMPLES, PARCEL
from serving.app import create_app
from serving.settings import Settings
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

NAME, PHONE, STREET, PLACE = "Zyxwina Quorvath", "+4915799887766", "Quibblestrasse", "Xanthopolis"
TRACES = (b"quorvath", b"zyxwina", b"15799887766", b"quibblestrasse", b"xanthopolis")
"""What is searched for, in lower case: in whatever form a value is kept, one of its words is in it."""
PERSON = {"name": NAME, "phone": PHONE, "street": STREET, "city": PLACE, "email": "zyxwina@quorvath.example"}
NUMBER = "RB473124829US"
READERS = (Role.ANALYST, Role.SCIENTIST, Role.AUDITOR, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Service:
    app: FastAPI
    http: TestClient
    settings: Settings
    heads: dict[str, dict[str, str]]

    def routes(self) -> list[tuple[str, str]]:
        return [(method, path) for path, method, _ in operations(self.app.openapi()) if path.startswith("/v1/")]

    def send(self, who: str, method: str, path: str, **given: Any) -> Response:
        return self.http.request(method, path, headers={**self.heads[who], **given.pop("headers", {})}, **given)


def canaried(parcel: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A parcel whose parties are canaries."""
    parties = {f"{party}_{name}": value for party in ("sender", "recipient") for name, value in PERSON.items()}
    return {**copy.deepcopy(parcel), **parties, **changes}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = bare_settings(tmp_path_factory.mktemp("canaries"))
    keys = {role.value: client_key(settings, role.value, None, role) for role in Role if role is not Role.OPERATOR}
    keys |= {name: client_key(settings, name, f"{name}-a") for name in ("post", "courier")}
    app = create_app(settings, Clock())
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Service(app, http, settings, {name: bearer(key) for name, key in keys.items()})


def filled(path: str, value: str) -> str:
    return re.sub(r"\{[^}]+\}", value, path)


def traces_in(content: bytes) -> list[bytes]:
    return [trace for trace in TRACES if trace in content.lower()]


def lodge(service: Service) -> None:
    """What a post knows: a parcel, one that is rejected, a file, an item without declaration."""
    assert service.send("post", "post", "/v1/parcels", json=canaried(PARCEL)).status_code == 200
    doubtful = canaried(PARCEL, parcel_id="RB473124832US", gross_weight_g="heavy")
    rejected = canaried(PARCEL, parcel_id="", lodged_at=NAME)
    answer = service.send("post", "post", "/v1/manifests", json={"parcels": [doubtful, rejected]})
    assert answer.json()["n_rejected"] >= 1
    label = {f"recipient_{name}": PERSON[name] for name in ("name", "street", "city")}
    item = {**label, "stream": "letter", "recipient_postcode": "10115", "weight_g": 300}
    assert service.send("supervisor", "post", "/v1/observed", json={"items": [item]}).status_code == 200


def probe(service: Service) -> Iterator[Response]:
    """Every route is asked with canaries wherever something can be written: address, query, body, headers."""
    told = {"Idempotency-Key": STREET, "X-Request-Id": PHONE, "User-Agent": NAME, "Referer": f"/{PLACE}"}
    for method, path in service.routes():
        for who in ("post", "supervisor", "auditor", "analyst"):
            with_address = filled(path, NAME)
            yield service.send(who, method, with_address, params={NAME: PHONE, "after": STREET})
            yield service.send(who, method, with_address, headers=told)
            if method in ("post", "put"):
                yield service.send(who, method, with_address, json={NAME: PHONE, "parcel_id": {STREET: PLACE}})
                yield service.send(who, method, with_address, content=f'{{"{NAME}": "{PHONE}', headers=told)
    for path in ("/station", "/station/queue", f"/station/{NAME}", f"/problems/{NAME}", f"/{STREET}"):
        yield service.http.get(path, params={"parcel": NAME, STREET: PHONE}, headers={"Accept": "text/html"})
    yield service.http.post("/station/sign-in", data={"name": NAME, "passphrase": PHONE})
    yield service.http.post("/v1/oauth/token", data={"grant_type": NAME, "client_id": STREET, "client_secret": PHONE})
    yield service.http.get("/v1/quality", headers=bearer(STREET))


def test_canaries_of_persons_are_in_no_log_metric_problem_file_name_or_file(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    lodge(service)
    answers = list(probe(service))
    assert len(answers) > 400
    assert {one.status_code for one in answers if one.status_code >= 500} == set()
    refused = [one for one in answers if one.status_code >= 400]
    repeating = {(one.request.method, one.request.url.path, one.text) for one in refused if traces_in(one.content)}
    assert repeating == set()
    said = capfd.readouterr()
    assert "request" in said.out + said.err, "the log is looked at"
    assert traces_in((said.out + said.err).encode()) == []
    assert traces_in(service.http.get("/metrics").content + service.http.get("/readyz").content) == []
    files = [path for path in Path(service.settings.home).rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        assert traces_in(str(path.relative_to(service.settings.home)).encode() + path.read_bytes()) == [], path.name


def test_no_route_shows_an_operator_anything_of_another(service: Service) -> None:
    """Nor a role that reads no parcels; and what they try changes nothing."""
    lodge(service)
    before = service.send("post", "get", f"/v1/parcels/{NUMBER}").json()
    waiting = service.send("post", "get", "/v1/quarantine").json()
    entry = waiting["rows"][0]["id"] if waiting.get("rows") and "id" in waiting["rows"][0] else 1
    own = (NUMBER.encode(), b"RB473124832US", b"post-a")
    for method, path in service.routes():
        if path == "/v1/oauth/token":
            continue
        for who in ("courier", *READERS):
            for value in (NUMBER, str(entry)):
                is_lodging = (method, path) in {("post", "/v1/parcels"), ("post", "/v1/manifests")}
                body = None if is_lodging else EXAMPLES.get((method, path))
                answer = service.send(who, method, filled(path, value), **({"json": body} if body else {}))
                assert answer.status_code < 500
                assert traces_in(answer.content) == [], f"{who}: {method} {path}"
                if who == "courier":
                    assert not any(one in answer.content for one in own), f"{who}: {method} {path}"
                    assert answer.status_code != 200 or method == "get", f"{who}: {method} {path}"
    assert service.send("post", "get", f"/v1/parcels/{NUMBER}").json() == before
    assert service.send("post", "get", "/v1/quarantine").json() == waiting
    assert service.send("courier", "get", f"/v1/parcels/{NUMBER}").status_code == 404
