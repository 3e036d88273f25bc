"""An operator who amends a declaration again and again learns nothing, and is reported."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from parcel_risk.demo import EXAMPLE
from policy.amendments import amendments_of, shipped_amendments
from serving.office.office import Office
from serving.store import Role
from serving.store.tables import audit
from tests.conftest import Clock
from tests.serving.api.conftest import Bare
from tests.serving.bare import client_key
from tests.serving.conftest import bearer

N = 44
"""Amendments of the attack that brought four of four parcels below what is looked at."""

LANE = {"dispatch_country": "CN", "origin_office": None, "recipient_country": "DE", "destination_office": None}


@pytest.fixture(scope="module")
def ruled(bare: Bare) -> Bare:
    """The service with one rule: what weighs more than a kilogram and is no gift is opened."""
    rule = {
        "name": "heavy",
        "when": "gross_weight_g > 1000 AND category != 'gift'",
        "refer": "open",
        "owner": "analysis unit",
        "legal_basis": "Customs Code, article 46",
        "expires_on": "2099-12-31",
        "must_match": [{"gross_weight_g": 1500, "category": "sale"}],
        "must_not_match": [{"gross_weight_g": 500, "category": "sale"}],
    }
    ana = bearer(client_key(bare.settings, "ana", None, Role.ANALYST))
    assert bare.http.post("/v1/rules", json=rule, headers=ana).status_code == 201
    for step in ("approve", "live"):
        assert bare.http.post(f"/v1/rules/heavy/{step}", headers=bare.supervisor).status_code == 200
    return bare


def amend(bare: Bare, number: str, **changes: Any) -> dict[str, Any]:
    bare.clock.pass_by(minutes=1)
    answer = bare.http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": number, **changes}, headers=bare.post)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_44_amendments_show_no_more_than_three(ruled: Bare) -> None:
    """The attacker looks for the weight from which on the parcel is opened, and shows it only behind the third try."""
    first = amend(ruled, "oracle-1", category="sale", gross_weight_g=500)
    shown = [amend(ruled, "oracle-1", category="sale", gross_weight_g=510 + n) for n in range(3)]
    shown += [amend(ruled, "oracle-1", category="sale", gross_weight_g=700 + 20 * n) for n in range(N - 3)]
    assert [one["status"] for one in shown] == ["amended"] * N
    assert {one["referral"] for one in shown} == {first["referral"]}  # though the last ones are to be opened
    assert [one["pending_until"] is None for one in shown] == [True] * 3 + [False] * (N - 3)
    assert {one["cause"] for one in shown} == {first["cause"]}
    again = amend(ruled, "oracle-1", category="sale", gross_weight_g=700 + 20 * (N - 4))
    assert (again["status"], again["referral"]) == ("repeated", first["referral"])
    looked = ruled.http.get("/v1/parcels/oracle-1", headers=ruled.post).json()["answers"][0]
    assert (looked["referral"], looked["pending_until"]) == (first["referral"], again["pending_until"])
    reply = ruled.http.get("/v1/replies?format=cusrsp", headers=ruled.post).text
    assert "open" not in reply


def test_the_line_knows_at_once_and_the_operator_after_the_time(ruled: Bare) -> None:
    officers = ruled.http.get("/v1/parcels/oracle-1", headers=ruled.supervisor).json()["answers"][0]
    assert (officers["referral"], officers["cause"], officers["pending_until"]) == ("open", "rule", None)
    ruled.clock.pass_by(hours=25)
    looked = ruled.http.get("/v1/parcels/oracle-1", headers=ruled.post).json()["answers"][0]
    assert (looked["referral"], looked["pending_until"]) == ("open", None)


def test_what_was_referred_stays_referred_however_it_is_amended(ruled: Bare) -> None:
    assert amend(ruled, "oracle-2", category="sale", gross_weight_g=1500)["referral"] == "open"
    shown = {amend(ruled, "oracle-2", category="sale", gross_weight_g=900 - n)["referral"] for n in range(12)}
    assert shown == {"open"}


def test_cancelling_and_lodging_anew_is_no_way_around(ruled: Bare) -> None:
    shown = []
    for n in range(8):
        shown.append(amend(ruled, "oracle-3", category="sale", gross_weight_g=500 + 100 * n))
        amend(ruled, "oracle-3", function="cancel")
    assert {one["referral"] for one in shown[4:]} == {shown[0]["referral"]}
    assert all(one["pending_until"] for one in shown[4:])


def test_probing_is_in_the_audit_and_before_officers(ruled: Bare) -> None:
    office: Office = ruled.app.state.office
    with office.store.begin_read() as connection:
        entries = connection.execute(select(audit.c.client_id, audit.c.detail).where(audit.c.action == "probing")).all()
    assert ("post", "10 amendments of one parcel in 24 hours") in entries
    assert ("post", "40 amendments of one parcel in 24 hours") in entries
    assert ruled.http.get("/v1/amendments", headers=ruled.post).status_code == 403
    found = ruled.http.get("/v1/amendments?days=3", headers=ruled.supervisor).json()["parcels"]
    assert [(one["parcel_id"], one["n_amendments"]) for one in found] == [("oracle-1", N), ("oracle-2", 12)]
    assert found[0]["n_moved"] == 1


def test_a_parcel_that_is_amended_once_is_answered_at_once(ruled: Bare) -> None:
    amend(ruled, "oracle-4", category="sale", gross_weight_g=500)
    assert amend(ruled, "oracle-4", category="sale", gross_weight_g=1500)["referral"] == "open"


def test_a_client_that_amends_much_is_answered_later() -> None:
    rule, at = amendments_of(_table(per_client=2)).rules[0], Clock()()
    times = [rule.shown_at(LANE, at, n_parcel=1, n_client=n) for n in (1, 2, 3)]
    assert times == [at, at, at + timedelta(hours=24)]


def _table(**changes: int) -> str:
    numbers = {"per_parcel": 3, "per_client": 2000, "wait_hours": 24, "probing": 10, "moved": 20} | changes
    lines = "".join(f"{name} = {number}\n" for name, number in numbers.items())
    return f"[[table]]\nfrom = 2020-01-01\nsource = 'test'\n{lines}"


def test_a_lane_is_answered_at_its_cut_off(ruled: Bare) -> None:
    rule = amendments_of(_table() + 'cutoff = [{ origin = "CN", destination = "*", at = ["06:00", "18:00"] }]').rules[0]
    at = ruled.clock().replace(hour=19, minute=5)
    shown = rule.shown_at(LANE, at, n_parcel=1, n_client=1)
    assert shown == at.replace(hour=6, minute=0) + timedelta(days=1)
    assert rule.shown_at({**LANE, "dispatch_country": "US"}, at, n_parcel=1, n_client=1) == at
    assert rule.shown_at(LANE, at, n_parcel=4, n_client=1) == at + timedelta(hours=24)


def test_the_table_is_dated_and_faults_of_it_are_named(tmp_path: Any) -> None:
    both = amendments_of(_table() + _table(per_parcel=0).replace("2020", "2027"))
    assert (both.on(date(2026, 12, 31)).per_parcel, both.on(date(2027, 1, 1)).per_parcel) == (3, 0)
    assert shipped_amendments().on(date(2026, 11, 1)).per_parcel == 3
    for text in (_table(probing=0), _table(per_parcel=-1), _table() + "colour = 1", "", _table() + "cutoff=[{at=[]}]"):
        with pytest.raises((KeyError, TypeError, ValueError)):
            amendments_of(text)
