"""Rules that read a list of the office: what-if and shadow read it as the decision does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from features.model_store import ModelStore
from parcel_risk.cli import app as command
from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.office.shadowing import keep_shadow
from serving.store import Role
from serving.store.shadows import shadow_decisions_of
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

WORD = EXAMPLE["pieces"][0]["description"].split()[0]
TERMS = {
    **{"name": "own-words", "kind": "reference", "fields": ["description"], "owner": "unit", "legal_basis": "UCC 46"},
    **{"reason": "seizures", "source": "own", "source_code": "A", "information_code": 1, "review_on": "2100-01-01"},
}
RULE = {
    **{"name": "worded", "when": "description CONTAINS ANY LIST own-words", "refer": "open", "owner": "team"},
    **{"legal_basis": "UCC 46", "expires_on": "2099-12-31", "must_match": [{"description": WORD}]},
    "must_not_match": [{"description": "something else"}],
}
NUMBERS = ("EE473124829TH", "EE473124832TH")


class Service:
    """The service, an analyst and a supervisor."""

    def __init__(self, api: TestClient, keys: dict[str, str], clock: Clock) -> None:
        self.api, self.keys, self.clock = api, keys, clock

    def send(self, who: str, path: str, body: Any = None, method: str = "post", status: int = 200) -> Any:
        answer = self.api.request(method, f"/v1{path}", json=body, headers=bearer(self.keys[who]))
        assert answer.status_code == status, answer.text
        return answer.json()

    def lodge(self, number: str) -> None:
        self.send("post", "/parcels", {**EXAMPLE, "parcel_id": number})
        self.clock.pass_by(minutes=1)

    def what_if(self, status: int = 200) -> Any:
        """Hits of the rule among what was lodged."""
        period = {"since": "2026-01-01T00:00:00Z", "until": self.clock().isoformat()}
        answer = self.send("ana", "/whatif", {**period, "rules": [RULE]}, status=status)
        return [one["n_hits"] for one in answer.get("sources", [])]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = bare_settings(tmp_path_factory.mktemp("own-lists"))
    roles = {"ana": Role.ANALYST, "sue": Role.SUPERVISOR}
    keys = {name: client_key(settings, name, None, role) for name, role in roles.items()}
    keys["post"] = client_key(settings, "post", "post-a")
    clock = Clock()
    with TestClient(create_app(settings, clock)) as api:
        made = Service(api, keys, clock)
        made.send("ana", "/lists", {"terms": TERMS, "csv": f"words\n{WORD}\n"})
        made.send("sue", "/lists/own-words/approved")
        made.lodge(NUMBERS[0])
        yield made


def test_a_what_if_reads_the_lists_of_the_office_as_they_are_now(service: Service) -> None:
    assert service.what_if() == [1]
    service.send("ana", "/lists/own-words/entries", {"csv": f"words\n{WORD} of another kind\n{WORD}\n"}, "put")
    assert service.what_if() == [1]
    service.send("ana", "/lists/own-words/entries", {"csv": "words\nnothing like it\n"}, "put")
    assert service.what_if() == [1], "a draft is not live"
    service.send("sue", "/lists/own-words/approved")
    assert service.what_if(422) == [], "its test parcel is not matched any more"
    service.send("ana", "/lists/own-words/entries", {"csv": f"words\n{WORD}\n"}, "put")
    service.send("sue", "/lists/own-words/approved")
    assert service.what_if() == [1]


def test_a_shadow_reads_the_lists_of_the_office(service: Service, tmp_path: Path) -> None:
    service.send("ana", "/shadow", {"rules": [RULE]}, status=201)
    service.lodge(NUMBERS[1])
    office = service.api.app.state.office  # type: ignore[attr-defined]
    assert keep_shadow(office, ModelStore(tmp_path)) == 1
    with office.store.begin_read() as connection:
        (made,) = shadow_decisions_of(connection, 1, range(1, 10)).values()
    assert (made.decision.referral, made.decision.cause) == ("open", "rule")


def test_a_day_that_is_none_is_refused_with_what_to_write() -> None:
    for args in (["whatif", "--from", "lately"], ["rule", "test", "x.toml", "--to", "soon"]):
        done = CliRunner().invoke(command, args)
        assert done.exit_code == 2
        said = " ".join(done.output.replace("│", " ").split())
        assert "is neither a day nor a time; write it as in 2026-09-01." in said
