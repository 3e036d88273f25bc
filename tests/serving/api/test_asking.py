"""What every request and every answer have in common: parameters, ids, types of problems."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import serving.api
from serving.api.examples import EXAMPLES, PARCEL
from serving.office.office import Office
from serving.office.problem_types import problem_types, slug_of
from tests.serving.api.conftest import Bare
from tests.serving.api.test_parcels import EXAMPLE

MINE = "0f8fad5b-d9cb-469f-a165-70867728950e"


def test_every_route_refuses_a_parameter_that_it_does_not_know(bare: Bare) -> None:
    n = 0
    for path, methods in bare.paths().items():
        for method in methods:
            answer = bare.http.request(method, path + "?no_such_parameter=1", headers=bare.supervisor, json={})
            assert answer.status_code == 422, (method, path)
            assert answer.json()["errors"][0]["field"] == "no_such_parameter"
            n += 1
    assert n > 40


@pytest.mark.parametrize(
    ("query", "field", "remedy"),
    [
        ("Explain=true", "Explain", "Did you mean explain?"),
        ("validate_ony=true", "validate_ony", "Did you mean validate_only?"),
        ("explain=true&explain=false", "explain", "Give it once."),
        ("Anna%20Schmidt=1", "query", "Use one of: explain, validate_only; or none."),
    ],
)
def test_the_nearest_name_is_given_and_nothing_is_lodged(bare: Bare, query: str, field: str, remedy: str) -> None:
    answer = bare.http.post(f"/v1/parcels?{query}", json=EXAMPLE, headers=bare.post)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["remedy"]) == (field, remedy)
    assert "Schmidt" not in answer.text
    office: Office = bare.app.state.office
    assert office.writer.last_seq == 0


@pytest.mark.parametrize("path", ["/livez", "/v1/quality", "/v1/no-such-thing", "/station", "/v1/parcels/XX"])
@pytest.mark.parametrize("given", [MINE, MINE.replace("-", ""), "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_the_id_of_a_request_is_the_callers_in_answer_problem_and_log(bare: Bare, path: str, given: str) -> None:
    with capture_logs() as lines:
        answer = bare.http.get(path, headers={**bare.post, "X-Request-Id": given}, follow_redirects=False)
    assert answer.headers["X-Request-Id"] == given
    assert [line["request_id"] for line in lines if line["event"] == "request"] == [given]
    if answer.headers["content-type"] == "application/problem+json":
        assert answer.json()["request_id"] == given


@pytest.mark.parametrize("given", [None, "Anna Schmidt", "0049-170-1234567-00", "x" * 5_000])
def test_an_id_that_may_be_anything_is_replaced(bare: Bare, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    answer = bare.http.get("/v1/quality", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_what_nobody_expected_is_answered_with_all_headers(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(bare.app.state, "checkpoints")
    answer = bare.http.get("/v1/audit/checkpoint", headers={**bare.auditor, "X-Request-Id": MINE})
    assert (answer.status_code, answer.json()["request_id"]) == (500, MINE)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def titles() -> Iterator[str]:
    """Titles of all problems in the source."""
    for path in sorted(Path(serving.api.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                number = {"Problem": 1, "write": 1, "problem_response": 2}.get(node.func.id)
                if number is not None and isinstance((node.args + [None] * 3)[number], ast.Constant):
                    yield node.args[number].value


def test_every_problem_has_a_type_with_a_page_of_its_own(bare: Bare) -> None:
    used = set(titles()) | {"Request refused", "Token request refused"}
    assert used == {one.title for one in problem_types().values()}
    index = bare.http.get("/problems").text
    for title in used:
        assert f'href="/problems/{slug_of(title)}"' in index
    assert bare.http.get("/problems/no-such").status_code == 404


def test_a_problem_leads_to_its_page(bare: Bare) -> None:
    answer = bare.http.get("/v1/parcels/EE473124829TH", headers=bare.post)
    assert answer.json()["type"] == "/problems/unknown-parcel"
    assert "No parcel is on record" in bare.http.get(answer.json()["type"]).text


NUL = "a\0b"


@pytest.mark.parametrize("path", ["/v1/parcels/a%00b", "/v1/jobs/%00", "/v1/audit?action=a%00", "/station?parcel=%00"])
def test_an_address_with_a_nul_is_refused_before_any_store_is_asked(bare: Bare, path: str) -> None:
    answer = bare.http.get(path, headers=bare.supervisor)
    assert (answer.status_code, "holds the character NUL" in answer.text) == (422, True)


def test_a_text_with_a_nul_is_refused_and_a_parcel_is_scored_without_it(bare: Bare) -> None:
    bodies = {path: body for (method, path), body in EXAMPLES.items() if method == "post" and "{" not in path}
    for path, body in bodies.items():
        if path in ("/v1/parcels", "/v1/manifests"):
            continue
        (first, *_) = json.loads(json.dumps(body))
        answer = bare.http.post(path, json={**body, first: NUL}, headers=bare.supervisor)
        assert answer.status_code in (403, 422), path
        if answer.status_code == 422:
            assert "holds the character NUL" in answer.text, path
    described = {**PARCEL, "parcel_id": "nul-1", "pieces": [{"description": NUL}], "recipient_name": NUL}
    assert bare.http.post("/v1/parcels", json=described, headers=bare.post).json()["status"] == "scored"
    escaped = {"reason": "a path as in C:\\u0000"}
    assert bare.http.post("/v1/score-stops", json=escaped, headers=bare.supervisor).status_code == 201
    assert bare.http.post("/v1/score-stops/end", headers=bare.supervisor).status_code == 200


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_at_the_end_of_the_calendar_is_no_error_of_the_service(bare: Bare, at: str) -> None:
    for field in ("posted_at", "due_at"):
        answer = bare.http.post(
            "/v1/parcels", json={**PARCEL, "parcel_id": f"end-{field}-{at[:4]}", field: at}, headers=bare.post
        )
        assert (answer.status_code, answer.json()["status"]) == (200, "scored"), "without that time"
    undated = bare.http.post("/v1/parcels", json={**PARCEL, "lodged_at": at}, headers=bare.post)
    assert (undated.status_code, undated.json()["errors"][0]["field"]) == (422, "lodged_at")
    assert bare.http.get("/v1/policy", params={"at": at}, headers=bare.auditor).status_code == 200
