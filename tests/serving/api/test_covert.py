"""Covert referrals: whatever an operator asks, the answers are those that it would get without the referral."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from policy.rules import Rule
from serving.app import create_app
from serving.office import rules as office_rules
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.clients import add_client
from tests.builders import a_parcel
from tests.conftest import Clock
from tests.serving.api.test_manifest_files import finished
from tests.serving.bare import bare_settings
from tests.serving.conftest import bearer
from tests.serving.office.test_rules import ANALYST, SUPERVISOR, document

OFFICER = Client(client_id="officer-1", role=Role.OFFICER, operator=None)
NUMBER, OTHER, THIRD, FOURTH = "RB000000011US", "RB000000025US", "RB000000039US", "RB000000056US"


def parcel(number: str, **changes: Any) -> dict[str, Any]:
    given = a_parcel(parcel_id=number, **changes)
    for name in ("operator", "lodged_at", "posted_at", "due_at"):
        del given[name]
    return given


def everything(api: TestClient, clock: Clock, key: str) -> dict[str, str]:
    """Every route of the operator with what it answers, in one life of some parcels."""
    seen: dict[str, str] = {}

    def ask(method: str, template: str, path: str = "", **given: Any) -> Any:
        clock.pass_by(minutes=1)
        headers = bearer(key) | given.pop("headers", {})
        answer = api.request(method, path or template, headers=headers, **given)
        name = f"{method.lower()} {template}"
        seen[f"{name} #{sum(one.startswith(name) for one in seen)}"] = f"{answer.status_code} {answer.text}"
        return answer

    ask("POST", "/v1/parcels", json=parcel(NUMBER))
    ask("POST", "/v1/parcels", json=parcel(NUMBER))
    ask("POST", "/v1/parcels", json=parcel(NUMBER, gross_weight_g=350))
    ask("POST", "/v1/manifests", json={"parcels": [parcel(OTHER), {"parcel_id": "x" * 99}]})
    file = f"parcel_id,stream,dispatch_country,gross_weight_g,description\n{THIRD},letter,US,400,shirt\n".encode()
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
    started = ask("POST", "/v1/manifests", headers=headers, content=file)
    job = started.json().get("job_id", "none")
    if job != "none":
        finished(api, key, job)
    ask("GET", "/v1/jobs/{job_id}", f"/v1/jobs/{job}")
    ask("GET", "/v1/jobs/{job_id}/results", f"/v1/jobs/{job}/results")
    ask("DELETE", "/v1/jobs/{job_id}", f"/v1/jobs/{job}")
    held = ask("GET", "/v1/quarantine").json()["rows"][0]["held_id"]
    ask("POST", "/v1/quarantine/{held_id}", f"/v1/quarantine/{held}", json=parcel("RB000000042US"))
    ask("DELETE", "/v1/quarantine/{held_id}", f"/v1/quarantine/{held}")
    ask("POST", "/v1/parcels", json={"parcel_id": OTHER, "function": "cancel"})
    ask("POST", "/v1/parcels", json=parcel(OTHER, gross_weight_g=345))
    for number in (NUMBER, OTHER, THIRD):
        ask("GET", "/v1/parcels/{parcel_id}", f"/v1/parcels/{number}")
    ask("GET", "/v1/replies")
    ask("GET", "/v1/replies", "/v1/replies?format=ics2")
    ask("GET", "/v1/quality")
    ask("POST", "/v1/parcels", json=parcel(FOURTH))
    ask("POST", "/v1/reports", json={"parcel_id": FOURTH, "condition": "damaged"})
    ask("GET", "/v1/parcels/{parcel_id}", f"/v1/parcels/{FOURTH}")
    ask("GET", "/v1/operator-reports/{quarter}", "/v1/operator-reports/2026-Q1")
    called = ask("POST", "/v1/webhooks", json={"url": "https://192.0.2.7/called"})
    webhook = f"/v1/webhooks/{called.json().get('webhook_id', 'wh_none')}"
    ask("GET", "/v1/webhooks")
    ask("POST", "/v1/webhooks/{webhook_id}/replay", f"{webhook}/replay", json={"since": "2026-01-01T00:00:00Z"})
    for what in ("test", "rotate", "disable"):
        ask("POST", f"/v1/webhooks/{{webhook_id}}/{what}", f"{webhook}/{what}")
    ask("GET", "/livez")
    ask("GET", "/readyz")
    random = re.compile(rf'{job}|(?<="request_id":")[0-9a-f]+|wh_[0-9a-f]+|whsec_[A-Za-z0-9+/=]+')
    return {name: random.sub("ANY", text) for name, text in seen.items()}


def told(folder: Path, covert: Callable[[Settings, Clock], None]) -> tuple[dict[str, str], set[str], set[str]]:
    """What operators with and without a view of scores are shown, the operator's routes, and what officers read."""
    settings, clock = bare_settings(folder).model_copy(update={"inline_bytes": 10}), Clock()
    with Store(settings.database) as store, store.begin() as connection:
        operator = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
        key = add_client(connection, operator, at_us=0, sees_scores=True)
    covert(settings, clock)
    app = create_app(settings, clock)
    with TestClient(app, raise_server_exceptions=False) as api:
        seen = everything(api, clock, key)
        paths = app.openapi()["paths"]
        mine = {f"{method} {path}" for path, methods in paths.items() for method in methods}
        mine = {one for one in mine if api.request(*one.split(" "), headers=bearer(key)).status_code != 403}
        mine.discard("post /v1/oauth/token")  # it takes no key in the header, and knows nothing of parcels
        office: Office = app.state.office
        asked = {look_up(office, number, OFFICER).parcels[0].answer.referral for number in (NUMBER, OTHER, THIRD)}
    return seen, mine, {one.value for one in asked}


def live(settings: Settings, clock: Clock, **changes: Any) -> None:
    rule = Rule.from_document(document(refer="hold", **changes))
    with Store(settings.database) as store, store.begin() as connection:
        office_rules.draft(connection, rule, ANALYST, clock())
        office_rules.approve(connection, rule.name, SUPERVISOR, clock())
        office_rules.go_live(connection, rule.name, ANALYST, clock())


def test_no_route_of_an_operator_tells_covert_from_routine(tmp_path: Path) -> None:
    routine, routes, asked = told(tmp_path / "routine", lambda *_: None)
    assert {one.rpartition(" #")[0] for one in routine} == routes, "every route that an operator may use is met"
    assert asked == {"not_assessed", "ask_operator"}
    covert, _, covertly = told(tmp_path / "covert", lambda settings, clock: live(settings, clock, covert=True))
    assert covertly == {"hold"}, "officers read what is asked"
    assert covert == routine
    openly, _, _ = told(tmp_path / "open", lambda settings, clock: live(settings, clock))
    assert openly != routine, "the comparison sees what is not hidden"
