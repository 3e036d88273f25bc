"""What the API promised is kept, and its examples work as they are written."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from serving.api.examples import EXAMPLES
from serving.app import create_app
from serving.office.webhooks.addresses import Addresses, networks_of
from serving.store import Role
from tests.conftest import Clock
from tests.docs.openapi import breaking, document, promised, promises
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer


def test_nothing_that_was_promised_is_gone_and_nothing_more_is_demanded() -> None:
    assert breaking(promised(), promises(document())) == []


def test_what_is_promised_now_is_on_record() -> None:
    assert promises(document()) <= promised(), "run `make docs` and read the diff"


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["paths"].pop("/v1/replies"),
        lambda found: found["paths"]["/v1/quality"]["get"]["parameters"].pop(0),
        lambda found: found["components"]["schemas"]["Answer"]["properties"].pop("referral"),
        lambda found: found["components"]["schemas"]["Referral"]["enum"].remove("release"),
        lambda found: found["components"]["schemas"]["Outcomes"]["required"].append("station"),
        lambda found: found["paths"]["/v1/parcels"]["post"]["responses"].pop("422"),
    ],
)
def test_a_breaking_change_is_noticed(change: object) -> None:
    changed = copy.deepcopy(document())
    change(changed)  # type: ignore[operator]
    assert breaking(promises(document()), promises(changed)) != []


def test_the_description_has_no_reference_that_leads_nowhere() -> None:
    text = json.dumps(document())
    for target in set(re.findall(r'"\$ref": "#/components/(\w+)/([\w-]+)"', text)):
        assert target[1] in document()["components"][target[0]]


def test_an_addition_breaks_nothing() -> None:
    changed = copy.deepcopy(document())
    changed["components"]["schemas"]["Answer"]["properties"]["more"] = {"type": "string"}
    changed["components"]["schemas"]["New"] = {"type": "object", "properties": {"a": {}}, "required": ["a"]}
    assert breaking(promises(document()), promises(changed)) == []


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, dict[str, str]]]]:
    settings = bare_settings(tmp_path_factory.mktemp("examples"))
    operator = bearer(client_key(settings, "post", "post-a"))
    supervisor = bearer(client_key(settings, "sue", None, Role.SUPERVISOR))
    partner = {"title": "Customs", "key": "ab" * 32, "legal_basis": "agreement"}
    text = "".join(f'{name} = "{value}"\n' for name, value in partner.items())
    settings.home.joinpath("partners.toml").write_text(f"[customs-b]\n{text}", "utf-8")
    app = create_app(settings, Clock())
    with TestClient(app, raise_server_exceptions=False) as http:
        # Nobody is asked for the name in the example, and nothing is called: nobody listens at this address.
        app.state.addresses = Addresses(networks=networks_of("127.0.0.0/8"), resolve=lambda host, port: ["127.0.0.1"])
        sorter = bearer(client_key(settings, "hall 1", None, Role.SORTER))
        yield http, {"operators": operator, "supervisors": supervisor, "sorters": sorter}


def test_every_example_is_accepted_as_it_is_written(service: tuple[TestClient, dict[str, dict[str, str]]]) -> None:
    http, callers = service
    names = {"row_id": "1", "number": "EX00000001", "name": "seized-senders", "typology": "drop-addresses"}
    for (method, path), body in EXAMPLES.items():
        operation = document()["paths"][path][method]
        assert operation["requestBody"]["content"]["application/json"]["example"] == body
        caller = callers.get(operation["tags"][0], callers["supervisors"])
        answer = http.request(method, path.format(**names), json=body, headers=caller)
        assert answer.status_code in (200, 201), (path, answer.text)
        if path == "/v1/webhooks":
            names["webhook_id"] = answer.json()["webhook_id"]
        if path == "/v1/sort":
            names["sort_id"] = answer.json()["sort_id"]
        if answer.headers["content-type"] == "application/json":
            rejected = [one for one in answer.json().get("results", ()) if one["status"] == "rejected"]
            assert rejected == [], path


def test_every_body_has_an_example() -> None:
    without = {
        path
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {}) and (method, path) not in EXAMPLES
    }
    # What is signed by a partner, or about a package, has no example that is always the same.
    signed = {path for path in without if path.startswith(("/v1/exchange/", "/v1/comparisons/"))}
    assert without - signed == {"/v1/quarantine/{held_id}"}  # it is that of a parcel
