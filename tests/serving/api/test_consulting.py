"""Whatever shows a person, or a parcel in a register, is in the audit: over every route that reads, by discovery."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy import func, select

from serving.api.description import operations
from serving.api.examples import EXAMPLES, PARCEL
from serving.app import create_app
from serving.store import Role
from serving.store.read_spool import ReadSpool
from serving.store.tables import audit
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

NUMBER = "RB473124829US"
GENERAL = ("officer", "outcome", "scored", "stage", "parcel", "evidence")
"""Words of the program that are in the audit, which is withheld, and in names of claims, which are not."""
SHOWN = (b"exampleson", b"lea meyer", b"mill lane", NUMBER.encode())
READERS = (Role.OFFICER, Role.SUPERVISOR, Role.ANALYST, Role.AUDITOR)
PAGES = (
    "",
    "/queue",
    "/stages",
    "/history",
    "/seizure",
    "/exhibit",
    "/cases",
    "/evidence",
    "/exchange",
    "/clocks",
    "/label",
    "/person",
)


@dataclass(frozen=True)
class Service:
    app: FastAPI
    http: TestClient
    keys: dict[str, str]
    exhibit: str

    def n_noted(self) -> int:
        office = self.app.state.office
        office.writer.reads.write_pending()
        with office.store.begin_read() as connection:
            return int(connection.execute(select(func.count()).select_from(audit)).scalar_one())

    def silent(self, path: str, **asked: Any) -> bool:
        """Whether an answer shows something of a parcel, and no entry says so."""
        before = self.n_noted()
        answer = self.http.get(path, **asked)
        assert answer.status_code < 500, f"{path}: {answer.text}"
        is_shown = any(one in answer.content.lower() for one in (*SHOWN, NUMBER.lower().encode()))
        return answer.status_code == 200 and is_shown and self.n_noted() == before


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = bare_settings(tmp_path_factory.mktemp("reads"))
    keys = {role.value: client_key(settings, role.value, None, role) for role in Role if role is not Role.OPERATOR}
    keys["post"] = client_key(settings, "post", "post-a")
    app = create_app(settings, Clock())
    with TestClient(app, raise_server_exceptions=False) as http:
        ids = {"name": "seized-senders", "typology": "letters-of-tablets", "number": "1"}
        for (method, path), body in EXAMPLES.items():
            filled = re.sub(r"\{(\w+)[^}]*\}", lambda one: ids.get(one[1], "1"), path)
            for who in ("post", "analyst", "supervisor"):
                answer = http.request(method, filled, json=body, headers=bearer(keys[who]))
                if answer.status_code != 403:
                    break
            if path == "/v1/exhibits":
                ids["number"] = answer.json()["number"]
        yield Service(app, http, keys, ids["number"])


def test_no_route_shows_a_parcel_in_silence(service: Service) -> None:
    """Operators read what they sent themselves; everybody else leaves an entry."""
    silent, n_read = [], 0
    for path, method, _ in operations(service.app.openapi()):
        if method != "get" or not path.startswith("/v1/"):
            continue
        value = "seized-senders" if "/lists/" in path else service.exhibit if "/exhibits/" in path else NUMBER
        asked = {"parcel_id": NUMBER} if path in ("/v1/stages", "/v1/seizures", "/v1/policy/decisions") else {}
        for role in READERS:
            n_read += 1
            filled = re.sub(r"\{[^}]+\}", value, path)
            if service.silent(filled, headers=bearer(service.keys[role]), params=asked):
                silent.append((role.value, path))
    assert n_read > 150
    assert silent == []


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_nor_does_a_page_of_the_station(service: Service, role: Role) -> None:
    service.http.post("/station/login", data={"key": service.keys[role]})
    found = [page for page in PAGES if service.silent(f"/station{page}")]
    assert found == [], "without a number"
    found = [
        page for page in ("", "/stages", "/history", "/seizure") if service.silent(f"/station{page}?parcel={NUMBER}")
    ]
    assert found == []
    before = service.n_noted()
    assert service.exhibit in service.http.get("/station/exhibit", params={"number": service.exhibit}).text
    assert service.n_noted() == before + 1


def texts(value: Any) -> Iterator[str]:
    """Texts within a claim."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def test_nothing_that_a_bag_withholds_is_anywhere_in_its_edition_for_disclosure(service: Service) -> None:
    order = {"parcel_id": NUMBER, "case": "2026/17"}
    given = service.http.post("/v1/evidence", json=order, headers=bearer(service.keys["supervisor"]))
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("verify.py")}
    whole, cut = (json.loads(files[f"{edition}/data/claims.json"]) for edition in ("full", "disclosure"))
    withheld = {name: value for name, (_, value) in whole.items() if name not in cut}
    assert {"sender", "custody", "row", "audit"} <= {name.split(".")[0] for name in withheld}
    shown = {one for _, value in cut.values() for one in texts(value)} | set(GENERAL) | set(PARCEL)
    secret = {one for value in withheld.values() for one in texts(value)} - shown
    assert len(secret) > 30
    pages = PdfReader(io.BytesIO(files["disclosure/data/record.pdf"])).pages
    files["disclosure/text of the PDF"] = "\n".join(page.extract_text() for page in pages).encode()
    contents = b"".join(content for name, content in files.items() if name.startswith("disclosure/"))
    assert [one for one in sorted(secret) if len(one) > 4 and one.encode() in contents] == []
    salts = {salt for name, (salt, _) in whole.items() if name in withheld}
    assert [one for one in salts if one.encode() in contents] == []


def test_a_register_that_cannot_be_noted_is_not_shown(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = service.app.state.office.writer.reads
    monkeypatch.setattr(reads, "_spool", ReadSpool(Path("/proc/nowhere/reads.spool")))
    monkeypatch.setattr(reads, "_written", lambda fresh: False)
    for path in ("investigations", "complaints", f"exhibits/{service.exhibit}"):
        answer = service.http.get(f"/v1/{path}", headers=bearer(service.keys["supervisor"]))
        assert (answer.status_code, NUMBER in answer.text) == (503, False)
