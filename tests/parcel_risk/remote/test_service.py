"""The client against the live service: what is lodged and read, what is refused, and what is sent again."""

from __future__ import annotations

import asyncio
import inspect
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from parcel_risk.remote import (
    Answer,
    AsyncService,
    FileResult,
    Job,
    RemoteError,
    Retries,
    Service,
    ServiceProblem,
    UnexpectedAnswer,
    Unreachable,
)
from parcel_risk.remote import answers as models
from parcel_risk.remote.files import FileToLodge
from parcel_risk.remote.problems import retry_after_s
from policy import Referral
from tests.architecture.test_modules import ROOT
from tests.parcel_risk.remote.conftest import Place, parcel
from tests.parcel_risk.remote.unsteady import unsteady


def test_a_parcel_is_lodged_amended_and_read(place: Place) -> None:
    with place.service() as service:
        first = service.lodge(parcel("RB000000014US"))
        assert (first.status, first.parcel_id, first.version) == ("scored", "RB000000014US", 1)
        assert first.referral is Referral.NOT_ASSESSED, "there is no model"
        amended = service.lodge(parcel("RB000000014US", gross_weight_g=1901))
        assert (amended.status, amended.version) == ("amended", 2)
        assert service.parcel("RB000000014US").version == 2


def test_parcels_with_faults_are_answered_one_by_one(place: Place) -> None:
    with place.service() as service:
        done = service.lodge_many([parcel("RB000000028US"), {"stream": "ems"}])
        assert (done.n_scored, done.n_rejected) == (1, 1)
        assert [one.parcel_id for one in done.answers] == ["RB000000028US"]
        found = done.rejections[0]
        assert (found.line, found.field) == (2, "parcel_id")
        assert found.reason
        assert found.remedy
        assert any(row.line == 2 for row in service.quarantine())


def test_what_is_only_checked_is_not_lodged(place: Place) -> None:
    with place.service() as service:
        assert service.check([parcel("RB000000031US")]).n_valid == 1
        with pytest.raises(ServiceProblem, match="Unknown parcel"):
            service.parcel("RB000000031US")


def test_a_refusal_carries_field_reason_and_remedy(place: Place) -> None:
    with place.service() as service, pytest.raises(ServiceProblem) as refused:
        service.lodge({"sender_name": "Jun Exampleson", "stream": "ems"})
    problem = refused.value
    assert (problem.status, problem.title) == (422, "Parcel not accepted")
    assert problem.type.startswith("/problems/")
    assert problem.request_id
    assert all(one.field and one.reason and one.remedy for one in problem.errors)
    assert "Jun" not in str(problem), "what was sent is not repeated"


def test_a_wrong_key_is_a_problem_and_is_shown_nowhere(place: Place) -> None:
    with Service(place.address, "prk_wrong") as service, pytest.raises(ServiceProblem) as refused:
        service.webhooks()
    assert refused.value.status == 401
    assert "prk_wrong" not in str(refused.value)


def test_an_answer_that_was_lost_on_the_way_is_given_again(place: Place) -> None:
    waits: list[float] = []
    with unsteady(place.address) as between, place.service(between.url, waits) as service:
        between.failures = ["lost", 503, "lost"]
        assert service.lodge(parcel("RB000000059US")).status == "scored", "the first answer, not that of a repetition"
    assert len(between.keys()) == 4
    assert len(set(between.keys())) == 1, "one key for all tries of a call"
    assert len(waits) == 3
    assert waits[0] < waits[1] < waits[2]


def test_each_call_has_a_key_of_its_own_or_that_of_the_caller(place: Place) -> None:
    with unsteady(place.address) as between, place.service(between.url) as service:
        for _ in range(2):
            service.lodge(parcel("RB000000062US"))
        service.lodge(parcel("RB000000062US"), idempotency_key="row-17")
    first, second, third = between.keys()
    assert first != second
    assert third == "row-17"


@pytest.mark.parametrize("status", [429, 503])
def test_what_the_service_asks_to_wait_is_waited(place: Place, status: int) -> None:
    waits: list[float] = []
    with unsteady(place.address) as between, place.service(between.url, waits) as service:
        between.failures, between.retry_after = [status], "7"
        assert service.webhooks() == ()
        between.failures, between.retry_after = [status], "3600"
        with pytest.raises(RemoteError):
            service.webhooks()
    assert waits == [7.0], "an hour is waited by nobody"


def test_a_request_without_a_key_that_writes_is_not_sent_again(place: Place) -> None:
    with unsteady(place.address) as between, place.service(between.url) as service:
        between.failures = ["lost"]
        with pytest.raises(Unreachable, match="had an effect is not known"):
            service.add_webhook("https://hooks.example.org/parcel-risk")
        assert len(between.came) == 1


def test_tries_end(place: Place) -> None:
    waits: list[float] = []
    with Service("http://127.0.0.1:9", "prk_x", retries=Retries(most=2), sleep=waits.append) as service:
        with pytest.raises(Unreachable, match="tried 3 times"):
            service.webhooks()
        assert len(waits) == 2
    with unsteady(place.address) as between, place.service(between.url) as service:
        between.failures = [500]
        with pytest.raises(UnexpectedAnswer, match="answered 500"):
            service.webhooks()


def test_lists_are_followed_to_their_end(place: Place) -> None:
    with place.service() as service:
        service.lodge_many([{"stream": "ems", "gross_weight_g": n} for n in range(1, 251)])
        assert len(list(service.quarantine())) >= 250
        with unsteady(place.address) as between, place.service(between.url) as counted:
            assert len(list(counted.quarantine())) >= 250
            assert len(between.came) >= 3
        messages = list(service.replies())
        assert messages[0][0].startswith("UN")
        assert next(iter(service.replies(after=messages[-1][1])))[1] >= messages[-1][1]


