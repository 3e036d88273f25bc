"""Searches of the past: what matches, what can still be recalled, and what is asked of it, once and on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from features.parcel.problems import ListError
from features.parcel.validation import validate_outcomes
from policy import Cause, Referral
from policy.lists import ListField
from policy.rules import Rule, RuleError
from serving.office import rules as office_rules
from serving.office.answers import shown
from serving.office.hunting import Hunted, hunt
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.office.outcomes import record
from serving.office.recalling import recall, sought
from serving.office.rule_names import RuleNames, rule_names
from serving.office.sought import Sought
from serving.store import log as event_log
from serving.store.erasure import erase, subject_of
from serving.store.hunts import hunts_of
from serving.store.movements import put
from serving.store.tables import audit
from serving.store.times import microseconds
from tests.builders import outcome_table
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.test_listing import ANA, POST, SUE, answers, made, number
from tests.serving.office.test_rules import document


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    with opened(bare_settings(tmp_path), clock) as office:
        yield office


def named(office: Office, kind: str, name: str, asks: Referral | None = None) -> tuple[Sought, Hunted]:
    with office.store.begin_read() as connection:
        vault, at = office.secrets.vault, office.clock()
        names = rule_names(connection, vault, office.lines, at)
        wanted = sought(connection, vault, kind, name, at, names, asks)
        return wanted, hunt(connection, vault, wanted, at)


def recalled(office: Office, kind: str, name: str) -> list[str]:
    wanted, found = named(office, kind, name)
    with office.writer.transaction() as transaction:
        done = recall(office, transaction, found, wanted.asks, ANA)
    return [one.current.event["parcel_id"] for one in done]


def moved(office: Office, serial: int, code: str) -> None:
    row = {"parcel_id": number(serial), "code": code, "happened_at": office.clock(), "office": None, "reason": None}
    with office.writer.transaction() as transaction:
        put(transaction.connection, "post-a", pl.DataFrame([row]), microseconds(office.clock()))


STRANGER = {
    **{
        "sender_name": "Nobody Known",
        "sender_street": "Elm Street",
        "recipient_name": "Else",
        "recipient_street": "Far",
    },
    **{"recipient_postcode": "80331", "recipient_city": "Munich", "origin_office": "USJFKA", "dispatch_country": "CN"},
    **{"gross_weight_g": 900, "stream": "ems", "postage_cents": 990},
}


def test_siblings_of_a_finding_that_are_under_way_are_recalled_once_with_a_cause_of_their_own(
    office: Office, clock: Clock
) -> None:
    before = [answers(office, serial) for serial in (1, 2, 3, 4)]
    answers(office, 7_001, **STRANGER)
    clock.pass_by(hours=1)
    moved(office, 2, "EMD")
    moved(office, 4, "EMI")
    _, found = named(office, "finding", number(1))
    assert found.n_matched == 3, "the parcel itself is no sibling, nor is a stranger"
    assert [one.position.state for one in found.recent][:2] == ["arrived", "declared"], "the most urgent first"
    assert {"number block", "address", "sender"} <= set(found.recent[0].ties)
    assert recalled(office, "finding", number(1)) == [number(2), number(3)], "what is delivered is out of reach"
    (seen,) = look_up(office, number(2), SUE).parcels
    assert (seen.answer.referral, seen.answer.cause) == (Referral.OPEN, Cause.HUNT)
    assert seen.answer.propensity == before[1].propensity, "the policy knew nothing of it"
    assert recalled(office, "finding", number(1)) == []
    amended = answers(office, 2, gross_weight_g=360)
    assert (amended.status, amended.referral, amended.cause) == ("amended", Referral.OPEN, Cause.HUNT)
    with office.store.begin_read() as connection:
        assert [(one.n_referred, one.by) for one in hunts_of(connection)] == [(0, "ana"), (2, "ana")]
        noted = connection.execute(select(audit.c.action, audit.c.detail).where(audit.c.action == "recalled")).all()
    assert {row.detail.partition(": ")[2] for row in noted} == {"3 matched, 2 in reach, 2 referred"}
    assert len(noted) == 2, "one entry for each parcel"


def test_operators_are_not_told_of_what_is_recalled_covertly_nor_by_an_amendment(office: Office) -> None:
    before = [answers(office, serial) for serial in (1, 2)][-1]
    wanted, found = named(office, "finding", number(1))
    with office.writer.transaction() as transaction:
        recall(office, transaction, found, wanted.asks, ANA, is_covert=True)
    amended = answers(office, 2, gross_weight_g=360)
    (known,) = look_up(office, number(2), SUE).parcels
    assert {known.answer.referral, amended.referral} == {Referral.OPEN}
    for answer in (known.answer, amended):
        given = shown(answer, replace(POST, sees_scores=True))
        assert (given.referral, given.cause, given.propensity) == (before.referral, before.cause, before.propensity)
        assert given.disclosed is None


def test_an_outcome_of_what_was_recalled_stands_for_no_other_parcel(office: Office, clock: Clock) -> None:
    for serial in (1, 2):
        answers(office, serial)
    recalled(office, "finding", number(1))
    for serial in (1, 2):
        row = {"parcel_id": number(serial), "result": "nothing_found", "method": "opened"}
        with office.writer.transaction() as transaction:
            record(office, transaction, validate_outcomes(outcome_table([row])).rows, SUE)
    with office.store.begin_read() as connection:
        log = event_log.read(connection).filter(pl.col("kind") == "outcome")
    assert log.select("cause", "propensity").rows() == [("none", pytest.approx(1e-6)), ("hunt", None)]
    assert recalled(office, "finding", number(1)) == [], "somebody has looked into it"
    assert named(office, "typology", "drop-addresses")[1].n_parcels == 2


def test_a_rule_searches_history_and_a_list_of_names_what_is_not_erased(office: Office, clock: Clock) -> None:
    for serial in (1, 2):
        answers(office, serial)
    answers(office, 7_001, **STRANGER)
    clock.pass_by(hours=1)
    with office.writer.transaction() as transaction:
        rule = Rule.from_document(document())
        office_rules.draft(transaction.connection, rule, ANA, clock(), RuleNames())
    _, by_rule = named(office, "rule", "heavy-letters")
    assert (by_rule.n_parcels, by_rule.n_matched, by_rule.n_without_text) == (3, 2, 0)
    made(office, b"name\nNobody Knowns\n", ListField.SENDER_NAME, name="names")
    _, by_name = named(office, "list", "names")
    assert (by_name.n_matched, by_name.n_without_text) == (1, 0)
    with office.writer.transaction() as transaction:
        subjects = [subject_of(one.current.event) for one in by_name.recent]
        erase(transaction.connection, office.secrets.vault, subjects, at_us=microseconds(clock()))
    _, later = named(office, "list", "names")
    assert (later.n_matched, later.n_without_text, later.in_reach) == (0, 1, [])


def test_what_is_not_there_is_named(office: Office) -> None:
    with pytest.raises(ListError, match="no parcel has this number"):
        named(office, "finding", number(1))
    with pytest.raises(RuleError, match="no rule none"):
        named(office, "rule", "none")
    with pytest.raises(RuleError, match="Did you mean drop-addresses"):
        named(office, "typology", "drop-adresses")
