"""A service without a model, with two supervisors, an officer and an operator who lodged a few parcels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.office.office import Office
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

NUMBERS = ("EE473124829TH", "EE473124832TH", "EE473124846TH", "EE473124850TH", "EE473124863TH", "EE473124877TH")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The service, seen by two supervisors and an officer."""

    office: Office
    clock: Clock
    sue: TestClient
    sam: TestClient
    officer: TestClient
    keys: Mapping[str, str]

    def get(self, path: str, who: str = "sue", **query: Any) -> str:
        """Text of a page of the desk, which has to answer with success."""
        answer = getattr(self, who).get(f"/station/desk{path}", params=query)
        assert answer.status_code == 200, answer.text
        return bare(answer.text)

    def post(self, path: str, form: Mapping[str, str], who: str = "sue") -> Response:
        """Post a form, and follow where it leads."""
        answer: Response = getattr(self, who).post(f"/station/desk{path}", data=dict(form))
        return answer

    def lodge(self, *numbers: str, **given: Any) -> None:
        """Lodge parcels."""
        rows = [{**EXAMPLE, "parcel_id": number, **given} for number in numbers]
        answer = self.sue.post("/v1/manifests", json={"parcels": rows}, headers=bearer(self.keys["post"]))
        assert answer.json()["n_scored"] == len(numbers), answer.text


def bare(page: str) -> str:
    """Text of a page without the marks around values."""
    return unescape(re.sub(r"</?(?:bdi|code|span)[^>]*>", "", page))


def cells(page: str, caption: str) -> list[list[str]]:
    """Rows of the table with this caption, as texts."""
    (body,) = re.findall(rf"<caption>{re.escape(caption)}.*?</caption>.*?<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[bare(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def seen(page: str) -> str:
    """Digest that the button sends which keeps what was shown."""
    (found,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page)
    return str(found)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = bare_settings(tmp_path_factory.mktemp("desk")).model_copy(update={"capacity_share": 0.3})
    roles = {"sue": Role.SUPERVISOR, "sam": Role.SUPERVISOR, "officer": Role.OFFICER}
    keys = {name: client_key(settings, name, None, role) for name, role in roles.items()}
    keys["post"] = client_key(settings, "post", "post-a")
    clock = Clock()
    app = create_app(settings, clock)
    with TestClient(app, raise_server_exceptions=False) as sue:
        people = {"sue": sue, "sam": TestClient(app), "officer": TestClient(app)}
        for name, api in people.items():
            api.post("/station/login", data={"key": keys[name]})
        made = Desk(office=app.state.office, clock=clock, keys=keys, **people)
        made.lodge(*NUMBERS)
        clock.pass_by(minutes=5)
        yield made
