"""What the roles may do: every route is met by discovery, and nothing is allowed that was not said to be."""

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

LISTS = {
    *(("get", path) for path in ("/v1/lists", "/v1/lists/{name}", "/v1/lists/{name}/entries")),
    *(("post", path) for path in ("/v1/lists", "/v1/lists/from-parcels", "/v1/lists/{name}/retired")),
    ("put", "/v1/lists/{name}/entries"),
}
"""Routes of those who make lists."""
READ_RULES = {
    ("get", path) for path in ("/v1/rules", "/v1/rules/{name}", "/v1/typologies", "/v1/typologies/{typology}")
}
WRITE_RULES = {
    ("post", path)
    for path in (
        *("/v1/rules", "/v1/rules/check", "/v1/rules/{name}/approve"),
        *("/v1/rules/{name}/live", "/v1/rules/{name}/retire"),
        *("/v1/typologies", "/v1/typologies/{typology}/adopt", "/v1/hunts"),
    )
} | {("get", "/v1/hunts")}
WHAT_IF = {("post", "/v1/whatif")}
SHADOW = {("get", "/v1/shadow"), ("post", "/v1/shadow"), ("post", "/v1/shadow/stop")}
IN_FORCE = {("get", "/v1/policy"), ("get", "/v1/policy/decisions")}
MODEL = {("get", "/v1/model")}
EXCHANGE = {
    *(("get", f"/v1/exchange/{path}") for path in ("packages", "packages/{number}/file", "received/{number}/matches")),
    *(("post", f"/v1/exchange/{path}") for path in ("packages", "packages/{number}/withdraw", "receipts", "received")),
    *(("get", "/v1/comparisons"), ("post", "/v1/comparisons"), ("post", "/v1/comparisons/results")),
    *(("post", "/v1/overlaps"), ("post", "/v1/overlaps/results")),
}
"""Routes of those who prepare what is exchanged with other authorities."""
RELEASE = {
    *(("post", f"/v1/exchange/{path}") for path in ("packages/{number}/release", "received/{number}/decision")),
    ("post", "/v1/comparisons/answers"),
    ("post", "/v1/overlaps/answers"),
}
STOPS = {("get", "/v1/score-stops")}
READ_CASES = {
    ("get", path)
    for path in ("/v1/accounts/{quarter}", "/v1/complaints", "/v1/holds", "/v1/investigations", "/v1/waivers")
}
CASES = {
    *(("post", "/v1/score-stops"), ("post", "/v1/score-stops/end"), ("get", "/v1/overlooked")),
    *(("post", path) for path in ("/v1/investigations", "/v1/investigations/{row_id}/end", "/v1/waivers")),
    ("post", "/v1/complaints/{row_id}/answer"),
    ("post", "/v1/holds/{row_id}/lift"),
    ("post", "/v1/withdrawals"),
}
OPEN = {("get", "/livez"), ("get", "/readyz"), ("post", "/v1/oauth/token")}
"""Routes without a key."""
CAPACITY = {
    ("get", "/v1/capacity"),
    ("post", "/v1/capacity"),
    ("post", "/v1/capacity/preview"),
    ("post", "/v1/capacity/{number}/approval"),
}
ALLOWED: dict[Role, set[tuple[str, str]]] = {
    Role.ANALYST: LISTS
    | READ_RULES
    | WRITE_RULES
    | IN_FORCE
    | WHAT_IF
    | SHADOW
    | MODEL
    | STOPS
    | EXCHANGE
    | {("get", "/v1/seizures/export")},
    Role.SCIENTIST: READ_RULES | IN_FORCE | WHAT_IF | SHADOW | MODEL,
    Role.AUDITOR: {
        ("get", "/v1/audit"),
        ("get", "/v1/audit/checkpoint"),
        ("post", "/v1/evidence"),
        ("get", "/v1/lists"),
        ("get", "/v1/lists/{name}"),
        *READ_RULES,
        *IN_FORCE,
        *MODEL,
        *READ_CASES,
        *STOPS,
        ("get", "/v1/overlooked"),
        ("get", "/v1/comparisons"),
    },
    Role.ADMINISTRATOR: CAPACITY | MODEL,
    Role.SORTER: {("post", "/v1/sort"), ("post", "/v1/sort/{sort_id}/confirmation"), ("get", "/v1/sort/table")},
}
"""Routes that these roles may use."""


@dataclass(frozen=True)
class Service:
    app: FastAPI
    api: TestClient
    keys: dict[Role, str]

    def routes(self) -> set[tuple[str, str]]:
        paths = self.app.openapi()["paths"]
        return {(method, path) for path, methods in paths.items() for method in methods} - OPEN

    def refusals(self, role: Role) -> set[tuple[str, str]]:
        headers = bearer(self.keys[role])
        return {
            (method, path)
            for method, path in self.routes()
            if self.api.request(method, path, headers=headers).status_code == 403
        }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings: Settings = bare_settings(tmp_path_factory.mktemp("roles"))
    keys = {role: client_key(settings, role.value, "post-a" if role is Role.OPERATOR else None, role) for role in Role}
    app = create_app(settings, Clock())
    with TestClient(app, raise_server_exceptions=False) as api:
        yield Service(app, api, keys)


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_may_use_only_the_routes_that_exist_for_it(service: Service, role: Role) -> None:
    assert len(service.routes()) > 20
    assert service.routes() - service.refusals(role) == ALLOWED[role]


def test_a_supervisor_may_do_what_an_officer_may_and_what_concerns_lists_rules_and_capacity(service: Service) -> None:
    more = service.refusals(Role.OFFICER) - service.refusals(Role.SUPERVISOR)
    assert service.refusals(Role.SUPERVISOR) < service.refusals(Role.OFFICER)
    changing = {("post", "/v1/lists/{name}/approved"), *CAPACITY, *LISTS, *WRITE_RULES}
    assert (
        more
        == changing - ALLOWED[Role.AUDITOR]
        | IN_FORCE
        | WHAT_IF
        | SHADOW
        | MODEL
        | EXCHANGE
        | RELEASE
        | CASES
        | READ_CASES
    )
    assert ("post", "/v1/parcels") in service.refusals(Role.SUPERVISOR)
    assert ("post", "/v1/outcomes") not in service.refusals(Role.SUPERVISOR)


def test_the_refusal_names_the_role_that_is_needed(service: Service) -> None:
    refused = service.api.get("/v1/parcels/EE473124829TH", headers=bearer(service.keys[Role.ANALYST]))
    assert refused.status_code == 403
    assert (
        refused.json()["detail"] == "Only for the roles operator, officer, supervisor; this key has the role analyst."
    )


@pytest.mark.parametrize("role", Role)
def test_only_who_inspects_signs_in_at_the_station(service: Service, role: Role) -> None:
    answer = service.api.post("/station/login", data={"key": service.keys[role]}, follow_redirects=False)
    is_in = answer.headers["location"] == "/station"
    assert is_in == (role in {Role.OFFICER, Role.SUPERVISOR})
