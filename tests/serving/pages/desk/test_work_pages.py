"""Arms, shift and agreement at the desk: what was inspected, why, by whom, and how the advice was used."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policy import Cause
from serving.office import rules as office_rules
from serving.office.agreement import LEAST, Question, questions_about
from serving.office.arms import figures
from serving.office.examined import Arm, Examined, examined
from serving.office.oversight import Habits
from serving.office.shift_report import shift_of
from serving.pages.desk.rule_form import FIELDS, rule_in
from serving.pages.forms import blank
from serving.pages.tables import Table, csv_of
from serving.store import Client, Role
from serving.store.scores import scores_of
from tests.builders import MORNING
from tests.serving.pages.desk.conftest import NUMBERS, Desk, cells
from tests.serving.pages.desk.test_policy_pages import RULE

HEAVY = "EE473124885TH"
ANN, BOB = (Client(client_id=name, role=Role.SUPERVISOR, operator=None) for name in ("ann", "bob"))


@pytest.fixture(scope="module")
def worked(desk: Desk) -> Desk:
    """After a shift: one parcel selected by a rule and a finding in it, others inspected, one let go, an outage."""
    form = blank(FIELDS, **{**RULE, "when": "gross_weight_g > 20000", "must_match": "gross_weight_g = 21000"})
    at = desk.office.clock()
    with desk.office.writer.transaction() as transaction:
        office_rules.draft(transaction.connection, rule_in(form), ANN, at)
        office_rules.approve(transaction.connection, "light-letters", BOB, at)
        office_rules.go_live(transaction.connection, "light-letters", ANN, at)
    desk.lodge(HEAVY, gross_weight_g=25_000)
    desk.clock.pass_by(minutes=1)
    for number, result in ((HEAVY, "found"), (NUMBERS[0], "found"), (NUMBERS[1], "nothing_found")):
        desk.officer.get("/station", params={"parcel": number})
        desk.clock.pass_by(seconds=20)
        record(desk, number, result)
    record(desk, NUMBERS[2], "let_go", override_reason="no_capacity")
    record(desk, NUMBERS[3], "nothing_found", waited_ms="65000", override_reason="other_alarm")
    desk.clock.pass_by(seconds=1)
    return desk


def record(desk: Desk, number: str, result: str, **more: str) -> None:
    form = {"parcel_id": number, "operator": "post-a", "result": result, "method": "opened", **more}
    assert desk.officer.post("/station/outcome", data=form).status_code == 200


def test_an_examined_parcel_knows_all_that_selected_it(worked: Desk) -> None:
    office = worked.office
    now = office.clock()
    with office.store.begin_read() as connection:
        found = {one.parcel_id: one for one in examined(connection, now - timedelta(days=1), now)}
        scored = {one.seq: one for one in scores_of(connection, range(1, 8)).values()}
        assert examined(connection, now, now + timedelta(days=1)) == []
    assert found.keys() == {HEAVY, NUMBERS[0], NUMBERS[1], NUMBERS[3]}
    assert found[HEAVY].arms == {Arm.RULE}
    assert found[HEAVY].is_found
    assert found[HEAVY].propensity == 1.0
    causes = {number: scored[seq].cause for seq, number in enumerate(NUMBERS, start=1)}
    for number in (NUMBERS[0], NUMBERS[1], NUMBERS[3]):
        assert found[number].arms == {Arm.DRAW if causes[number] == Cause.RANDOM else Arm.OFFICER}


def a_parcel(*arms: Arm, found: bool) -> Examined:
    return Examined(
        parcel_id="x",
        lane="a",
        known_at=MORNING,
        is_found=found,
        arms=frozenset(arms),
        probability=None,
        propensity=None,
    )


def test_an_arm_is_credited_with_what_it_finds_and_with_what_the_others_would_have_missed() -> None:
    parcels = [
        a_parcel(Arm.MODEL, found=True),
        a_parcel(Arm.MODEL, Arm.RULE, found=True),
        a_parcel(Arm.RULE, found=False),
        a_parcel(Arm.DRAW, found=False),
    ]
    by_arm = {one.arm: one for one in figures(parcels)}
    model, rule = by_arm[Arm.MODEL], by_arm[Arm.RULE]
    assert (model.n, model.n_found, model.n_alone, model.n_found_alone) == (2, 2, 1, 1)
    assert (rule.n, rule.n_found, rule.n_alone, rule.n_found_alone) == (2, 1, 1, 0)
    assert rule.share.low < 0.5 < rule.share.high
    assert by_arm[Arm.LIST].n == 0


def test_the_page_of_arms_has_a_row_for_each(worked: Desk) -> None:
    rows = {row[0]: row[1:] for row in cells(worked.get("/arms"), "What each arm found")}
    assert rows["Rules"][:2] == ["1", "1"]
    assert rows["Rules"][3:5] == ["1", "1"]
    assert rows["Lists"][0] == "0"
    assert sum(int(row[0]) for row in rows.values()) == 4


def test_the_summary_of_a_shift_says_what_was_done_overridden_and_lost(worked: Desk) -> None:
    text = worked.get("/shift", hours=2)
    rates = {row[0]: row[1:3] for row in cells(text, "Inspected and found")}
    assert rates["Selected by lists, rules, model or searches"] == ["1", "1"]
    assert sum(int(n) for n, _ in rates.values()) == 4
    overrides = {(row[1], row[2]) for row in cells(text, "Advice that was not followed")}
    assert overrides == {("there is no time or no equipment", "1"), ("a dog, an image or a colleague raised it", "1")}
    work = dict(cells(text, "Work at the stations"))
    assert work["Median seconds between look and record"] == "20"
    outages = dict(cells(text, "Outages"))
    assert outages["Longest time that one was kept, in seconds"] == "65"
    assert any("Answers without something" in name for name in outages), "there is no model"


def test_a_note_is_handed_over_and_an_empty_or_long_one_is_refused(worked: Desk) -> None:
    assert "The note is kept" in worked.post("/shift", {"text": "=HYPERLINK(1); conveyor 2 stands still"}).text
    for text in ("", "x" * 501):
        answer = worked.post("/shift", {"text": text})
        assert (answer.status_code, "Note for the next shift" in answer.text) == (422, True)
    (row,) = cells(worked.get("/shift", "sam", hours=1), "Notes")
    assert row[1:] == ["sue", "=HYPERLINK(1); conveyor 2 stands still"]


def test_a_spreadsheet_runs_no_cell_of_the_export(worked: Desk) -> None:
    worked.post("/shift", {"text": "@SUM(A1)"})
    answer = worked.sue.get("/station/desk/shift.csv", params={"hours": 1})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="shift-' in answer.headers["content-disposition"]
    assert ",'@SUM(A1)" in answer.text
    assert "Selected by lists" in answer.text
    assert worked.officer.get("/station/desk/shift.csv").status_code == 403
    begins = ["=1", "+x", "-x", "@x", "\tx", "\rx"]
    text = csv_of([Table(caption="c", head=("a",), rows=[(one,) for one in begins])])
    assert [one for one in begins if f"'{one}" not in text] == []


def test_the_shift_begins_where_the_last_one_ended(worked: Desk) -> None:
    with worked.office.store.begin_read() as connection:
        since, until = shift_of(connection, worked.office.clock())
    assert timedelta(hours=8) <= until - since < timedelta(hours=8, seconds=1)


def test_the_page_of_agreement_counts_both_ways(worked: Desk) -> None:
    (row,) = cells(worked.get("/agreement"), "Officers")
    assert row[0] == "officer"
    assert row[1] == "nothing", f"fewer than {LEAST} entries"
    assert (row[2], row[4], row[5], row[6]) == ("5", "no such entry", "1", "1")
    assert row[3].startswith("60.0%")


def seen(**changes: int) -> Habits:
    given = {"n_looks": 50, "n_without_case": 0, "n_recorded": 50, "n_hasty": 0, "n_unseen": 0} | changes
    return Habits(who="x", dwell_s=30.0, **given)


def test_an_officer_is_asked_about_what_chance_does_not_explain() -> None:
    assert questions_about(50, 5, 0.1, seen()) == []
    assert questions_about(50, 0, 0.1, seen()) == [Question.ALWAYS_FOLLOWS]
    assert questions_about(20, 0, 0.1, seen()) == [], "of twenty, nobody may have been a case for an override"
    assert questions_about(50, 50, 0.1, seen()) == [Question.NEVER_FOLLOWS]
    assert questions_about(50, 5, 0.1, seen(n_unseen=20)) == [Question.DOES_NOT_LOOK]
    assert questions_about(50, 5, 0.1, seen(n_hasty=20)) == [Question.TOO_QUICK]
