"""What operators are shown: referral and data quality; scores only where the authority says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.office.answers import Answer, shown, shown_again
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.clients import add_client, client_named
from tests.serving.conftest import Keys, bearer

WITHHELD = {
    *("cause", "propensity", "probability", "flow_share"),
    *("reasons", "against", "bundle", "policy", "catalogue"),
}
CSV = b"parcel_id,stream,dispatch_country,gross_weight_g\nRB000000011US,letter,US,90\n"


@pytest.fixture
def unshown(settings: Settings, keys: Keys) -> str:
    """Key of another client of the operator, who is shown no scores."""
    with Store(settings.database) as store, store.begin() as connection:
        return add_client(connection, Client(client_id="quiet", role=Role.OPERATOR, operator="post-a"), at_us=0)


def single(api: TestClient, key: str) -> dict[str, Any]:
    return dict(api.post("/v1/parcels?explain=true", json=EXAMPLE, headers=bearer(key)).json())


def through_the_framework(api: TestClient, key: str) -> dict[str, Any]:
    headers = {**bearer(key), "Content-Type": "application/json; charset=utf-8"}
    return dict(api.post("/v1/parcels?explain=1", json=EXAMPLE, headers=headers).json())


def manifest(api: TestClient, key: str) -> dict[str, Any]:
    return dict(api.post("/v1/manifests", json={"parcels": [EXAMPLE]}, headers=bearer(key)).json()["results"][0])


def file(api: TestClient, key: str) -> dict[str, Any]:
    headers = {**bearer(key), "Content-Type": "text/csv"}
    return dict(api.post("/v1/manifests?explain=true", content=CSV, headers=headers).json()["results"][0])


def look_up(api: TestClient, key: str) -> dict[str, Any]:
    single(api, key)
    return dict(api.get(f"/v1/parcels/{EXAMPLE['parcel_id']}", headers=bearer(key)).json()["answers"][0])


def resubmitted(api: TestClient, key: str) -> dict[str, Any]:
    api.post("/v1/manifests", json={"parcels": [{**EXAMPLE, "parcel_id": "x" * 99}]}, headers=bearer(key))
    (held,) = api.get("/v1/quarantine", headers=bearer(key)).json()["rows"]
    return dict(api.post(f"/v1/quarantine/{held['held_id']}", json=EXAMPLE, headers=bearer(key)).json())


DOORS = [single, through_the_framework, manifest, file, look_up, resubmitted]


@pytest.mark.parametrize("door", DOORS)
def test_an_operator_is_shown_referral_and_quality_and_nothing_of_the_score(
    api: TestClient, unshown: str, door: Callable[[TestClient, str], dict[str, Any]]
) -> None:
    answer = door(api, unshown)
    assert answer["referral"]
    assert isinstance(answer["quality_flags"], list)
    assert {name: answer[name] for name in WITHHELD} == dict.fromkeys(WITHHELD)


def test_who_is_let_reads_scores_and_the_officer_always_does(api: TestClient, keys: Keys, unshown: str) -> None:
    assert single(api, keys.post)["probability"] > 0
    path = f"/v1/parcels/{EXAMPLE['parcel_id']}"
    for key, is_shown in ((keys.officer, True), (keys.post, True), (unshown, False)):
        (answer,) = api.get(path, headers=bearer(key)).json()["answers"]
        assert all((answer[name] is not None) == is_shown for name in WITHHELD if name != "policy")
        assert (answer["policy"] is not None) == (key == keys.officer)  # a covert rule changes it


def test_the_right_is_given_and_taken_with_the_next_key_and_kept_otherwise(settings: Settings, keys: Keys) -> None:
    quiet = Client(client_id="quiet", role=Role.OPERATOR, operator="post-a")
    seen = []
    with Store(settings.database) as store, store.begin() as connection:
        for sees_scores in (None, True, None, False, None):
            add_client(connection, quiet, at_us=0, sees_scores=sees_scores)
            found = client_named(connection, "quiet", at_us=1)
            assert found is not None
            seen.append(found.sees_scores)
    assert seen == [False, True, True, False, False]


READERS = [
    Client(client_id="post", role=Role.OPERATOR, operator="post-a", sees_scores=True),
    Client(client_id="quiet", role=Role.OPERATOR, operator="post-a"),
    Client(client_id="officer", role=Role.OFFICER, operator=None),
]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.client_id)
@pytest.mark.parametrize("is_covert", [False, True])
def test_an_answer_that_is_shown_again_is_the_one_that_was_shown(
    api: TestClient, keys: Keys, reader: Client, is_covert: bool
) -> None:
    single(api, keys.post)
    path = f"/v1/parcels/{EXAMPLE['parcel_id']}"
    answer = Answer.model_validate(api.get(path, headers=bearer(keys.officer)).json()["answers"][0])
    about_others = {"family": "quality", "feature": "n_contradictions", "value": 1.0, "weight": 0.1, "text": "Said."}
    disclosed = {"referral": "release", "cause": "none", "propensity": 0.1} if is_covert else None
    given = {
        **answer.model_dump(mode="json"),
        "quality_flags": ["weight_missing", "other_value"],
        "disclosed": disclosed,
        "reasons": [
            *(answer.model_dump(mode="json")["reasons"] or []),
            {**about_others, "typical": None, "lane": None},
        ],
    }
    seen = shown(Answer.model_validate(given), reader).model_dump(mode="json")
    assert shown_again(given, reader) == seen
    assert Answer.model_validate(seen).model_dump(mode="json") == seen  # as the description has it, null where withheld
    is_operator = reader.role is Role.OPERATOR
    assert ("other_value" in seen["quality_flags"]) != is_operator
    assert ("n_contradictions" in str(seen["reasons"])) != is_operator
    assert (seen["policy"] is None) == is_operator
    assert (seen["disclosed"] is None) == (is_operator or not is_covert)
