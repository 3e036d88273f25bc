"""Requests that are repeated with their key, and requests that only ask whether something can be used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from serving.api.records import lodging_of
from serving.intake.submissions import take_at_once
from serving.office.office import Office
from serving.office.once import KEPT, Once, sweep_answers
from serving.store import Client, Role
from serving.store.kept_answers import kept_answers
from serving.store.quality import ACCEPTED
from serving.store.tables import quality, quarantine
from tests.serving.api.conftest import Bare
from tests.serving.api.test_parcels import EXAMPLE

CSV = "parcel_id,lodged_at,operator\n{}\n"


def parcel(number: str, **more: Any) -> dict[str, Any]:
    return {**EXAMPLE, "parcel_id": number, **more}


def last_seq(bare: Bare) -> int:
    office: Office = bare.app.state.office
    return office.writer.last_seq


def n_held(bare: Bare) -> int:
    with bare.app.state.office.store.begin_read() as connection:
        return int(connection.execute(select(func.count()).select_from(quarantine)).scalar_one())


def keyed(headers: dict[str, str], key: str, **more: str) -> dict[str, str]:
    return {**headers, "Idempotency-Key": key, **more}


SLOW = {"Content-Type": "application/json; charset=utf-8"}
"""Means the same, and is answered by the web framework."""


@pytest.mark.parametrize("more", [{}, SLOW], ids=["usual", "framework"])
@pytest.mark.parametrize("weight", [-1, 500])
def test_a_repeated_parcel_gets_the_first_answer(bare: Bare, more: dict[str, str], weight: int) -> None:
    number = f"one-{len(more)}-{weight}"
    body = json.dumps(parcel(number, gross_weight_g=weight) if weight > 0 else {"parcel_id": "", "lodged_at": None})
    headers = keyed(bare.post, number, **{"Content-Type": "application/json", **more})
    first = bare.http.post("/v1/parcels", content=body, headers=headers)
    after, held = last_seq(bare), n_held(bare)
    second = bare.http.post("/v1/parcels", content=body, headers=headers)
    assert first.status_code == second.status_code == (200 if weight > 0 else 422)
    assert {**second.json(), "request_id": ""} == {**first.json(), "request_id": ""}
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (last_seq(bare), n_held(bare)) == (after, held)


def test_the_same_key_with_something_else_is_refused(bare: Bare) -> None:
    headers = keyed(bare.post, "else")
    assert bare.http.post("/v1/parcels", json=parcel("else-1"), headers=headers).status_code == 200
    after = last_seq(bare)
    for path, body in (
        ("/v1/parcels", parcel("else-2")),
        ("/v1/parcels?explain=true", parcel("else-1")),
        ("/v1/manifests", {"parcels": [parcel("else-1")]}),
    ):
        answer = bare.http.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-used-before")
    assert last_seq(bare) == after
    theirs = bare.http.post("/v1/parcels", json=parcel("else-3"), headers=keyed(bare.courier, "else"))
    assert theirs.json()["status"] == "scored"


def test_a_manifest_that_was_interrupted_resumes_with_the_first_answers(bare: Bare) -> None:
    office: Office = bare.app.state.office
    body = {"parcels": [parcel(f"many-{n}", gross_weight_g=100 + n) for n in range(300)]}
    headers = keyed(bare.post, "many")
    first = bare.http.post("/v1/manifests", json=body, headers=headers).json()
    assert first["n_scored"] == 300
    with office.store.begin() as connection:  # as if the process had died behind the first part
        connection.execute(kept_answers.delete().where(kept_answers.c.part == 1))
    second = bare.http.post("/v1/manifests", json=body, headers=headers)
    assert (second.json()["n_scored"], second.json()["n_repeated"]) == (250, 50)
    third = bare.http.post("/v1/manifests", json=body, headers=headers)
    assert third.json() == second.json()
    assert third.headers["Idempotent-Replayed"] == "true"


def test_a_file_and_its_job_are_repeated_too(bare: Bare) -> None:
    lines = "\n".join(f"file-{n},2026-11-01T00:00:00Z,x" for n in range(3))
    for more in ({}, {"Prefer": "respond-async"}):
        headers = keyed(bare.post, "file", **{"Content-Type": "text/csv"}, **more)
        answers = [bare.http.post("/v1/manifests", content=CSV.format(lines), headers=headers) for _ in range(2)]
        if more:
            assert [one.status_code for one in answers] == [422, 422]  # the key stands for the answer at once
            headers["Idempotency-Key"] = "file-job"
            answers = [bare.http.post("/v1/manifests", content=CSV.format(lines), headers=headers) for _ in range(2)]
            assert answers[0].headers["Location"] == answers[1].headers["Location"]
        else:
            assert answers[0].json() == answers[1].json()
        assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_what_officers_write_is_written_once(bare: Bare) -> None:
    bare.http.post("/v1/parcels", json=parcel("find-1"), headers=bare.post)
    bodies = {
        "/v1/outcomes": {
            "outcomes": [
                {"parcel_id": "find-1", "operator": "post-a", "inspected_at": "2026-11-02T08:00:00Z", "result": "found"}
            ]
        },
        "/v1/observed": {"items": [{"description": "a bag of powder"}]},
        "/v1/scans": {"scans": [{"parcel_id": "find-1", "state": "in_hall"}]},
    }
    for path, body in bodies.items():
        headers = keyed(bare.supervisor, "officers" + path)
        first = bare.http.post(path, json=body, headers=headers)
        after = last_seq(bare)
        second = bare.http.post(path, json=body, headers=headers)
        assert (second.status_code, second.json()) == (first.status_code, first.json()), path
        assert ("Idempotent-Replayed" in first.headers, "Idempotent-Replayed" in second.headers) == (False, True)
        assert last_seq(bare) == after


def test_two_that_come_at_once_have_one_effect(bare: Bare) -> None:
    office: Office = bare.app.state.office
    operator = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
    lodging = lodging_of(office, operator, [parcel("twice")], explain=False)
    once = Once.of(office, "post", "at once", b"the same")
    results = take_at_once(office, [replace(lodging, once=once)] * 3)
    assert [one.is_replay for one in results] == [False, True, True]
    assert len({one.answers[1].model_dump_json() for one in results}) == 1


@pytest.mark.parametrize("key", ["a b", "x" * 256, "schlüssel", ""])
def test_a_key_that_cannot_be_used_is_refused(bare: Bare, key: str) -> None:
    headers = {**bare.post, "Idempotency-Key": key.encode()}
    answer = bare.http.post("/v1/parcels", json=parcel("bad-key"), headers=headers)
    assert answer.status_code == 422


def test_a_route_that_keeps_no_keys_says_so(bare: Bare) -> None:
    answer = bare.http.post("/v1/trials", json={}, headers=keyed(bare.supervisor, "k"))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-not-usable")


def test_answers_are_forgotten_after_their_time(bare: Bare) -> None:
    office: Office = bare.app.state.office
    bare.http.post("/v1/parcels", json=parcel("old"), headers=keyed(bare.post, "old"))
    bare.clock.at += KEPT - timedelta(minutes=1)
    sweep_answers(office)
    again = bare.http.post("/v1/parcels", json=parcel("old"), headers=keyed(bare.post, "old"))
    assert again.headers["Idempotent-Replayed"] == "true"
    bare.clock.at += timedelta(minutes=2)
    sweep_answers(office)
    again = bare.http.post("/v1/parcels", json=parcel("old"), headers=keyed(bare.post, "old"))
    assert (again.json()["status"], "Idempotent-Replayed" in again.headers) == ("repeated", False)


def test_what_is_only_validated_is_not_lodged(bare: Bare) -> None:
    after, held = last_seq(bare), n_held(bare)
    ask = {"validate_only": "true"}
    one = bare.http.post("/v1/parcels", params=ask, json=parcel("dry", gross_weight_g=-5), headers=bare.post).json()
    assert (one["status"], one["doubts"][0]["field"]) == ("valid", "gross_weight_g")
    assert "referral" not in one
    bad = bare.http.post("/v1/parcels", params=ask, json={"parcel_id": ""}, headers=bare.post)
    assert bad.status_code == 422
    several = {"parcels": [parcel("dry-1"), {"parcel_id": ""}, parcel("dry-2")]}
    many = bare.http.post("/v1/manifests", params=ask, json=several, headers=bare.post).json()
    assert (many["n_valid"], many["n_rejected"], many["n_scored"]) == (2, 1, 0)
    head = {**bare.post, "Content-Type": "text/csv", "Prefer": "respond-async"}
    lines = CSV.format("dry-3,2026-11-01T00:00:00Z,x\n,2026-11-01T00:00:00Z,x")
    file = bare.http.post("/v1/manifests", params=ask, content=lines, headers=head).json()
    assert (file["n_valid"], file["n_rejected"], file["n_rows"]) == (1, 1, 2)
    assert (last_seq(bare), n_held(bare)) == (after, held)


def test_a_file_that_is_sent_again_counts_its_rejections_once(bare: Bare) -> None:
    def n_rows() -> int:
        with bare.app.state.office.store.begin_read() as connection:
            lost = func.sum(quality.c.n_of - quality.c.n)
            return int(connection.execute(select(lost).where(quality.c.measure == ACCEPTED)).scalar() or 0)

    head, before = {**bare.post, "Content-Type": "text/csv"}, (n_rows(), n_held(bare))
    lines = CSV.format(",2026-11-01T00:00:00Z,x\n,2026-11-01T00:00:00Z,x\nagain,2026-11-01T00:00:00Z,x")
    answers = [bare.http.post("/v1/manifests", content=lines, headers=head).json() for _ in range(3)]
    assert [one["n_rejected"] for one in answers] == [2, 2, 2]
    assert (n_rows(), n_held(bare)) == (before[0] + 2, before[1] + 2)


def test_replies_of_an_operator_come_at_once_however_much_others_lodged(bare: Bare) -> None:
    bare.http.post("/v1/manifests", json={"parcels": [parcel(f"a-{n}") for n in range(40)]}, headers=bare.post)
    bare.http.post("/v1/parcels", json=parcel("c-1"), headers=bare.courier)
    reply = bare.http.get("/v1/replies?format=ics2", headers=bare.courier)
    assert (reply.headers["At-End"], "c-1" in reply.text, "a-1" in reply.text) == ("true", True, False)
    after = {"format": "ics2", "after": reply.headers["Next-After"]}
    assert "c-1" not in bare.http.get("/v1/replies", params=after, headers=bare.courier).text
