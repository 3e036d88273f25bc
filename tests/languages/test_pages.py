"""Pages in every language: each text passes through the catalogue, and no English is left in another language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.pages.languages import COOKIE, station_languages
from serving.pages.layout import ENGLISH_ONLY, NAVIGATION
from serving.store import Role
from tests.conftest import Clock
from tests.languages.messages import TEMPLATES, messages
from tests.languages.pseudo import CODE, Visible, pseudo, unsaid
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

DONE, TWICE, CANCELLED, FOUND = "RR516273840PL", "RB473124829US", "RB473124846US", "EE473124829TH"
OTHER = ("de", "fr", "pl")
ENGLISH = {
    one.message for known in messages().values() for one in known.values() if not one.context and " " in one.message
}
ADDRESSES = (
    *(address for address, _ in NAVIGATION if address != "/station/practice"),
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
    "/station/nowhere",
    "/station?chosen=x",
)
PARTS = (
    "desk.html",
    "docs.html",
    "evidence.html",
    "operator_report.html",
    "outlook.html",
    "picture.html",
    "tables.html",
)
"""Templates of English documents, and of parts of pages that are English as a whole."""
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
)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A signed-in browser at a station without a model, with a parcel in every state that it can have there."""
    settings = bare_settings(tmp_path_factory.mktemp("tongues"))
    post, courier = client_key(settings, "post", "post-a"), client_key(settings, "courier", "courier-a")
    officer = client_key(settings, "officer-7", None, Role.OFFICER)
    app = create_app(settings, Clock())
    app.state.languages = {**station_languages(), CODE: pseudo()}
    with TestClient(app, raise_server_exceptions=False) as api:

        def lodge(number: str, key: str, **changes: object) -> None:
            parcel = {**EXAMPLE, "parcel_id": number, **changes}
            assert api.post("/v1/parcels", json=parcel, headers=bearer(key)).status_code == 200

        lodge(DONE, post, receptacle_id="PLWAWADEFRAACCN60417002110094", origin_office="PLWAWX")
        lodge(TWICE, post)
        lodge(TWICE, courier)
        lodge(CANCELLED, post)
        lodge(CANCELLED, post, function="cancel")
        lodge(FOUND, post, pieces=[], gross_weight_g=None)
        api.post("/station/login", data={"key": officer})
        api.post("/station/outcome", data={"parcel_id": DONE, "result": "nothing_found", "method": "opened"})
        found = {"parcel_id": FOUND, "finding_class": "cannabis", "method": "opened"}
        api.post("/station/outcome", data=found)
        api.post("/station/exhibit", data={"parcel_id": FOUND, "seal": "S1", "gross_g": "12"})
        yield api


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
    assert 'class="card release"' not in said, "no model is in service"
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
    assert re.findall(r'<option value="(\w+)" lang', said) == ["en", "de", "fr", "pl", CODE]
    refused = station.get("/v1/parcels/X", headers={"accept-language": "pl"})
    assert refused.json()["title"] == "Authentication required"


def test_a_page_whose_texts_are_in_no_catalogue_is_english_as_a_whole_and_says_so(station: TestClient) -> None:
    assert '<html lang="en" dir="ltr">' in page(station, "pl", "/station/practice")
    for file in TEMPLATES.glob("*.html"):
        says_nothing = not re.search(r"\b_n?\(", file.read_text("utf-8"))
        assert says_nothing == (file.name in {*ENGLISH_ONLY, *PARTS}), file.name