def test_an_item_is_reported(place: Place) -> None:
    with place.service() as service:
        service.lodge(parcel("RB000000076US"))
        assert service.report("RB000000076US", "leaking").status == "recorded"
        with pytest.raises(ServiceProblem, match="lodged no parcel"):
            service.report("RB999999990US", "leaking")


def test_a_file_is_lodged_once_however_often_it_is_sent(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text("parcel_id,stream,gross_weight_g\nRB000000080US,letter,20\n,letter,20\n", "utf-8")
    shown: list[tuple[int, int]] = []
    with place.service() as service:
        wanted = FileToLodge(file, progress=lambda sent, of: shown.append((sent, of)))
        done = service.lodge_file(wanted)
        assert isinstance(done, FileResult)
        assert (done.format, done.n_rows, done.n_scored, done.n_rejected) == ("csv", 2, 1, 1)
        assert service.lodge_file(file) == done, "the first answer"
        again = service.lodge_file(FileToLodge(file, again="another day"))
        assert isinstance(again, FileResult)
        assert again.n_repeated == 1
    size = file.stat().st_size
    assert shown == [(size, size)]


def test_a_large_file_becomes_a_job_that_is_resumed(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = [f"RC{n:08d}5US,letter,20" for n in range(1_500)]
    file.write_text("\n".join(["parcel_id,stream,gross_weight_g", *rows]), "utf-8")
    with unsteady(place.address) as between, place.service(between.url) as service:
        between.failures = ["lost", 503]
        job = service.lodge_file(file)
        assert isinstance(job, Job)
        assert service.lodge_file(file) == job or service.job(job.job_id).job_id == job.job_id
    states: list[str] = []
    with Service(place.address, place.key) as service:
        ended = service.wait(job, lambda now: states.append(now.state))
        assert (ended.state, ended.n_rows) == ("done", 1_500)
        assert sum(1 for _ in service.job_results(job.job_id)) == 1_500
    assert states[-1] == "done"


def test_a_program_of_asyncio_has_the_same(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text("parcel_id,stream,gross_weight_g\nRB000000093US,letter,20\n", "utf-8")

    async def noted(_: float) -> None:
        return None

    async def run(url: str) -> tuple[str, str, int, FileResult | Job]:
        async with AsyncService(url, place.key, sleep=noted) as service:
            answers = await asyncio.gather(*(service.lodge(parcel(f"RB00000{n}US")) for n in (1005, 1019)))
            with pytest.raises(ServiceProblem):
                await service.parcel("RB999999990US")
            rows = [row async for row in service.quarantine()]
            return (
                answers[0].status,
                (await service.parcel(answers[1].parcel_id)).status,
                len(rows),
                (await service.lodge_file(file)),
            )

    with unsteady(place.address) as between:
        between.failures = ["lost", 503]
        first, _, n_rows, done = asyncio.run(run(between.url))
    assert first == "scored"
    assert n_rows > 100
    assert isinstance(done, FileResult)
    assert done.n_scored == 1


def test_both_clients_have_the_same_methods() -> None:
    def methods(one: type) -> dict[str, list[str]]:
        found = inspect.getmembers(one, inspect.isfunction)
        return {name: list(inspect.signature(it).parameters) for name, it in found if not name.startswith("_")}

    assert methods(Service) == methods(AsyncService)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://risk.example.org", "Use https"),
        ("ftp://risk.example.org", "must be http"),
        ("https://name:word@risk.example.org", "without a name"),
        ("risk.example.org", "must be http"),
    ],
)
def test_an_address_that_would_show_the_key_is_refused(address: str, says: str) -> None:
    with pytest.raises(RemoteError, match=says):
        Service(address, "prk_x")


def test_a_redirect_is_not_followed() -> None:
    away = httpx2.MockTransport(lambda _: httpx2.Response(307, headers={"Location": "https://elsewhere.example.org"}))
    with Service("https://risk.example.org", "prk_x", transport=away) as service, pytest.raises(UnexpectedAnswer):
        service.webhooks()


@pytest.mark.parametrize("name", ["Answer", "Job", "HeldRow", "Webhook", "Receipt", "ManifestResult", "FieldProblem"])
def test_what_the_client_reads_is_promised_by_the_service(name: str) -> None:
    model: type[BaseModel] = getattr(models, name)
    theirs = {
        "Job": "JobAnswer",
        "Webhook": "SecretWebhook",
        "Receipt": "ReportReceipt",
        "ManifestResult": "ManifestAnswer",
        "FieldProblem": "RejectionModel",
    }
    schema: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["components"]["schemas"][
        theirs.get(name, name)
    ]
    needed = {field for field, info in model.model_fields.items() if info.is_required()}
    assert set(model.model_fields) <= set(schema["properties"])
    assert needed <= set(schema["required"])


def test_a_referral_of_a_later_version_must_be_checked_by_hand() -> None:
    answer = Answer(
        status="scored",
        parcel_id="RB000000014US",
        version=1,
        referral="weigh_it",  # type: ignore[arg-type]
        quality_flags=(),
        degraded=None,
        scored_at=datetime(2026, 11, 2, tzinfo=UTC),
    )
    assert answer.referral is Referral.MANUAL_CHECK


def test_a_wait_may_be_written_as_a_date() -> None:
    def asked(text: str) -> float | None:
        return retry_after_s(httpx2.Response(503, headers={"Retry-After": text}), datetime(2026, 11, 2, 8, tzinfo=UTC))

    assert asked("Mon, 02 Nov 2026 08:00:30 GMT") == 30
    assert asked("Mon, 02 Nov 2026 07:00:30 GMT") == 0
    assert asked("12") == 12
    assert asked("soon") is None
