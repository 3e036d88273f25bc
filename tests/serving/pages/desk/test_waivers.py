"""Waivers of advance data at the desk: a supervisor registers one, and everything of it is read again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.serving.pages.desk.conftest import Desk, bare, cells


def form_of(desk: Desk, first: int, last: int, **other: str) -> dict[str, str]:
    today = desk.clock().date()
    days = {name: (today + timedelta(days=n)).isoformat() for name, n in (("first_on", first), ("last_on", last))}
    given = {"operator": "courier-a", "reason": "flood <b>", "instead": "x-ray of all", "origin_country": "CH"}
    return given | days | other


def test_a_supervisor_registers_a_waiver_and_reads_which_hold(desk: Desk) -> None:
    assert desk.officer.get("/station/desk/waivers").status_code == 403
    assert desk.officer.post("/station/desk/waivers", data=form_of(desk, 0, 1)).status_code == 403
    assert "There is no waiver." in desk.get("/waivers")
    for first, last in ((-9, -2), (0, 0), (3, 9)):
        kept = desk.post("/waivers", form_of(desk, first, last))
        assert (kept.status_code, "Registered. It is in the accounts" in kept.text) == (200, True)
    rows = cells(desk.get("/waivers"), "Waivers of advance data")
    assert [row[1] for row in rows] == ["to come", "in force", "over"]
    assert rows[0][2:6] == ["courier-a", "CH", "flood <b>", "x-ray of all"]
    assert rows[0][-1] == "sue"
    desk.sam.headers["accept-language"] = "de"
    assert "Verzicht" in desk.sam.get("/station/desk/waivers").text


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"operator": ""}, "Operator for whom advance data are waived"),
        ({"instead": " "}, "What is done instead"),
        ({"origin_country": "Switzerland"}, "it has 11 characters"),
        ({"origin_country": "ch"}, "two capital letters"),
        ({"first_on": "2027-02-30", "last_on": "2027-03-01"}, "there is no such day"),
        ({"first_on": "2027-03-02", "last_on": "2027-03-01"}, "it is before the first day"),
        ({"first_on": "tomorrow"}, "Write a day as year-month-day"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(desk: Desk, other: dict[str, str], said: str) -> None:
    before = cells(desk.get("/waivers"), "Waivers of advance data")
    refused = desk.post("/waivers", form_of(desk, 0, 1, **other))
    assert (refused.status_code, said in bare(refused.text)) == (422, True)
    assert cells(desk.get("/waivers"), "Waivers of advance data") == before
