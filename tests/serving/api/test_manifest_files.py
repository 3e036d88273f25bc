"""Files by content type, compressed, as jobs; and what must not bring the service down."""

from __future__ import annotations

import gzip
import json
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.parcel.schema import LINE
from features.sources import Content
from features.sources.registry import adapters
from parcel_risk.demo import EXAMPLE
from serving.api.manifest_files import is_file
from serving.app import create_app
from serving.intake.jobs import Jobs
from serving.intake.parts import PART_ROWS
from serving.intake.submissions import accept
from serving.settings import Settings
from serving.store.jobs import job_of
from serving.store.log import parcel_events_of
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.manifests import written
from tests.serving.conftest import Keys, bearer

PARCELS = [adapter for adapter in adapters().values() if adapter.content is Content.PARCELS]


def many(n: int) -> pl.DataFrame:
    rows = parcel_table([a_parcel(lodged_at=None, posted_at=None, due_at=None)]).drop(LINE)
    return pl.concat([rows] * n).with_columns(pl.format("P-{}", pl.int_range(n)).alias("parcel_id"))


def send(api: TestClient, key: str, data: bytes, media_type: str, **headers: str) -> Any:
    return api.post("/v1/manifests", content=data, headers={**bearer(key), "Content-Type": media_type, **headers})


def zstd(data: bytes) -> bytes:
    """Frame of zstd, as a stream writes it."""
    with tempfile.NamedTemporaryFile() as file:
        with pa.CompressedOutputStream(file.name, "zstd") as stream:
            stream.write(data)
        return Path(file.name).read_bytes()


