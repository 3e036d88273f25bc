"""Operators are called about their own parcels: signed, thin, in order, tried again, and never into our own network."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.office.office import Office
from serving.office.webhooks import calling
from serving.office.webhooks.addresses import Addresses, AddressRefused, networks_of
from serving.office.webhooks.calling import call
from serving.office.webhooks.sending import BACK_OFF, MOST_TRIES, send_due
from serving.office.webhooks.signing import WebhookError, check, headers_of, secret_text
from serving.settings import Settings
from serving.store import Role
from serving.store.tables import audit
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = "127.0.0.0/8"


@dataclass
class Receiver:
    """A server of an operator: what came, and what it answers."""

    url: str
    status: int = 204
    location: str = ""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]

    def changes(self) -> list[tuple[str, str]]:
        return [(one["data"]["parcel_id"], one["data"]["changed"]) for one in self.bodies()]


@contextmanager
def received() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.came.append((dict(self.headers), body))
            self.send_response(found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(url=f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Place:
    http: TestClient
    clock: Clock
    settings: Settings
    post: dict[str, str]
    courier: dict[str, str]
    receiver: Receiver
    addresses: Addresses

    @property
    def office(self) -> Office:
        found: Office = self.http.app.state.office  # type: ignore[attr-defined]
        return found

    def register(self) -> dict[str, Any]:
        answer = self.http.post("/v1/webhooks", json={"url": self.receiver.url}, headers=self.post)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def lodge(self, number: str, **changes: Any) -> None:
        body = {**EXAMPLE, "parcel_id": number, **changes}
        assert self.http.post("/v1/parcels", json=body, headers=changes.pop("by", self.post)).status_code == 200

    def send(self) -> int:
        return send_due(self.office, self.addresses)

    def shown(self) -> dict[str, Any]:
        return dict(self.http.get("/v1/webhooks", headers=self.post).json()["webhooks"][-1])


@pytest.fixture
def place(tmp_path: Path, clock: Clock) -> Iterator[Place]:
    settings = bare_settings(tmp_path).model_copy(update={"webhook_networks": LOOPBACK})
    post, courier = (bearer(client_key(settings, name, f"{name}-a")) for name in ("post", "courier"))
    app = create_app(settings, clock)
    with received() as receiver, TestClient(app) as http:
        addresses = app.state.addresses
        # Registration is as configured; what the service sends by itself in the background is left to the test.
        app.state.tasks[[one.name for one in app.state.tasks].index("webhooks")].stop()
        yield Place(http, clock, settings, post, courier, receiver, addresses)


def test_a_signature_is_that_of_the_specification() -> None:
    body = b'{"test": 2432232314}'
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [SECRET])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert check(headers, body, SECRET, now_s=1614265400.0) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


@pytest.mark.parametrize(
    ("changes", "body", "now_s", "says"),
    [
        ({}, b"{ }", 0.0, "no signature of the message is right"),
        ({"webhook-id": "other"}, b"{}", 0.0, "no signature of the message is right"),
        ({"webhook-timestamp": "1"}, b"{}", 0.0, "no signature of the message is right"),
        ({"webhook-timestamp": "x"}, b"{}", 0.0, "not all there"),
        ({}, b"{}", 301.0, "away from now"),
    ],
)
def test_what_was_changed_or_repeated_later_is_refused(changes, body: bytes, now_s: float, says: str) -> None:
    key = secret_text(bytes(32))
    with pytest.raises(WebhookError, match=says):
        check(headers_of("m", 0, b"{}", [key]) | changes, body, key, now_s=now_s)


PRIVATE = [
    *("127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1", "fec0::1", "255.255.255.255", "192.0.2.1", "240.0.0.1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused_in_every_form(address: str) -> None:
    for found in ([address], ["93.184.216.34", address]):
        with pytest.raises(AddressRefused, match="not on the public internet"):
            Addresses(resolve=lambda host, port, found=found: found).target("https://hook.example/x")


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/", "https://localhost/"),
        *("ftp://example.org", "https://", "https://a:b@example.org/", "https://example.org/#x", "javascript:1"),
        *("https://exa mple.org/", "https://example.org:99999/", "https://[::1", "http://93.184.216.34/"),
    ],
)
def test_addresses_that_are_refused_say_why_and_what_to_do(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"\. [A-Z].*"):
        Addresses().target(url)


def test_a_name_that_changes_between_registration_and_call_reaches_nothing(place: Place) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    rebinding = Addresses(resolve=lambda host, port: next(answers))
    url = place.receiver.url.replace("http://127.0.0.1", "https://hook.example")
    rebinding.target(url)
    called = call(rebinding, url, {}, b"{}")
    assert (called.is_delivered, called.result[:11], place.receiver.came) == (False, "not called:", [])


def test_the_address_that_was_looked_at_is_connected_to_under_its_name(place: Place) -> None:
    asked: list[str] = []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    pinned = Addresses(networks=networks_of(LOOPBACK), resolve=once)
    assert call(pinned, place.receiver.url.replace("127.0.0.1", "hook.example"), {}, b"{}").is_delivered
    assert asked == ["hook.example"]
    assert place.receiver.came[0][0]["Host"].startswith("hook.example:")


def test_a_redirect_is_a_failure_and_is_not_followed(place: Place) -> None:
    place.receiver.status, place.receiver.location = 302, place.receiver.url
    called = call(place.addresses, place.receiver.url, {}, b"{}")
    assert (called.is_delivered, len(place.receiver.came)) == (False, 1)
    assert "redirect" in called.result


def test_an_answer_that_never_comes_is_cut_off(monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    monkeypatch.setattr(calling, "LONGEST_S", 0.2)

    class Silent(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            for _ in range(40):  # byte by byte: no single wait is long
                self.wfile.write(b"H")
                time.sleep(0.05)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        called = call(place.addresses, f"http://127.0.0.1:{server.server_port}/", {}, b"{}")
    finally:
        server.shutdown()
        server.server_close()
    assert (called.is_delivered, called.result[:9]) == (False, "no answer")


def test_an_operator_is_called_about_its_own_parcels_only_and_can_check_who_calls(place: Place) -> None:
    made = place.register()
    place.lodge("W-1")
    place.lodge("W-1")  # repeated: nothing is new
    place.http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": "C-1"}, headers=place.courier)
    place.lodge("W-1", gross_weight_g=777)
    assert place.send() == 2
    assert place.receiver.changes() == [("W-1", "lodged"), ("W-1", "amended")]
    headers, body = place.receiver.came[0]
    assert check(headers, body, made["secret"], now_s=place.clock().timestamp()).startswith("msg_")
    assert set(json.loads(body)["data"]) == {"parcel_id", "version", "changed"}
    assert place.send() == 0
    shown = place.shown()
    assert (shown["n_sent"], shown["last_result"], "secret" in shown) == (2, "arrived", False)


def test_nobody_else_sees_or_changes_a_webhook(place: Place) -> None:
    made = place.register()
    officer = bearer(client_key(place.settings, "officer", None, Role.OFFICER))
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert place.http.get("/v1/webhooks", headers=place.courier).json() == {"webhooks": []}
    for step, body in (
        ("test", None),
        ("rotate", None),
        ("disable", None),
        ("replay", {"since": "2026-11-01T00:00:00Z"}),
    ):
        assert place.http.post(f"{path}/{step}", json=body, headers=place.courier).status_code == 404
        assert place.http.post(f"{path}/{step}", json=body, headers=officer).status_code == 403
    assert place.http.post(f"{path}/test").status_code == 401


def test_five_webhooks_are_enough_and_an_address_of_our_own_is_refused(place: Place) -> None:
    for _ in range(5):
        place.register()
    answer = place.http.post("/v1/webhooks", json={"url": place.receiver.url}, headers=place.post)
    assert (answer.status_code, answer.json()["title"]) == (409, "Too many webhooks")
    answer = place.http.post("/v1/webhooks", json={"url": "https://10.0.0.1/hook"}, headers=place.courier)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url")
    assert "10.0.0.1" not in answer.text


def test_a_server_that_fails_for_days_is_tried_ten_times_then_disabled_with_notice_and_replayed(place: Place) -> None:
    made = place.register()
    place.receiver.status = 500
    place.lodge("F-1")
    place.lodge("F-2")
    for wait in (timedelta(), *BACK_OFF):
        place.clock.at += wait
        place.send()
        place.send()  # not due yet
    assert len(place.receiver.came) == MOST_TRIES == 10
    assert sum(BACK_OFF, timedelta()) > timedelta(days=3)
    assert len({headers["webhook-id"] for headers, _ in place.receiver.came}) == 1
    shown = place.shown()
    assert "10 tries failed, the last with: status 500" in shown["disabled_because"]
    with place.office.store.begin_read() as connection:
        details = connection.execute(select(audit.c.detail).where(audit.c.action == "webhook disabled")).scalars().all()
    assert details == [f"{made['webhook_id']} after 10 tries: status 500"]
    assert "parcel_risk_webhooks_disabled 1" in place.http.get("/metrics").text
    place.lodge("F-3")
    assert place.send() == 0
    place.receiver.status = 200
    path = f"/v1/webhooks/{made['webhook_id']}/replay"
    assert place.http.post(path, json={"since": "2026-11-01T00:00:00Z"}, headers=place.post).status_code == 200
    before, place.receiver.came = place.receiver.came, []
    assert place.send() == 3
    assert [number for number, _ in place.receiver.changes()] == ["F-1", "F-2", "F-3"]
    assert place.receiver.came[0][0]["webhook-id"] == before[0][0]["webhook-id"]


def test_what_arrived_before_a_failure_is_not_sent_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.register()
    place.lodge("P-1")
    place.lodge("P-2")
    real, tries = calling.call, iter([True, False, True])

    def second_fails(*args: Any) -> calling.Called:
        return real(*args) if next(tries) else calling.Called(is_delivered=False, result="status 503")

    monkeypatch.setattr("serving.office.webhooks.sending.call", second_fails)
    assert place.send() == 1
    assert (place.shown()["n_failures"], place.shown()["retry_at"] is not None) == (1, True)
    place.clock.pass_by(seconds=6)
    assert place.send() == 1
    assert place.receiver.changes() == [("P-1", "lodged"), ("P-2", "lodged")]


def test_a_service_that_ends_stops_after_the_message_in_hand_and_resumes_there(place: Place) -> None:
    place.register()
    for number in ("E-1", "E-2", "E-3"):
        place.lodge(number)
    over = iter([False, True])
    assert send_due(place.office, place.addresses, lambda: next(over)) == 1
    assert place.send() == 2
    assert [number for number, _ in place.receiver.changes()] == ["E-1", "E-2", "E-3"]


def test_a_rotated_secret_overlaps_for_a_day_and_a_test_message_is_sent_at_once(place: Place) -> None:
    made = place.register()
    path = f"/v1/webhooks/{made['webhook_id']}"
    new = place.http.post(f"{path}/rotate", headers=place.post).json()["secret"]
    assert new != made["secret"]
    assert place.http.post(f"{path}/test", headers=place.post).json() == {"is_delivered": True, "result": "status 204"}
    place.clock.pass_by(hours=25)
    place.http.post(f"{path}/test", headers=place.post)
    now_s = place.clock().timestamp()
    (both, first), (only, second) = place.receiver.came
    assert json.loads(first)["type"] == "webhook.test"
    for secret in (made["secret"], new):
        check(both, first, secret, now_s=now_s - 25 * 3600)
    check(only, second, new, now_s=now_s)
    with pytest.raises(WebhookError):
        check(only, second, made["secret"], now_s=now_s)
    assert place.http.post(f"{path}/disable", headers=place.post).json()["disabled_because"] == "disabled by its owner"
    place.lodge("D-1")
    assert place.send() == 0


def test_an_answer_that_is_shown_later_is_announced_when_it_is(place: Place) -> None:
    place.register()
    for grams in range(500, 505):
        place.lodge("L-1", gross_weight_g=grams)
        place.clock.pass_by(minutes=1)
    place.send()
    assert [changed for _, changed in place.receiver.changes()] == ["lodged", *["amended"] * 4]
    place.clock.pass_by(hours=25)
    place.lodge("L-2")
    assert place.send() == 2
    assert sorted(place.receiver.changes()[5:]) == [("L-1", "answer"), ("L-2", "lodged")]


@pytest.mark.parametrize("is_covert", [True, False])
def test_a_parcel_that_is_recalled_is_announced_unless_it_is_covert(place: Place, is_covert: bool) -> None:
    place.register()
    place.lodge("H-1", gross_weight_g=1_500)
    place.send()
    rule = {
        "name": "heavy",
        "when": "gross_weight_g > 1000",
        "refer": "open",
        "covert": is_covert,
        "owner": "analysis unit",
        "legal_basis": "Customs Code, article 46",
        "expires_on": "2099-12-31",
        "must_match": [{"gross_weight_g": 1500}],
        "must_not_match": [{"gross_weight_g": 500}],
    }
    supervisor, analyst = (
        bearer(client_key(place.settings, one, None, one)) for one in (Role.SUPERVISOR, Role.ANALYST)
    )
    assert place.http.post("/v1/rules", json=rule, headers=analyst).status_code == 201
    for step in ("approve", "live"):
        assert place.http.post(f"/v1/rules/heavy/{step}", headers=supervisor).status_code == 200
    asked = {"kind": "rule", "name": "heavy", "refer": True, "covert": is_covert}
    found = place.http.post("/v1/hunts", json=asked, headers=supervisor)
    assert found.status_code in (200, 201), found.text
    shown = place.http.get("/v1/parcels/H-1", headers=place.post).json()["answers"][0]["referral"]
    place.send()
    expected = [("H-1", "lodged")] if is_covert else [("H-1", "lodged"), ("H-1", "referral")]
    assert place.receiver.changes() == expected
    assert (shown == "open") is not is_covert
    read = place.http.get("/v1/parcels/H-1", headers=supervisor).json()["answers"][0]["referral"]
    assert read == "open"
