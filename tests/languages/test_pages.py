"""Pages in every language: each text passes through the catalogue, and no English is left in another language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.pages.desk.pictures import Of
from serving.pages.languages import COOKIE, station_languages
from serving.pages.layout import DESK, NAVIGATION
from tests.languages.conftest import CANCELLED, DONE, FOUND, TWICE
from tests.languages.messages import TEMPLATES, messages
from tests.languages.pseudo import CODE, LONGER, MIRRORED, Visible, unsaid
from tests.serving.pages.desk.test_policy_pages import LIST, RULE, SHIFTS

OTHER = ("de", "fr", "pl")
ENGLISH = {
    one.message for known in messages().values() for one in known.values() if not one.context and " " in one.message
}
ADDRESSES = (
    *(address for address, _ in NAVIGATION),
    *(address for address, _ in DESK),
    *(f"/station/desk/pictures?of={one.value}" for one in Of),
    "/station/desk/typologies/letters-of-tablets",
    "/station/desk/rules/light-letters?tried=1&message=kept",
    "/station/desk/lists/cover?tried=1&message=kept",
    "/station/desk/shift?hours=24",
    "/station/practice?round=0&message=not_next",
    "/station/practice?done=EE000000015ZZ",
    f"/station/history?parcel={FOUND}&operator=post-a",
    f"/station/history?parcel={DONE}&operator=post-a",
    "/station/login?message=wrong_passphrase",
    "/station/passphrase",
    *(f"/station?parcel={number}" for number in (DONE, TWICE, CANCELLED, FOUND, "12", "RR516273849PL", "NOWHERE1")),
    *(f"/station/stages?parcel={number}" for number in (DONE, FOUND)),
    f"/station/exhibit?parcel={FOUND}",
    "/station/exhibit?number=EX00000001",
    "/station/exhibit?number=EX99",
    "/station/funnel?by=cause",
    "/station?message=recorded&entry=1",
    "/station/line?message=kept",
    "/station/evidence",
    "/station/nowhere",
    "/station?chosen=x",
)
SENDER = {name: EXAMPLE[f"sender_{name}"] for name in ("street", "postcode", "city", "country")}
PARTS = ("docs.html", "evidence.html", "operator_report.html", "picture.html", "tables.html")
"""Templates of English documents, and parts of pages that say nothing by themselves."""
FORMS = (
    ("/station/observed", {"weight_g": "1,5", "dispatch_country": "Poland", "direction": "up"}),
    ("/station/outcome", {"parcel_id": DONE, "result": "found", "finding_class": "cannabis"}),
    ("/station/outcome", {"parcel_id": DONE, "result": "", "method": "x" * 80}),
    ("/station/run", {"stage": "opened", "result": "found", "numbers": "NOWHERE1"}),
    ("/station/run", {"stage": "opened", "result": "found"}),
    ("/station/exhibit", {"number": "EX00000001", "kind": "received"}),
    ("/station/exhibit", {"parcel_id": DONE, "gross_g": "5"}),
    ("/station/stages", {"parcel_id": DONE, "stage": "opened", "result": "found", "corrects": "999999"}),
    ("/station/line", {"method": "?"}),
    ("/station/evidence", {"parcel": "NOWHERE1", "file": "1"}),
    ("/station/person", {"purpose": "request", "reference": "R 1", "name": "Lea"}),
    ("/station/person", {"purpose": "request", "reference": "R 1", "email": "nobody@example.net"}),
    ("/station/person", {"purpose": "", "reference": "?!", "country": "D1"}),
    ("/station/person", {"purpose": "request", "reference": "R 1", "name": EXAMPLE["sender_name"], **SENDER}),
    ("/station/hand-over", {"parcel_id": TWICE, "operator": "post-a", "to": "nobody", "handover_reason": "?"}),
    ("/station/desk/rules", RULE),
    ("/station/desk/rules", {**RULE, "when": "nothing = 1", "expires_on": "x"}),
    ("/station/desk/rules", {**RULE, "when": "nothing = 1"}),
    ("/station/desk/lists", LIST),
    ("/station/desk/lists", {**LIST, "csv": "words\n\n", "fields": "?", "review_on": "x"}),
    ("/station/desk/lists", {**LIST, "csv": "word\nx\n"}),
    ("/station/desk/capacity", SHIFTS),
    ("/station/desk/capacity", {**SHIFTS, "hands_1": "many", "days_2": ""}),
    ("/station/desk/capacity", {**SHIFTS, "minutes_open": "0"}),
    ("/station/desk/typologies/letters-of-tablets", {"owner": "team", "expires_on": "2099-12-31", "days": "30"}),
    ("/station/desk/typologies/letters-of-tablets", {"owner": "", "expires_on": "2099-02-31", "days": "0"}),
    ("/station/desk/shift", {"text": ""}),
)


def page(station: TestClient, code: str, address: str, form: dict[str, str] | None = None) -> str:
    station.cookies.set(COOKIE, code)
    accepted = {"accept": "text/html"}
    answer = (
        station.get(address, headers=accepted) if form is None else station.post(address, data=form, headers=accepted)
    )
    assert answer.status_code < 500
    return answer.text


CASES = [(address, None) for address in ADDRESSES] + list(FORMS)
IDS = [f"{address} {' '.join(form or {})}" for address, form in CASES]


@pytest.mark.parametrize(("address", "form"), CASES, ids=IDS)
def test_every_visible_text_passes_through_the_catalogue(
    station: TestClient, address: str, form: dict[str, str] | None
) -> None:
    said = page(station, CODE, address, form)
    assert "⟦" in said
    assert 'class="card release"' not in said or "practice" in address, "no model is in service"
    assert unsaid(said) == []


@pytest.mark.parametrize(("address", "form"), CASES, ids=IDS)
def test_no_english_sentence_is_left_in_another_language(
    station: TestClient, address: str, form: dict[str, str] | None
) -> None:
    for code in OTHER:
        said = page(station, code, address, form)
        assert f'<html lang="{code}" dir="ltr">' in said
        language = station_languages()[code]
        left = ENGLISH.intersection(Visible(said).said)
        assert not [one for one in left if language.text(one) != one]


def test_the_language_is_that_of_the_person_then_of_the_browser_then_of_the_installation(station: TestClient) -> None:
    def language(**headers: str) -> str:
        found = re.search(r'<html lang="(\w+)"', station.get("/station/login", headers=headers).text)
        return found[1] if found else ""

    station.cookies.delete(COOKIE)
    asked = {"accept-language": "it, pl-PL;q=0.7, fr;q=0.8"}
    assert language() == "en"
    assert language(**asked) == "fr"
    assert language(**{"accept-language": "xx;q=y, *"}) == "en"
    answer = station.post(
        "/station/language", data={"language": "de", "address": "/station/login"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/station/login"
    assert language(**asked) == "de"
    elsewhere = {"language": "zz", "address": "https://elsewhere.example"}
    assert station.post("/station/language", data=elsewhere, follow_redirects=False).headers["location"] == "/station"
    assert language() == "de"


def test_a_language_is_chosen_on_every_page_and_answers_of_the_api_stay_english(
    station: TestClient, tmp_path: Path
) -> None:
    said = page(station, "pl", "/station/queue")
    assert re.findall(r'<option value="(\w+)" lang', said) == ["en", "de", "fr", "pl", CODE, LONGER, MIRRORED]
    refused = station.get("/v1/parcels/X", headers={"accept-language": "pl"})
    assert refused.json()["title"] == "Authentication required"


def test_every_template_says_its_texts_by_the_catalogue() -> None:
    for file in TEMPLATES.glob("*.html"):
        says_nothing = not re.search(r"\b_n?\(", file.read_text("utf-8"))
        assert says_nothing == (file.name in PARTS), file.name
