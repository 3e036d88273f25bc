"""Two authorities exchange packages: a person releases, another one adopts or refuses, with receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from fastapi.testclient import TestClient
from pymisp import MISPEvent, MISPObject

import serving.messages as messages
from features.signing import public_key_of
from parcel_risk.exchange import show_open
from serving.api.examples import EXAMPLES, PARCEL
from serving.app import create_app
from serving.office.exchanging import ContactPoint
from serving.settings import Settings
from serving.store import Role
from serving.store.tables import metadata
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

PERSON = "Jun Exampleson"
INDICATOR = {
    "field": "sender",
    "values": {"name": PERSON, "street": "Harbour Street", "city": "Springfield", "country": "US"},
    "reason": "sender of a seized parcel",
    "expires_on": "2099-12-31",
}


@dataclass
class Authority:
    """One installation with its persons."""

    http: TestClient
    settings: Settings
    clock: Clock
    keys: dict[str, dict[str, str]]

    def post(self, path: str, who: str, body: Any) -> tuple[int, Any]:
        answer = self.http.post(f"/v1/exchange/{path}", json=body, headers=self.keys[who])
        return answer.status_code, answer.json()

    def get(self, path: str, who: str = "ana", **params: str) -> Any:
        answer = self.http.get(f"/v1/exchange/{path}", params=params, headers=self.keys[who])
        assert answer.status_code == 200, answer.text
        return answer

    def point(self) -> ContactPoint:
        found: ContactPoint = self.http.app.state.contact_point  # type: ignore[attr-defined]
        return found

    def rows_of(self, name: str) -> str:
        """Every row of a table, as text."""
        with self.http.app.state.office.store.begin_read() as connection:  # type: ignore[attr-defined]
            return str(connection.execute(metadata.tables[name].select()).all())


def authority(folder: Path, name: str) -> Iterator[Authority]:
    folder.mkdir()
    settings = bare_settings(folder).model_copy(update={"authority": name})
    keys = {
        "ana": client_key(settings, "ana", None, Role.ANALYST),
        "sue": client_key(settings, "sue", None, Role.SUPERVISOR),
        "olaf": client_key(settings, "olaf", None, Role.OFFICER),
        "post": client_key(settings, "post", "post-a"),
    }
    clock = Clock()
    with TestClient(create_app(settings, clock), raise_server_exceptions=False) as http:
        heads = {who: bearer(key) for who, key in keys.items()}
        yield Authority(http=http, settings=settings, clock=clock, keys=heads)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, Authority]]:
    folder = tmp_path_factory.mktemp("pair")
    one, other = authority(folder / "a", "customs-a"), authority(folder / "b", "customs-b")
    a, b = next(one), next(other)
    know(a, b, "customs-b")
    know(b, a, "customs-a")
    for number in ("RB473124829US", "RB473124846US"):
        for at in (a, b):
            sent = at.http.post("/v1/parcels", json={**PARCEL, "parcel_id": number}, headers=at.keys["post"])
            assert sent.status_code == 200, sent.text
    for at in (a, b):
        at.clock.pass_by(hours=1)
    yield a, b
    for each in (one, other):
        next(each, None)


def know(here: Authority, partner: Authority, name: str) -> None:
    key = public_key_of(partner.point().key)
    text = f'[{name}]\ntitle = "Customs"\nkey = "{key}"\nlegal_basis = "agreement of 2026"\n'
    with here.settings.home.joinpath("partners.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def seizure_of(at: Authority) -> str:
    outcome = {"parcel_id": "RB473124829US", "result": "found", "finding_class": "synthetic", "method": "opened"}
    at.http.post("/v1/outcomes", json={"outcomes": [outcome]}, headers=at.keys["sue"])
    made = at.http.post("/v1/seizures", json=EXAMPLES["post", "/v1/seizures"], headers=at.keys["sue"])
    assert made.status_code == 200, made.text
    return str(made.json()["number"])


def drafted(at: Authority, **changes: Any) -> str:
    status, made = at.post("packages", "ana", {**EXAMPLES["post", "/v1/exchange/packages"], **changes})
    assert status == 201, made
    return str(made["number"])


def test_an_indicator_a_typology_and_a_seizure_go_from_one_authority_to_another(
    pair: tuple[Authority, Authority], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = pair
    given = {"indicators": [INDICATOR], "typologies": ["drop-addresses"], "seizures": [seizure_of(a)]}
    number = drafted(a, recipient="customs-b", urgency="immediate", **given)
    # nothing leaves without a person's release, and not by the one who drafted it
    assert a.http.get(f"/v1/exchange/packages/{number}/file", headers=a.keys["ana"]).status_code == 422
    assert a.post(f"packages/{number}/release", "ana", None)[0] == 403
    status, signed = a.post(f"packages/{number}/release", "sue", None)
    assert status == 200
    assert PERSON not in a.rows_of("packages")
    out = a.get("packages").json()["packages"][0]
    assert (out["state"], out["is_overdue"]) == ("released", False)
    status, received = b.post("received", "ana", {"text": signed["text"]})
    assert (status, received["package"]["state"], received["package"]["partner"]) == (201, "quarantined", "customs-a")
    assert PERSON not in b.rows_of("packages")
    assert b.rows_of("lists") == "[]"
    items = b.get(f"received/{number}/matches").json()["items"]
    assert [(one["what"].split(":")[0], one["problem"]) for one in items] == [
        *(("indicator", ""), ("typology", ""), ("seizure", ""))
    ]
    assert (items[0]["n_of"], items[0]["n_matched"], items[1]["n_of"]) == (2, 2, 2)
    assert a.post("receipts", "ana", {"text": received["receipt"]})[1]["state"] == "received"
    # the answer is due within eight hours
    b.clock.pass_by(hours=9)
    assert b.get("packages", direction="in").json()["packages"][0]["is_overdue"]
    assert b.post(f"received/{number}/decision", "ana", {"decision": "adopt"})[0] == 403
    status, adopted = b.post(f"received/{number}/decision", "sue", {"decision": "adopt"})
    assert (status, adopted["package"]["state"]) == (200, "adopted")
    lists = b.http.get("/v1/lists", headers=b.keys["ana"]).json()
    assert "draft" in json.dumps(lists)
    assert a.post("receipts", "ana", {"text": adopted["receipt"]})[1]["state"] == "adopted"
    # what named a person is gone from the outbox, and the digest stays
    assert a.http.get(f"/v1/exchange/packages/{number}/file", headers=a.keys["ana"]).status_code == 422
    assert a.get("packages", state="all").json()["packages"][0]["digest"] == received["package"]["digest"]
    assert b.post(f"received/{number}/decision", "sue", {"decision": "adopt"})[0] == 422
    show_open(b.settings)
    assert "nothing is open" in capsys.readouterr().out


def test_a_package_is_refused_with_a_reason_that_its_sender_reads(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    number = drafted(b, recipient="customs-a", indicators=[INDICATOR])
    text = b.post(f"packages/{number}/release", "sue", None)[1]["text"]
    a.post("received", "ana", {"text": text})
    assert a.post(f"received/{number}/decision", "sue", {"decision": "refuse"})[0] == 422
    refusal = {"decision": "refuse", "reason": "no legal basis here"}
    status, refused = a.post(f"received/{number}/decision", "sue", refusal)
    assert (status, refused["package"]["state"]) == (200, "refused")
    entered = b.post("receipts", "ana", {"text": refused["receipt"]})[1]
    assert (entered["state"], entered["reason"]) == ("refused", "no legal basis here")


def test_a_draft_is_withdrawn_and_never_leaves(pair: tuple[Authority, Authority]) -> None:
    a, _ = pair
    number = drafted(a, recipient="customs-b", indicators=[INDICATOR])
    assert a.post(f"packages/{number}/withdraw", "ana", {"reason": "wrong partner"})[1]["state"] == "withdrawn"
    assert a.post(f"packages/{number}/release", "sue", None)[0] == 422


def test_no_package_leaves_for_one_who_is_no_partner_or_by_its_drafter(pair: tuple[Authority, Authority]) -> None:
    a, _ = pair
    body = {**EXAMPLES["post", "/v1/exchange/packages"], "recipient": "nobody-at-all", "indicators": [INDICATOR]}
    status, refused = a.post("packages", "ana", body)
    assert (status, refused["title"]) == (422, "Package not usable")
    status, made = a.post("packages", "sue", {**body, "recipient": "customs-b"})
    assert status == 201
    assert "A second person" in a.post(f"packages/{made['number']}/release", "sue", None)[1]["detail"]
    for who in ("olaf", "post"):
        assert a.post("packages", who, body)[0] == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda one: one.update(purpose="another purpose"), "signature"),
        (lambda one: one["items"][0]["values"].update(name="Somebody Else"), "signature"),
        (lambda one: one.update(sender="customs-z"), "sender"),
        (lambda one: one.update(format="parcel-risk exchange 9"), "format"),
        (lambda one: one.pop("signature"), "signature"),
    ],
)
def test_a_package_that_was_changed_is_refused(pair: tuple[Authority, Authority], change: Any, field: str) -> None:
    a, b = pair
    number = drafted(a, recipient="customs-b", indicators=[INDICATOR])
    document = json.loads(a.post(f"packages/{number}/release", "sue", None)[1]["text"])
    change(document)
    status, refused = b.post("received", "ana", {"text": json.dumps(document)})
    assert (status, refused["detail"].split(":")[0]) == (422, field)
    assert "Somebody" not in refused["detail"]
    # what another authority is to have is not accepted by its sender either
    assert a.post("received", "ana", {"text": json.dumps(document)})[0] == 422


def test_a_released_package_is_misp_and_shaped_like_umf(pair: tuple[Authority, Authority]) -> None:
    a, _ = pair
    given = {"indicators": [INDICATOR], "typologies": ["drop-addresses"], "seizures": [seizure_of(a)]}
    number = drafted(a, recipient="customs-b", tlp="amber+strict", **given)
    a.post(f"packages/{number}/release", "sue", None)
    event = MISPEvent(strict_validation=False)
    event.load(a.get(f"packages/{number}/file", format="misp").json())
    assert {tag.name for tag in event.tags} >= {"tlp:amber+strict", "PAP:AMBER"}
    assert [one.name for one in event.objects] == ["postal-parcel", "drug-seizure"]
    for one in event.objects:
        templates = Path(str(messages.__file__)).parent / "misp_objects"
        strict = MISPObject(one.name, strict=True, misp_objects_path_custom=templates)
        for attribute in one.attributes:
            strict.add_attribute(attribute.object_relation, value=attribute.value)
        assert strict.template_uuid == one.template_uuid
        assert json.loads(strict.to_json())["Attribute"]
    assert event.attributes[0].comment == "typology drop-addresses"
    text = a.get(f"packages/{number}/file", format="umf").text
    root = fromstring(text)
    assert root.attrib["conformance"] == "shaped like UMF, not conformant"
    names = [child.tag.partition("}")[2] for child in root]
    assert names == [
        *("Evaluation", "Purpose", "LegalBasis", "Person", "Relation", "Item"),
        *("Document", "Event", "Item", "Relation"),
    ]


def test_a_supervisor_decides_at_the_station_and_an_officer_does_not(pair: tuple[Authority, Authority]) -> None:
    a, b = pair
    number = drafted(a, recipient="customs-b", indicators=[INDICATOR])
    sign_in(a, "olaf")
    form = {"number": number, "action": "release"}
    assert "only a supervisor decides" in a.http.post("/station/exchange", data=form).text
    sign_in(a, "sue")
    assert "Done: release a draft of somebody else" in a.http.post("/station/exchange", data=form).text
    text = a.http.get("/station/exchange/file", params={"number": number}).text
    assert b.post("received", "ana", {"text": text})[0] == 201
    sign_in(b, "sue")
    shown = b.http.get("/station/exchange", params={"number": number}).text
    assert "indicator: sender" in shown
    assert PERSON not in shown
    refusal = b.http.post("/station/exchange", data={"number": number, "action": "refuse"})
    assert (refusal.status_code, "Say why" in refusal.text) == (422, True)
    done = b.http.post("/station/exchange", data={"number": number, "action": "refuse", "reason": "not ours"})
    assert done.status_code == 200
    receipt = b.http.get("/station/exchange/file", params={"number": number, "way": "in"}).text
    assert a.post("receipts", "ana", {"text": receipt})[1]["state"] == "refused"


def sign_in(at: Authority, who: str) -> None:
    at.http.post("/station/logout")
    done = at.http.post("/station/login", data={"key": at.keys[who]["Authorization"].split()[1]})
    assert done.status_code == 200
