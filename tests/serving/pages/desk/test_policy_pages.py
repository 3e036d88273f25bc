"""Capacity, lists, rules and typologies at the desk: shown before they are kept, and approved by another person."""

from __future__ import annotations

import pytest

from serving.office.capacity_model import CapacityModel
from serving.pages.desk.capacity_form import capacity_in, form_of, read
from serving.store.lists import list_named
from serving.store.policy_history import capacity_in_force, capacity_proposed
from serving.store.rules import State, all_rules
from tests.serving.conftest import bearer
from tests.serving.pages.desk.conftest import Desk, bare, cells, seen

PAGES = (
    "",
    "/capacity",
    "/lists",
    "/rules",
    "/typologies",
    "/typologies/letters-of-tablets",
    "/arms",
    "/shift",
    "/agreement",
)
SHIFTS = {
    **{"line_1": "hall 1", "days_1": "mon-fri", "begins_1": "06:00", "ends_1": "14:00", "hands_1": "6"},
    **{"line_2": "hall 2", "days_2": "sat sun", "begins_2": "22:00", "ends_2": "06:00", "hands_2": "0.5"},
    **{"overflow": "5", "minutes_spot_check": "2", "minutes_xray": "1.5", "minutes_open": "12"},
    "holidays": "2026-12-25 2026-12-26",
}
LIST = {
    **{"name": "cover", "kind": "watch", "fields": "description", "asks": "", "owner": "unit", "legal_basis": "UCC 46"},
    **{"reason": "seizures", "source": "own", "source_code": "A", "information_code": "1", "handling": "H0"},
    **{"review_on": "2100-01-01", "expires_on": "", "csv": "words\nbath salts\n"},
}
RULE = {
    **{
        "name": "light-letters",
        "when": "stream = 'letter' AND gross_weight_g < 100",
        "effect": "open",
        "owner": "team",
    },
    **{"legal_basis": "UCC 46", "expires_on": "2099-12-31", "says": "", "lines": ""},
    "must_match": "stream = letter; gross_weight_g = 60",
    "must_not_match": "stream = letter; gross_weight_g = 900\nstream = parcel; gross_weight_g = 60",
}


@pytest.mark.parametrize("path", PAGES)
def test_only_supervisors_see_the_desk(desk: Desk, path: str) -> None:
    assert "<h1>" in desk.get(path)
    answer = desk.officer.get(f"/station/desk{path}", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "This page is for supervisors" in answer.text
    assert 'href="/station/desk"' not in desk.officer.get("/station").text
    assert 'href="/station/desk"' in desk.sue.get("/station").text


def test_a_capacity_is_shown_with_its_effect_before_it_is_saved_and_approved_by_another_person(desk: Desk) -> None:
    shown = desk.post("/capacity", SHIFTS)
    assert shown.status_code == 200
    figures = {row[0]: row[1:] for row in cells(shown.text, "What it would have meant")}
    assert {"Expected findings", "Expected findings that are let go", "Inspections"} <= figures.keys()
    assert figures["Chance of overflow in a shift, at most"] == ["no limit is set", "5%"]
    assert "Too few parcels were scored to say anything." in shown.text
    with desk.office.store.begin_read() as connection:
        assert capacity_proposed(connection) is None, "nothing is saved by a look"
    changed = desk.post("/capacity", {**SHIFTS, "hands_1": "7", "seen": seen(shown.text)})
    assert "It was changed after it was shown" in changed.text
    assert "Proposed. It comes into force" in desk.post("/capacity", {**SHIFTS, "seen": seen(shown.text)}).text
    assert "Another supervisor approves it" in desk.get("/capacity")
    assert "Capacity 1" in desk.get("", "sam")
    assert "Not approved" in desk.post("/capacity/1/approval", {}).text
    assert "Approved. The share is cut" in desk.post("/capacity/1/approval", {}, "sam").text
    with desk.office.store.begin_read() as connection:
        saved = capacity_in_force(connection)
    assert saved is not None
    assert (saved.author, saved.approver) == ("sue", "sam")
    rows = cells(desk.get("/capacity"), "Shifts in force")
    assert rows == [
        ["hall 1", "Mon Tue Wed Thu Fri", "06:00", "14:00", "6"],
        ["hall 2", "Sat Sun", "22:00", "06:00", "0.5"],
    ]


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"hands_1": "many"}, "Officers"),
        ({"days_1": "monday"}, "Weekdays"),
        ({"begins_2": ""}, "Begins"),
        ({"ends_1": "06:00"}, "Line"),
        ({"overflow": "60"}, "Of 100 shifts"),
        ({"holidays": "25.12."}, "Days without a shift"),
        ({"holidays": "2026-02-30"}, "Days without a shift"),
        ({"minutes_open": "0"}, "Minutes of an opening"),
    ],
)
def test_a_capacity_that_cannot_be_used_names_the_field_and_gives_back_what_was_typed(
    desk: Desk, change: dict[str, str], label: str
) -> None:
    answer = desk.post("/capacity", {**SHIFTS, **change})
    assert answer.status_code == 422
    alert = answer.text.partition('role="alert"')[2].partition("</div>")[0]
    assert f">{label}" in alert, alert
    assert 'value="hall 2"' in answer.text


