"""Referrals of an office: each has a clock and an owner until something is chosen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from features.handling.clocks import Bound, ClockState, End
from serving.office.clocks import Referred, decide_clocks, holding, referrals
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_funnel import OFFICER, Week
from tests.serving.office.test_outcomes import NUMBER, lodge

NUMBERS = [f"RB4731248{n:02d}US" for n in range(40)]


@pytest.fixture
def week(settings: Settings, clock: Clock) -> Week:
    found = Week(settings, clock)
    for number in NUMBERS:
        found.lodge("post-a", number)
    return found


def named(week: Week, *, with_ended: bool = False) -> dict[str, Referred]:
    return {one.parcel_id: one for one in referrals(week.office, with_ended=with_ended)}


def test_nothing_expires_silently(week: Week, clock: Clock) -> None:
    asked = list(week.asked)
    assert len(asked) >= 8
    examined, let_go, cancelled, late, waiting, taken, *_ = asked
    week.claim(late, "EMD")
    week.claim(let_go, "EMD")
    week.outcome(examined, "nothing_found")
    week.cancel(cancelled)
    clock.pass_by(days=200)
    found = named(week, with_ended=True)
    assert set(found) == set(asked), "every referral has a clock"
    assert found[examined].clock.end is End.EXAMINED
    assert found[cancelled].clock.end is End.CANCELLED
    assert (found[late].clock.state, found[late].clock.bound) == (ClockState.OVERDUE, Bound.CUT_OFF)
    assert (found[late].owner, found[late].escalated_to) == ("line", "supervisor")
    assert found[waiting].clock.state is ClockState.WAITING
    rows = [
        {"line": 1, "parcel_id": let_go, "operator": None, "owner": None, "end": "let_go", "reason": "no capacity"},
        {"line": 2, "parcel_id": taken, "operator": None, "owner": "shift 2", "end": None, "reason": None},
        {"line": 3, "parcel_id": late, "operator": None, "owner": None, "end": "gone", "reason": None},
        {"line": 4, "parcel_id": late, "operator": None, "owner": None, "end": "examined", "reason": "looked"},
        {"line": 5, "parcel_id": late, "operator": None, "owner": None, "end": None, "reason": "x"},
        {"line": 6, "parcel_id": "RB000000000XX", "operator": None, "owner": "x", "end": None, "reason": None},
    ]
    with week.office.writer.transaction() as transaction:
        done = decide_clocks(week.office, transaction, rows, OFFICER)
    refused = {line: one.field for line, one in done.items() if not isinstance(one, str)}
    assert refused == {3: "reason", 4: "end", 5: "owner", 6: "parcel_id"}
    after = named(week)
    assert not {let_go, examined, cancelled} & set(after)
    assert after[taken].owner == "shift 2"
    assert next(iter(after)) == late, "overdue ones come first"
    week.office.close()


def test_holding_times_are_by_cause(week: Week, clock: Clock) -> None:
    first, second, *_ = week.asked
    for number in (first, second):
        week.scan(number, "held")
    clock.pass_by(hours=5)
    week.scan(first, "released")
    (held,) = holding(week.office, week.begin, clock.at + timedelta(days=1))
    assert (held.cause, held.n, held.n_still_held) == ("random", 1, 1)
    assert held.p50_h is not None
    assert 5 < held.p50_h < 6
    week.office.close()


def test_clocks_over_the_interface_and_the_station(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    assert api.get("/v1/clocks").status_code == 401
    assert api.get("/v1/clocks", headers=bearer(keys.post)).status_code == 403
    found = api.get("/v1/clocks", params={"with_ended": True}, headers=bearer(keys.officer))
    assert found.status_code == 200, found.text
    given = {"parcel_id": NUMBER, "end": "handed_on", "reason": "to the police"}
    done = api.post("/v1/clocks", json={"entries": [given]}, headers=bearer(keys.officer)).json()
    assert (done["n_recorded"], done["n_rejected"]) == (1, 0)
    times = api.get("/v1/holding-times", params={"since": "2026-01-01T00:00:00Z"}, headers=bearer(keys.officer))
    assert times.json()["causes"] == []
    api.post("/station/login", data={"key": keys.officer})
    page = api.get("/station/clocks").text
    assert "Referrals that have not ended" in page
    assert "most urgent are shown" not in page, "all of them are"
    wrong = api.post("/station/clocks", data={"parcel_id": NUMBER, "end": "gone"})
    assert wrong.status_code == 422
    assert "an end needs a reason." in wrong.text
    kept = api.post("/station/clocks", data={**given, "owner": "shift 2"}, follow_redirects=False)
    assert kept.status_code == 303
