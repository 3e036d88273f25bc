"""The life of a parcel, from the first message to the year in which its number is used again."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.catalogue import catalogue
from features.history import Engine
from features.log import PARCEL, RETRACTION
from features.parcel.life_flags import VERSION_REPEATED
from features.parcel.problems import Rejection
from features.replay import joined, replay
from parcel_risk.demo import EXAMPLE
from serving.office.office import Office
from serving.office.versioning import Known, Step, Submitted, step
from serving.store import log as event_log
from serving.store.scores import all_scores
from serving.store.versions import versions_of
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer

NUMBER = EXAMPLE["parcel_id"]
RECEPTACLE = "THBKKXDEFRAXACN60001001110012"


def lodge(api: TestClient, key: str, **changes: Any) -> dict[str, Any]:
    return dict(api.post("/v1/parcels", json={**EXAMPLE, **changes}, headers=bearer(key)).json())


def look(api: TestClient, key: str) -> dict[str, Any]:
    return dict(api.get(f"/v1/parcels/{NUMBER}", headers=bearer(key)).json())


def office_of(app: FastAPI) -> Office:
    office: Office = app.state.office
    return office


def log_of(app: FastAPI) -> pl.DataFrame:
    with office_of(app).store.begin() as connection:
        return event_log.read(connection)


def events(app: FastAPI) -> list[tuple[str, int]]:
    return [(kind, subject) for kind, subject in log_of(app).select("kind", "subject_seq").iter_rows()]


def assert_replays(app: FastAPI) -> None:
    """The rows that were served are those that a replay of the log gives."""
    log = log_of(app)
    rows = joined(replay(log, Engine()))
    model = office_of(app).champion.bundle
    assert model is not None
    values_of = model.completed(rows.values, log.filter(pl.col("kind") == PARCEL)["description"])
    with office_of(app).store.begin() as connection:
        served = all_scores(connection)
    assert sorted(served) == rows.seq.tolist()
    for seq, values in zip(rows.seq.tolist(), values_of, strict=True):
        assert served[seq].features.tobytes() == values.tobytes()
    assert rows.values.shape[1] == len(catalogue())


def on_record(**changes: Any) -> Known:
    known = {"seq": 1, "version": 2, "content": "a", "is_cancelled": False, "is_inspected": False}
    return Known(**(known | changes))  # type: ignore[arg-type]


def lodged(**changes: Any) -> Submitted:
    return Submitted(**({"line": 1, "version": None, "function": None, "content": "b"} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "known", "expected"),
    [
        (lodged(), None, Step.LODGE),
        (lodged(version=2, function="amend"), None, Step.LODGE),
        (lodged(content="a"), on_record(), Step.REPEAT),
        (lodged(content="a", version=9), on_record(), Step.REPEAT),
        (lodged(), on_record(), Step.AMEND),
        (lodged(version=3), on_record(), Step.AMEND),
        (lodged(version=1), on_record(), Step.KEEP),
        (lodged(version=2), on_record(), Step.AMEND),
        (lodged(), on_record(content=None), Step.AMEND),
        (lodged(version=1), on_record(content=None), Step.AMEND),
        (lodged(), on_record(is_cancelled=True), Step.LODGE),
        (lodged(version=3), on_record(is_cancelled=True), Step.LODGE),
        (lodged(version=2), on_record(is_cancelled=True), Step.KEEP),
        (lodged(function="cancel"), None, Step.WAIT),
        (lodged(function="cancel"), on_record(), Step.CANCEL),
        (lodged(function="cancel", version=1), on_record(), Step.KEEP),
        (lodged(function="cancel"), on_record(is_cancelled=True), Step.REPEAT),
        (lodged(function="cancel"), on_record(is_inspected=True), "outcome_known"),
    ],
)
def test_what_a_row_does_to_the_parcel_on_record(row: Submitted, known: Known | None, expected: str) -> None:
    decided = step(row, known)
    assert (decided.code if isinstance(decided, Rejection) else decided) == expected


def test_an_amendment_takes_the_old_version_back_and_is_scored_as_lodged_first(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    first = lodge(api, keys.post)
    clock.pass_by(hours=5)
    second = lodge(api, keys.post, gross_weight_g=120)
    assert (second["status"], second["version"]) == ("amended", 2)
    assert second["probability"] != first["probability"]
    assert events(app) == [(PARCEL, 1), (RETRACTION, 1), (PARCEL, 3)]
    counted = log_of(app)["counted_at"].to_list()
    assert counted[2] == log_of(app)["known_at"][0]
    (answer,) = look(api, keys.post)["answers"]
    assert (answer["version"], answer["scored_at"]) == (2, second["scored_at"])


def test_the_highest_version_wins_whatever_the_order_and_all_are_kept(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    amended = lodge(api, keys.post, version=3, function="amend", gross_weight_g=120)
    late = lodge(api, keys.post, version=1)
    assert (amended["status"], late["status"]) == ("scored", "superseded")
    assert late["version"] == 3
    assert events(app) == [(PARCEL, 1)]
    office = office_of(app)
    with office.store.begin() as connection:
        (kept,) = versions_of(connection, office.secrets.vault, 1)
    assert (kept["version"], kept["gross_weight_g"], kept["sender_name"]) == (1, 1900, EXAMPLE["sender_name"])


def test_other_contents_under_a_known_version_are_scored_and_flagged(api: TestClient, keys: Keys) -> None:
    lodge(api, keys.post, version=1)
    again = lodge(api, keys.post, version=1, gross_weight_g=1700)
    assert (again["status"], again["version"]) == ("amended", 2)
    assert VERSION_REPEATED in again["quality_flags"]


def test_a_message_repeated_five_times_counts_once(api: TestClient, app: FastAPI, keys: Keys) -> None:
    statuses = [lodge(api, keys.post, manifest_id=f"M-{place}")["status"] for place in range(5)]
    assert statuses == ["scored", *["repeated"] * 4]
    body = api.post("/v1/manifests", json={"parcels": [EXAMPLE] * 5}, headers=bearer(keys.post)).json()
    assert (body["n_scored"], body["n_repeated"]) == (0, 5)
    assert events(app) == [(PARCEL, 1)]


def test_a_cancelled_parcel_is_taken_back_and_may_be_lodged_again(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys.post)
    assert lodge(api, keys.post, function="cancel")["status"] == "cancelled"
    assert lodge(api, keys.post, function="cancel")["status"] == "cancelled"
    assert look(api, keys.post)["answers"][0]["status"] == "cancelled"
    assert events(app) == [(PARCEL, 1), (RETRACTION, 1)]
    assert lodge(api, keys.post)["status"] == "scored"


def test_a_cancellation_after_the_outcome_is_refused(api: TestClient, keys: Keys) -> None:
    lodge(api, keys.post)
    outcome = {"outcomes": [{"parcel_id": NUMBER, "result": "found"}]}
    api.post("/v1/outcomes", json=outcome, headers=bearer(keys.officer))
    refused = lodge(api, keys.post, function="cancel")
    assert (refused["status"], refused["errors"][0]["code"]) == (409, "outcome_known")


def test_versions_in_one_manifest_meet_each_other_in_order(api: TestClient, app: FastAPI, keys: Keys) -> None:
    items = [{**EXAMPLE, "gross_weight_g": 1000 + place} for place in range(4)] + [{**EXAMPLE, "function": "cancel"}]
    body = api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post)).json()
    assert [item["status"] for item in body["results"]] == ["scored", *["amended"] * 3, "cancelled"]
    assert [item["version"] for item in body["results"]] == [1, 2, 3, 4, 4]
    assert events(app) == [
        (PARCEL, 1),
        *[(RETRACTION, 1), (PARCEL, 3)],
        *[(RETRACTION, 3), (PARCEL, 5)],
        *[(RETRACTION, 5), (PARCEL, 7)],
        (RETRACTION, 7),
    ]


def test_a_number_used_again_after_a_year_is_another_parcel(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys.post)
    clock.pass_by(days=366)
    assert lodge(api, keys.post)["status"] == "scored"
    assert events(app) == [(PARCEL, 1), (PARCEL, 2)]
    assert len(look(api, keys.post)["answers"]) == 2


def test_a_second_operators_claim_is_linked_and_shown_and_overwrites_nothing(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    assert lodge(api, keys.post)["n_other_claims"] == 0
    assert lodge(api, keys.courier)["n_other_claims"] == 1
    assert look(api, keys.post)["answers"][0]["n_other_claims"] == 1
    assert len(look(api, keys.officer)["answers"]) == 2
    api.post("/station/login", data={"key": keys.officer})
    page = api.get("/station", params={"parcel": NUMBER, "chosen": 1}).text
    assert "Also lodged under this identifier by: <bdi>courier-a</bdi>." in page


def post_file(api: TestClient, key: str, media_type: str, text: str) -> dict[str, Any]:
    headers = {**bearer(key), "Content-Type": media_type}
    response = api.post("/v1/manifests", content=text.encode(), headers=headers)
    assert response.status_code == 200, response.text
    return dict(response.json())


PREDES = "application/vnd.parcel-risk.predes+json"
EMSEVT = "application/vnd.parcel-risk.emsevt+xml"
DISPATCH = f'{{"receptacles": [{{"receptacle_id": "{RECEPTACLE}", "items": ["{NUMBER}", "RB473124829US"]}}]}}'


def test_a_dispatch_list_after_the_parcel_scores_it_again_with_its_receptacle(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    lodge(api, keys.post, sender_name="Jun Exampleson")
    post_file(api, keys.post, PREDES, DISPATCH)
    assert events(app) == [(PARCEL, 1), (RETRACTION, 1), (PARCEL, 3)]
    assert log_of(app)["receptacle_id"].to_list() == [None, None, RECEPTACLE]
    post_file(api, keys.post, PREDES, DISPATCH)
    assert len(events(app)) == 3
    assert lodge(api, keys.post, sender_name="Jun Exampleson")["status"] == "repeated"
    api.post("/station/login", data={"key": keys.officer})
    page = api.get("/station", params={"parcel": NUMBER}).text
    assert RECEPTACLE in page
    assert "Jun Exampleson" in page


def test_a_dispatch_list_before_the_parcel_waits_for_it(api: TestClient, app: FastAPI, keys: Keys) -> None:
    post_file(api, keys.post, PREDES, DISPATCH)
    lodge(api, keys.post)
    assert log_of(app)["receptacle_id"].to_list() == [RECEPTACLE]
    assert lodge(api, keys.post)["status"] == "repeated"


def test_a_number_used_again_after_a_year_does_not_have_the_receptacle_of_the_earlier_parcel(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    post_file(api, keys.post, PREDES, DISPATCH)
    clock.pass_by(days=366)
    lodge(api, keys.post)
    assert log_of(app)["receptacle_id"].to_list() == [None]


def test_events_move_a_parcel_through_its_life_and_are_counted_once(api: TestClient, keys: Keys, clock: Clock) -> None:
    lodge(api, keys.post)
    text = (
        "<ItemEvents>"
        + "".join(
            f"<Event><ItemId>{NUMBER}</ItemId><EventCode>{code}</EventCode>"
            f"<EventDateTime>{clock.at:%Y-%m-%d}T{hour:02}:00:00Z</EventDateTime><EventOffice>DEFRAA</EventOffice></Event>"
            for hour, code in ((9, "EMD"), (10, "EDB"), (12, "EDC"), (11, "EME"), (13, "EMF"))
        )
        + "</ItemEvents>"
    )
    for _ in range(2):
        assert post_file(api, keys.post, EMSEVT, text)["n_rows"] == 5
    life = look(api, keys.post)["movements"]
    assert [one["state"] for one in life] == ["arrived", "presented", "held", "released", "handed_over"]
    assert look(api, keys.officer)["movements"] == life


def test_the_log_of_a_busy_life_replays_to_the_rows_that_were_served(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys.post)
    lodge(api, keys.courier)
    lodge(api, keys.post, gross_weight_g=120)
    post_file(api, keys.post, PREDES, DISPATCH)
    lodge(api, keys.courier, function="cancel")
    lodge(api, keys.post, parcel_id="EE473124830TH")
    assert_replays(app)