def finished(api: TestClient, key: str, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        body = api.get(f"/v1/jobs/{job_id}", headers=bearer(key)).json()
        if body["state"] in ("done", "failed", "cancelled"):
            return dict(body)
        time.sleep(0.02)
    raise AssertionError("the job did not finish")


def results(api: TestClient, key: str, job_id: str) -> list[dict[str, Any]]:
    found, after = [], 0
    while after is not None:
        page = api.get(f"/v1/jobs/{job_id}/results?after={after}&limit=700", headers=bearer(key)).json()
        found += page["results"]
        after = page["next_after"]
    return found


@pytest.mark.parametrize("adapter", PARCELS, ids=lambda adapter: adapter.name)
def test_every_format_is_scored_by_its_content_type_and_by_its_content(
    api: TestClient, keys: Keys, adapter: Any
) -> None:
    data = written(adapter, many(2))
    first = send(api, keys.post, data, adapter.media_type)
    assert first.status_code == 200, first.text
    assert (first.json()["format"], first.json()["n_scored"]) == (adapter.name, 2)
    again = send(api, keys.post, data, "application/octet-stream").json()
    assert (again["format"], again["n_repeated"]) == (adapter.name, 2)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compressed_files_are_read(api: TestClient, keys: Keys, encoding: str) -> None:
    data = written(adapters()["csv"], many(3))
    packed = gzip.compress(data) if encoding == "gzip" else zstd(data)
    body = send(api, keys.post, packed, "text/csv", **{"Content-Encoding": encoding})
    assert body.status_code == 200, body.text
    assert body.json()["n_scored"] == 3


def test_an_interchange_is_read_by_the_message_that_it_holds(api: TestClient, keys: Keys) -> None:
    """The content type of RFC 1767 is that of every EDIFACT message; CUSCAR after UN/EDIFACT directory D.96B."""
    cuscar = (
        "UNB+UNOA:2+A+B+261125:0912+1'UNH+1+CUSCAR:D:96B:UN'CNI+1+Z-1'RFF+HWB:Z-1'NAD+CZ+++YIDA CO'UNT+5+1'UNZ+1+1'"
    )
    body = send(api, keys.post, cuscar.encode(), "application/edifact").json()
    assert (body["format"], body["n_scored"]) == ("cuscar", 1)
    unknown = send(api, keys.post, cuscar.replace("CUSCAR", "IFTMIN").encode(), "application/edifact")
    assert unknown.status_code == 422
    assert "this is IFTMIN D.96B, an EDIFACT message, which no format reads" in unknown.json()["detail"]
    assert "parcel-risk map" in unknown.json()["detail"]


OTHERS = {
    "trackingNumber": "X-1",
    "shipper": {"name": "Yida Co", "country": "CN"},
    "consignee": {"name": "Ana Silva", "country": "PT"},
    "weightKg": 1.5,
    "items": [{"description": "lamp", "quantity": 2}],
}


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/octet-stream"])
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_json_with_names_of_its_own_is_scored(
    api: TestClient, keys: Keys, media_type: str, encoding: str | None
) -> None:
    data = json.dumps({**OTHERS, "trackingNumber": f"X-{media_type[-1]}-{encoding}"}).encode()
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    body = send(api, keys.post, gzip.compress(data) if encoding else data, media_type, **headers).json()
    assert (body["n_scored"], body["n_rejected"], body["ignored"]) == (1, 0, [])


def test_such_json_as_a_call_of_the_api_is_told_how_it_is_sent(api: TestClient, keys: Keys) -> None:
    errors = send(api, keys.post, json.dumps(OTHERS).encode(), "application/json").json()["errors"]
    assert "application/x-ndjson" in next(one["remedy"] for one in errors if one["field"] == "parcels")


def test_callers_without_the_right_are_refused_before_their_file_is_read(api: TestClient, keys: Keys) -> None:
    data = written(adapters()["csv"], many(1))
    assert api.post("/v1/manifests", content=data, headers={"Content-Type": "text/csv"}).status_code == 401
    assert send(api, keys.officer, data, "text/csv").status_code == 403


@pytest.mark.parametrize(
    ("data", "media_type", "headers", "status", "words"),
    [
        (b"", "text/csv", {}, 422, "the file is empty"),
        (b"%PDF-1.7 \x00\x01", "application/octet-stream", {}, 422, "none of the known formats"),
        (b"a", "image/png", {}, 415, "Unknown content type"),
        (b"a", "text/csv", {"Content-Encoding": "br"}, 415, "Unknown compression"),
        (b"not gzip", "text/csv", {"Content-Encoding": "gzip"}, 422, "not valid gzip"),
        (
            gzip.compress(b"parcel_id\nP-1\n", mtime=0)[:-9],
            "text/csv",
            {"Content-Encoding": "gzip"},
            422,
            "is incomplete",
        ),
        (b"PAR1", "application/vnd.apache.parquet", {"Content-Encoding": "gzip"}, 415, "Double compression"),
    ],
)
def test_files_that_cannot_be_used_get_a_problem_document(
    api: TestClient, keys: Keys, data: bytes, media_type: str, headers: dict[str, str], status: int, words: str
) -> None:
    response = send(api, keys.post, data, media_type, **headers)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.text


def test_a_bomb_is_refused_and_leaves_nothing_behind(api: TestClient, keys: Keys, settings: Settings) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    response = send(api, keys.post, bomb, "text/csv", **{"Content-Encoding": "gzip"})
    assert response.status_code in (202, 422)
    if response.status_code == 202:
        job = finished(api, keys.post, response.json()["job_id"])
        assert (job["state"], job["n_taken"]) == ("failed", 0)
        assert "unpacks to more than" in job["problem"] or "UTF-16" in job["problem"]
    assert list((settings.home / "intake").iterdir()) == []


def test_a_job_of_which_no_row_could_be_used_has_failed_and_its_results_say_why(api: TestClient, keys: Keys) -> None:
    data = b"parcel_id,stream\n9.40551E+21,letter\n1.5E+20,letter\n"
    response = send(api, keys.post, data, "text/csv", Prefer="respond-async")
    job = finished(api, keys.post, response.json()["job_id"])
    assert (job["state"], job["n_rows"], job["n_rejected"]) == ("failed", 2, 2)
    assert job["problem"] == "none of the 2 rows could be used; the results say why."
    assert [one["code"] for one in results(api, keys.post, job["job_id"])] == ["exponent", "exponent"]


def test_what_was_guessed_of_a_file_is_said_in_the_answer(api: TestClient, keys: Keys) -> None:
    answer = send(api, keys.post, "parcel_id;sender_name\nP-1;Jürgen Größl\n".encode("cp1252"), "text/csv").json()
    assert answer["n_scored"] == 1
    assert "windows-1252" in answer["notes"][0]


def test_a_large_file_becomes_a_job_with_a_result_for_every_row(
    api: TestClient, keys: Keys, settings: Settings
) -> None:
    rows = many(2_500)
    bad = rows.with_columns(
        pl.when(pl.int_range(pl.len()) % 100 == 0).then(None).otherwise("parcel_id").alias("parcel_id")
    )
    response = send(api, keys.post, written(adapters()["ndjson"], bad), "application/x-ndjson", Prefer="respond-async")
    assert response.status_code == 202
    assert response.headers["location"] == f"/v1/jobs/{response.json()['job_id']}"
    assert api.get(response.headers["location"], headers=bearer(keys.courier)).status_code == 404
    job = finished(api, keys.post, response.json()["job_id"])
    assert (job["state"], job["n_rows"], job["n_taken"], job["n_rejected"]) == ("done", 2_500, 2_475, 25)
    found = results(api, keys.post, job["job_id"])
    assert len(found) == 2_500
    assert sum(one["status"] == "rejected" for one in found) == 25
    assert {one["parcel_id"] for one in found if one["status"] == "scored"} == set(rows["parcel_id"]) - {
        f"P-{place}" for place in range(0, 2_500, 100)
    }
    assert list((settings.home / "intake").iterdir()) == []


def test_files_wait_encrypted(settings: Settings, clock: Clock, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "start", lambda self: None)
    with TestClient(create_app(settings, clock)) as api:
        data = written(adapters()["csv"], many(50).with_columns(sender_name=pl.lit("Xaver Unverwechselbar")))
        send(api, keys.post, data, "text/csv", Prefer="respond-async")
        (waiting,) = (settings.home / "intake").iterdir()
        assert b"Unverwechselbar" not in waiting.read_bytes()


def test_a_job_is_cancelled_between_two_parts_and_what_it_took_stays(
    settings: Settings, clock: Clock, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "start", lambda self: None)
    with TestClient(create_app(settings, clock)) as api:
        response = send(api, keys.post, written(adapters()["csv"], many(10)), "text/csv", Prefer="respond-async")
        where = f"/v1/jobs/{response.json()['job_id']}"
        assert api.get(where, headers=bearer(keys.post)).json()["state"] == "waiting"
        assert api.delete(where, headers=bearer(keys.courier)).status_code == 404
        assert api.delete(where, headers=bearer(keys.post)).json()["state"] == "cancelled"
        assert api.delete(where, headers=bearer(keys.post)).json()["state"] == "cancelled"
    monkeypatch.undo()
    with TestClient(create_app(settings, clock)) as api:
        assert api.get(where, headers=bearer(keys.post)).json()["n_rows"] == 0


def test_when_too_many_files_wait_the_next_one_is_turned_away(
    settings: Settings, clock: Clock, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "start", lambda self: None)
    with TestClient(create_app(settings.model_copy(update={"max_pending_jobs": 2}), clock)) as api:
        data = written(adapters()["csv"], many(1))
        codes = [send(api, keys.post, data, "text/csv", Prefer="respond-async") for _ in range(3)]
        assert [one.status_code for one in codes] == [202, 202, 503]
        assert codes[-1].headers["retry-after"] == "60"


class Crash(BaseException):
    """Ends a job as a power cut does: nothing of the part in hand is stored."""


def test_a_job_goes_on_after_a_crash_where_it_was_and_loses_and_doubles_nothing(
    settings: Settings, clock: Clock, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_rows = 4 * PART_ROWS + 50
    parts_done: list[int] = []

    def crashing(*args: Any, **more: Any) -> Any:
        done = accept(*args, **more)
        parts_done.append(done.n_rows)
        if len(parts_done) == 3:
            raise Crash
        return done

    monkeypatch.setattr(Jobs, "start", lambda self: None)
    app = create_app(settings, clock)
    with TestClient(app) as api:
        response = send(api, keys.post, written(adapters()["csv"], many(n_rows)), "text/csv", Prefer="respond-async")
        job_id = response.json()["job_id"]
        jobs: Jobs = app.state.jobs
        with monkeypatch.context() as patched:
            patched.setattr("serving.intake.jobs.accept", crashing)
            with jobs._office.store.begin_read() as connection:
                job = job_of(connection, job_id)
            with pytest.raises(Crash):
                jobs.work(job)  # type: ignore[arg-type]
        assert api.get(f"/v1/jobs/{job_id}", headers=bearer(keys.post)).json()["n_rows"] == 2 * PART_ROWS
    monkeypatch.undo()
    with TestClient(create_app(settings, clock)) as api:
        done = finished(api, keys.post, job_id)
        assert (done["state"], done["n_rows"], done["n_taken"]) == ("done", n_rows, n_rows)
        found = results(api, keys.post, job_id)
        assert [one["status"] for one in found] == ["scored"] * n_rows
        assert len({one["parcel_id"] for one in found}) == n_rows


def test_the_service_answers_while_a_job_runs(api: TestClient, keys: Keys) -> None:
    response = send(api, keys.post, written(adapters()["csv"], many(6_000)), "text/csv", Prefer="respond-async")
    seen = set()
    n_answers = 0
    while "done" not in seen:
        assert (
            api.post("/v1/parcels", json={**EXAMPLE, "parcel_id": f"N-{n_answers}"}, headers=bearer(keys.post)).json()[
                "status"
            ]
            == "scored"
        )
        n_answers += 1
        seen.add(api.get(f"/v1/jobs/{response.json()['job_id']}", headers=bearer(keys.post)).json()["state"])
    assert n_answers > 2


@pytest.mark.parametrize(
    ("media_type", "file"),
    [
        ("application/json", False),
        ("application/json; charset=utf-8", False),
        ("text/csv", True),
        ("", True),
        ("application/vnd.parcel-risk.courier+json", True),
    ],
)
def test_json_of_the_api_is_no_file(media_type: str, file: bool) -> None:
    headers = [(b"content-type", media_type.encode())]
    assert is_file({"type": "http", "method": "POST", "path": "/v1/manifests", "headers": headers}) is file


def test_a_body_beyond_the_limit_is_refused(settings: Settings, clock: Clock, keys: Keys) -> None:
    with TestClient(create_app(settings.model_copy(update={"max_manifest_bytes": 10_000}), clock)) as api:
        response = send(api, keys.post, b"x" * 20_000, "text/csv")
        assert response.status_code == 413
        assert list((settings.home / "intake").iterdir()) == []


def test_a_streamed_body_is_taken_in_pieces(api: TestClient, keys: Keys, app: FastAPI) -> None:
    data = written(adapters()["csv"], many(300))

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    response = api.post("/v1/manifests", content=pieces(), headers={**bearer(keys.post), "Content-Type": "text/csv"})
    assert response.json()["n_scored"] == 300


CYRILLIC = "parcel_id,sender_name,recipient_name,description\nP-{},Иван,Анна,чай\n"
MAPPING = """[parcel]
parcel_id = { column = "No" }
sender_name = { column = "A" }
recipient_name = { column = "B" }
[piece]
description = { column = "C" }
"""


@pytest.fixture
def with_mappings(settings: Settings, tmp_path: Path) -> Path:
    """Settings under which clients may name the mappings of a folder."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "fooex.toml").write_text(MAPPING, "utf-8")
    object.__setattr__(settings, "mappings_dir", tmp_path / "mappings")
    return tmp_path / "mappings"


@pytest.mark.parametrize("prefer", ["", "respond-async"])
def test_the_encoding_of_the_content_type_goes_before_any_guess(
    api: TestClient, keys: Keys, app: FastAPI, prefer: str
) -> None:
    data = CYRILLIC.format(1).encode("cp866")
    answer = send(api, keys.post, data, "text/csv; charset=ibm866", Prefer=prefer).json()
    if prefer:
        assert answer["format"] == "csv/cp866"
        assert finished(api, keys.post, answer["job_id"])["n_taken"] == 1
    else:
        assert (answer["n_scored"], answer["notes"]) == (1, [])
    with app.state.office.store.begin_read() as connection:
        (event,) = parcel_events_of(connection, ["P-1"])
    assert event["description"] == "чай"


def test_an_encoding_that_there_is_not_is_refused(api: TestClient, keys: Keys) -> None:
    response = send(api, keys.post, CYRILLIC.format(2).encode(), "text/csv; charset=klingon")
    assert (response.status_code, "klingon" in response.json()["detail"]) == (422, True)


@pytest.mark.parametrize("prefer", ["", "respond-async"])
def test_a_client_names_a_mapping_that_the_office_keeps(
    with_mappings: Path, api: TestClient, keys: Keys, prefer: str
) -> None:
    headers = {**bearer(keys.post), "Content-Type": "text/csv; charset=windows-1251", "Prefer": prefer}
    data = "No,A,B,C\nP-7,Иван,Анна,чай\n".encode("cp1251")
    response = api.post("/v1/manifests?mapping=fooex", content=data, headers=headers).json()
    if prefer:
        assert response["format"] == "fooex/cp1251"
        assert finished(api, keys.post, response["job_id"])["n_taken"] == 1
    else:
        assert (response["n_scored"], response["n_rejected"]) == (1, 0)


@pytest.mark.parametrize("name", ["other", "../keys", ""])
def test_a_mapping_that_the_office_does_not_keep_is_refused(
    with_mappings: Path, api: TestClient, keys: Keys, name: str
) -> None:
    headers = {**bearer(keys.post), "Content-Type": "application/json"}
    response = api.post("/v1/manifests", params={"mapping": name}, content=b"{}", headers=headers)
    assert response.status_code == 422
    if name:
        assert response.json()["detail"].endswith("It keeps: fooex.")
