"""Practice at the station: synthetic parcels with a known truth, and nothing on record of any parcel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from features.parcel.fields import FINDING_CLASSES
from policy import Cause
from serving.app import create_app
from serving.office.office import Office
from serving.office.practice import practice_parcels, round_of
from serving.store import Client, Role
from serving.store.tables import metadata
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.pages.desk.conftest import cells

ANN = Client(client_id="ann", role=Role.OFFICER, operator=None)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = bare_settings(tmp_path_factory.mktemp("practice"))
    key = client_key(settings, "ann", None)
    with TestClient(create_app(settings, Clock()), raise_server_exceptions=False) as api:
        api.post("/station/login", data={"key": key})
        yield api


def office_of(api: TestClient) -> Office:
    office: Office = api.app.state.office  # type: ignore[attr-defined]
    return office


def decide(api: TestClient, page: str, choice: str) -> str:
    hidden = dict(re.findall(r'<input type="hidden" name="(round|number)" value="([^"]*)"', page))
    return unescape(str(api.post("/station/practice", data={**hidden, "choice": choice}).text))


def counts(office: Office) -> dict[str, int]:
    """Rows of every table but that of the practice and of sessions."""
    with office.store.begin_read() as connection:
        return {
            name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in metadata.tables.items()
            if name not in ("practice_choices", "sessions")
        }


def test_a_first_shift_is_led_through_five_parcels_and_nothing_is_touched(api: TestClient) -> None:
    office = office_of(api)
    before, digest, last = counts(office), office.writer.digest(), office.writer.last_seq
    page = api.get("/station/practice").text
    for n in range(5):
        assert f"the guide of a first shift, {n} of 5 decided" in page
        assert "Synthetic parcels. Nothing here is an inspection" in page
        answer = decide(api, page, "inspect")
        assert "You inspected it, and" in answer
        assert "Decision" not in answer, "nobody decides twice"
        page = api.get("/station/practice").text
    rows = {row[0]: row[1:] for row in cells(page, "Hits and misses of this round")}
    assert rows["You"][:3] == ["5", "3", "0"]
    assert rows["Whoever follows the advice"][:3] == ["3", "2", "1"]
    assert rows["The draws alone"][:3] == ["1", "0", "3"]
    assert counts(office) == before
    assert (office.writer.digest(), office.writer.last_seq) == (digest, last)


def test_the_next_round_has_the_other_parcels_in_an_order_of_its_own(api: TestClient) -> None:
    office = office_of(api)
    second = round_of(office, ANN, 2)
    assert {one.number for one in second.parcels} == {one.number for one in practice_parcels() if not one.guide}
    page = api.get("/station/practice", params={"round": 2}).text
    assert f"round 2, 0 of {len(second.parcels)} decided" in page
    assert second.following is not None
    answer = decide(api, page, "pass")
    assert ("missed something" in answer) is bool(second.following.found)
    bob = Client(client_id="bob", role=Role.OFFICER, operator=None)
    assert round_of(office, bob, 99).number == 1, "nobody begins beyond the next round"


def test_a_decision_on_another_parcel_than_the_next_is_not_kept(api: TestClient) -> None:
    before = round_of(office_of(api), ANN, 2).choices
    for form in (
        {"round": "2", "number": practice_parcels()[0].number, "choice": "inspect"},
        {"round": "2", "number": "EE473124829TH", "choice": "inspect"},
        {"round": "7", "number": practice_parcels()[0].number, "choice": "inspect"},
        {"round": "2", "number": "x", "choice": "seize"},
    ):
        assert "nothing was kept" in api.post("/station/practice", data=form).text
    assert round_of(office_of(api), ANN, 2).choices == before


def test_the_synthetic_parcels_are_varied_and_nobody_takes_them_for_real_ones() -> None:
    parcels = practice_parcels()
    assert len({one.number for one in parcels}) == len(parcels) >= 20
    assert all(one.number.endswith("ZZ") for one in parcels)
    assert len([one for one in parcels if one.guide]) == 5
    assert {one.found for one in parcels} - {""} <= set(FINDING_CLASSES)
    assert all(bool(one.found) is bool(one.hidden_in) for one in parcels)
    assert {Cause.SCORE, Cause.RULE, Cause.LIST, Cause.RANDOM, Cause.NONE} <= {one.cause for one in parcels}
    assert any(one.found and not one.referral.asks_inspection for one in parcels), "advice misses some"
    assert any(not one.found and one.referral.asks_inspection for one in parcels)
