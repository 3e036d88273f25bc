"""Refused forms: every one names field, reason and remedy, and gives back what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from tests.serving.conftest import bearer
from tests.serving.pages.test_readings import serving

NUMBER = EXAMPLE["parcel_id"]
KEY = {"parcel_id": NUMBER, "operator": "post-a"}
FORMS: dict[str, tuple[str, dict[str, str], str, str | None]] = {
    "item: stream": ("observed", {"stream": "pigeon", "posting_mark": "P.P. 8010"}, "Stream", "posting_mark"),
    "item: weight": ("observed", {"weight_g": "1,5", "sender": "Ann\nMill Lane 4"}, "Weight in grams", "sender"),
    "item: no weight": ("observed", {"weight_g": "0", "origin_office": "PLWAWX"}, "Weight in grams", "origin_office"),
    "item: country": (
        "observed",
        {"recipient_country": "D1", "weight_g": "18"},
        "Country of the destination",
        "weight_g",
    ),
    "item: too long": ("observed", {"posting_mark": "x" * 71, "weight_g": "18"}, "Mark of posting", "weight_g"),
    "item: by the office": ("observed", {"parcel_id": NUMBER, "weight_g": "18"}, "Number on the item", "weight_g"),
    "exhibit: weight": ("exhibit", {"parcel_id": NUMBER, "gross_g": "much", "seal": "S-1"}, "Gross weight", "seal"),
    "exhibit: no kind": ("exhibit", {"number": "EX00000001", "seal": "S-1"}, "What happened", "seal"),
    "exhibit: by the office": ("exhibit", {"parcel_id": NUMBER, "seal": "S-1"}, "Number of the parcel", "seal"),
    "exhibit: unknown": (
        "exhibit",
        {"number": "EX00000009", "kind": "sealed", "seal": "S"},
        "Number of the exhibit",
        "seal",
    ),
    "stage: seconds": (
        "stages",
        {**KEY, "stage": "dog", "result": "found", "duration_s": "2m"},
        "Seconds",
        "duration_s",
    ),
    "stage: by the office": (
        "stages",
        {**KEY, "stage": "dog", "result": "presented", "duration_s": "30"},
        "Result",
        "duration_s",
    ),
    "stage: correction": (
        "stages",
        {**KEY, "stage": "dog", "result": "found", "corrects_seq": "one"},
        "Corrects",
        "stage",
    ),
    "scan": ("scan", {**KEY, "state": "declared"}, "Seen by customs", "parcel_id"),
    "run: no parcel": (
        "run",
        {"stage": "dog", "result": "found", "duration_s": "30"},
        "Numbers of the parcels",
        "duration_s",
    ),
    "run: result": ("run", {"stage": "dog", "result": "maybe", "numbers": NUMBER}, "Result", "numbers"),
    "run: by the office": (
        "run",
        {"stage": "dog", "result": "presented", "numbers": NUMBER, "duration_s": "30"},
        "Result",
        "numbers",
    ),
    "outcome: class": (
        "outcome",
        {**KEY, "result": "found", "finding_class": "whim", "method": "xray"},
        "Class found",
        "method",
    ),
    "outcome: reason": (
        "outcome",
        {**KEY, "result": "found", "correction_reason": "whim", "method": "dog"},
        "Correct",
        "method",
    ),
    "key": ("login", {"key": "x" * 201}, "Officer's key", None),
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(tmp_path_factory.mktemp("forms")) as (api, keys):
        assert api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.post)).status_code == 200
        yield api


@pytest.mark.parametrize(("path", "form", "label", "kept"), FORMS.values(), ids=FORMS)
def test_a_refused_form_names_the_field_and_gives_back_what_was_typed(
    api: TestClient, path: str, form: dict[str, str], label: str, kept: str | None
) -> None:
    answer = api.post(f"/station/{path}", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    (alert,) = re.findall(r'role="alert".*?</ul>', answer.text, re.DOTALL)
    ((name, reason),) = re.findall(r"<li><a[^>]*>(.*?)</a>: (.*?)</li>", alert, re.DOTALL)
    assert unescape(name).startswith(label)
    assert reason.count(".") >= 2, "a reason and a remedy"
    assert "<title>Not " in answer.text or path == "login"
    if kept is not None:
        assert kept_in(answer.text, kept) == form[kept]


def kept_in(page: str, name: str) -> str:
    """What a field of the page holds."""
    pattern = rf'(<(?:input|select|textarea)[^>]*name="{name}"[^>]*>)(.*?)(?=<(?:input|label|button|/form))'
    (tag, rest) = re.findall(pattern, page, re.DOTALL)[-1]
    if tag.startswith("<select"):
        return unescape(re.findall(r'<option value="([^"]*)" selected', rest)[0])
    if tag.startswith("<textarea"):
        return unescape(rest.partition("</textarea>")[0])
    return unescape(re.findall(r'value="([^"]*)"', tag)[0])


def test_a_secret_is_not_given_back(api: TestClient) -> None:
    assert "xxx" not in api.post("/station/login", data={"key": "x" * 201}).text


def test_a_second_outcome_asks_for_the_reason_and_keeps_what_was_chosen(api: TestClient) -> None:
    api.post("/station/outcome", data={**KEY, "result": "nothing_found", "method": "opened"})
    page = api.post(
        "/station/outcome", data={**KEY, "result": "found", "method": "dog", "finding_class": "cocaine"}
    ).text
    assert "another outcome is on record for this parcel. Choose why it is corrected." in page
    assert (kept_in(page, "method"), kept_in(page, "finding_class")) == ("dog", "cocaine")