def test_a_capacity_form_reads_what_it_writes(desk: Desk) -> None:
    capacity = capacity_in(read(SHIFTS))
    written = form_of(capacity)  # type: ignore[arg-type]
    assert {**written.typed, **SHIFTS} == dict(written.typed)
    again = capacity_in(read(written.typed))
    assert CapacityModel.of(again) == CapacityModel.of(capacity)  # type: ignore[arg-type]
    assert "there is no shift" in read({**SHIFTS, "line_1": ""} | dict.fromkeys(SHIFTS, "")).refusals[-1].reason


def test_a_list_is_shown_with_its_effect_before_it_is_kept(desk: Desk) -> None:
    shown = desk.post("/lists", LIST)
    assert shown.status_code == 200
    assert "Nothing has been kept yet" in shown.text
    assert cells(shown.text, "The last four weeks")[0][:2] == ["Parcels that came", "6"]
    with desk.office.store.begin_read() as connection:
        assert list_named(connection, "cover") is None
    kept = desk.post("/lists", {**LIST, "seen": seen(shown.text)})
    assert "List cover: live" in bare(kept.text), "a watch list of words needs no second person"
    other = {"csv": "words\nbath salts\nincense\n"}
    shown = desk.post("/lists/cover/entries", other)
    assert "List cover: live" in bare(desk.post("/lists/cover/entries", {**other, "seen": seen(shown.text)}).text)
    assert [row[0] for row in cells(desk.get("/lists/cover"), "Versions")] == ["2", "1"]
    assert "What would have happened" in desk.get("/lists/cover", tried="1")
    assert "Retired: its entries are erased" in desk.post("/lists/cover/retired", {}).text
    assert desk.sue.get("/station/desk/lists/cover").status_code == 404


def test_a_list_on_persons_waits_for_another_supervisor(desk: Desk) -> None:
    form = {
        **LIST,
        "name": "wanted",
        "kind": "mandatory",
        "fields": "sender-name",
        "csv": "name,country\nJan Exampleson,NL\n",
    }
    shown = desk.post("/lists", form)
    assert "List wanted: draft" in bare(desk.post("/lists", {**form, "seen": seen(shown.text)}).text)
    refused = desk.post("/lists/wanted/approved", {})
    assert (refused.status_code, "a second person approves it" in refused.text) == (409, True)
    assert "Approved: it is live" in desk.post("/lists/wanted/approved", {}, "sam").text
    assert "Exampleson" not in desk.get("/lists/wanted"), "entries are in the export alone"


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"fields": "descriptions"}, "What its entries name"),
        ({"review_on": "2020-01-01"}, "Day of its review"),
        ({"review_on": "2027-02-30"}, "Day of its review"),
        ({"csv": "wordz\nx\n"}, "Entries as CSV"),
        ({"kind": "trusted", "asks": "open"}, "What a hit asks for"),
        ({"source_code": "Z"}, "Evaluation of the source"),
    ],
)
def test_a_list_that_cannot_be_used_names_the_field_and_gives_back_what_was_typed(
    desk: Desk, change: dict[str, str], label: str
) -> None:
    answer = desk.post("/lists", {**LIST, **change})
    assert answer.status_code == 422
    assert f">{label}" in answer.text.partition('role="alert"')[2].partition("</div>")[0]
    assert 'value="seizures"' in answer.text


def test_a_rule_is_analysed_and_shown_with_its_effect_before_it_is_kept(desk: Desk) -> None:
    shown = desk.post("/rules", RULE)
    assert shown.status_code == 200
    assert "Nothing has been kept yet" in shown.text
    assert cells(shown.text, "What is tried")[0][:2] == ["Parcels that it hits", "0"]
    assert cells(shown.text, "Flaws among the rules that are live")
    with desk.office.store.begin_read() as connection:
        assert all_rules(connection) == []
    assert "Kept as a draft" in desk.post("/rules", {**RULE, "seen": seen(shown.text)}).text
    own = desk.post("/rules/light-letters/approve", {})
    assert (own.status_code, "a second person approves it" in own.text) == (409, True)
    assert "Approve the draft" not in desk.get("/rules/light-letters")
    assert "Approved. It acts once it is put live" in desk.post("/rules/light-letters/approve", {}, "sam").text
    assert "Live from the next parcel on" in desk.post("/rules/light-letters/live", {}).text
    assert "What would have happened" in desk.get("/rules/light-letters", tried="1")
    again = desk.get("/rules", like="light-letters")
    assert "gross_weight_g = 900" in again
    assert "Retired" in desk.post("/rules/light-letters/retire", {}).text
    with desk.office.store.begin_read() as connection:
        (one,) = all_rules(connection, "light-letters")
    assert (one.state, one.made_by, one.approved_by) == (State.RETIRED, "sue", "sam")


@pytest.mark.parametrize(
    ("change", "label", "says"),
    [
        ({"when": "gross_weihgt_g < 3"}, "Condition", "Did you mean gross_weight_g?"),
        ({"must_match": "stream letter"}, "Test parcels that it must hit", "no equals sign"),
        ({"must_match": "stream = parcel"}, "Test parcels that it must hit", "is not matched"),
        ({"expires_on": "2020-01-01"}, "Last day", "has expired"),
        ({"name": "Light!"}, "Name of the rule", "form that is expected"),
        ({"lines": "hall 9"}, "Screening lines", "hall 9"),
    ],
)
def test_a_rule_that_cannot_be_used_names_the_field_and_gives_back_what_was_typed(
    desk: Desk, change: dict[str, str], label: str, says: str
) -> None:
    answer = desk.post("/rules", {**RULE, **change})
    assert answer.status_code == 422
    alert = answer.text.partition('role="alert"')[2].partition("</div>")[0]
    assert f">{label}" in alert, alert
    assert says in alert
    assert "gross_weight_g = 900" in answer.text


def test_a_typology_is_tested_here_before_it_is_adopted(desk: Desk) -> None:
    path, form = "/typologies/letters-of-tablets", {"owner": "team", "expires_on": "2099-12-31", "days": "30"}
    shown = desk.post(path, form)
    assert cells(shown.text, "What it would have matched here")[0][3] == "6"
    with desk.office.store.begin_read() as connection:
        assert all_rules(connection, "typology-letters-of-tablets") == []
    assert "Kept as a draft" in desk.post(path, {**form, "seen": seen(shown.text)}).text
    assert "Rule typology-letters-of-tablets: draft" in desk.get("/rules/typology-letters-of-tablets")
    name = "typology-letters-of-tablets"
    assert "Approved" in desk.post(f"/rules/{name}/approve", {}, "sam").text
    assert "Live from the next parcel on" in desk.post(f"/rules/{name}/live", {}).text
    desk.clock.pass_by(minutes=1)
    in_force = desk.sue.get("/v1/policy", headers=bearer(desk.keys["sue"])).json()["rules"]
    assert [one["typology"] for one in in_force if one["name"] == name] == ["letters-of-tablets"]
    wrong = desk.post(path, {**form, "expires_on": "2027-02-30"})
    assert (wrong.status_code, "there is no such day" in wrong.text) == (422, True)
