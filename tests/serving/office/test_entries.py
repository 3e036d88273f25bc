"""Entries of the station: recorded once, with both times, undone for a moment, explained where they override."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest

from features.parcel.problems import Rejection
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_parcels
from serving.office.agreement import agreement
from serving.office.current import outcomes_of, versions_of
from serving.office.entries import LET_GO, Given, enter_once, let_go_reasons, undo
from serving.office.handled import Handled
from serving.office.office import Office
from serving.store import Client, Role
from serving.store.database import noted
from serving.store.entries import Entry
from serving.store.times import microseconds
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.lodging import lodge

OFFICER, OTHER = (Client(client_id=name, role=Role.OFFICER, operator=None) for name in ("officer-7", "officer-8"))
POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
NUMBERS = count()


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Office]:
    with opened(bare_settings(tmp_path_factory.mktemp("entries")), clock) as office:
        yield office


@pytest.fixture
def given(office: Office) -> Given:
    """A clean inspection of a parcel of its own."""
    number = f"P-{next(NUMBERS)}"
    timeless = {"lodged_at": None, "posted_at": None, "due_at": None}
    table = parcel_table([a_parcel(parcel_id=number, operator="post-a", **timeless)])
    rows = validate_parcels(table, reference=shipped_reference()).rows
    with office.writer.transaction() as transaction:
        lodge(office, transaction, rows, POST)
    outcome = {"result": "nothing_found", "method": "opened", "finding_class": None}
    return Given(entry_id=str(uuid4()), parcel_id=number, operator="post-a", outcome=outcome)


def entered(office: Office, given: Given, client: Client = OFFICER) -> Entry:
    done = enter_once(office, given, client)
    assert isinstance(done, Entry), done
    return done


def results(office: Office, given: Given) -> list[str]:
    with office.store.begin_read() as connection:
        (events,) = outcomes_of(connection, versions_of(connection, [given.parcel_id])).values() or [[]]
        return [one["result"] for one in events]


def test_an_entry_says_whether_the_score_was_hidden_and_agreement_counts_both(office: Office, given: Given) -> None:
    hiding, who = replace(office, hidden_score_share=1.0), replace(OFFICER, client_id="hilda")
    assert entered(hiding, given, who).score_hidden == 1
    assert entered(office, replace(given, entry_id=str(uuid4()))).score_hidden == 0
    at = office.clock()
    with office.store.begin_read() as connection:
        found = {one.who: one for one in agreement(connection, at - timedelta(days=1), at + timedelta(days=1))}
    hilda = found[who.client_id]
    assert hilda.followed_hidden is not None
    assert (hilda.n, hilda.n_hidden, hilda.followed_hidden.value) == (1, 1, 1.0)


def test_an_entry_that_comes_twice_is_recorded_once_also_after_its_outcome_was_corrected(
    office: Office, given: Given
) -> None:
    first = entered(office, given)
    corrected = replace(given, entry_id=str(uuid4()), correction="recording_error", outcome=found("cocaine"))
    assert entered(office, corrected).answer == "corrected"
    assert entered(office, given) == first
    assert results(office, given) == ["found"]


def found(finding_class: str) -> dict[str, str]:
    return {"result": "found", "method": "opened", "finding_class": finding_class}


def test_an_entry_that_had_to_be_kept_has_both_times(office: Office, given: Given, clock: Clock) -> None:
    entry = entered(office, replace(given, waited=timedelta(minutes=7)))
    assert entry.received_at == microseconds(clock())
    assert entry.made_at == microseconds(clock() - timedelta(minutes=7))
    with office.store.begin_read() as connection:
        (events,) = outcomes_of(connection, versions_of(connection, [given.parcel_id])).values()
    assert events[0]["inspected_at"] == clock() - timedelta(minutes=7)


def test_an_outcome_is_undone_for_half_a_minute_by_who_recorded_it(office: Office, given: Given, clock: Clock) -> None:
    entered(office, given)
    assert isinstance(undo(office, given.entry_id, OTHER), Rejection)
    clock.pass_by(seconds=30)
    assert isinstance(undo(office, given.entry_id, OFFICER), Handled)
    assert results(office, given) == []
    assert isinstance(undo(office, given.entry_id, OFFICER), Rejection), "it is undone already"
    again = replace(given, entry_id=str(uuid4()))
    entered(office, again)
    clock.pass_by(seconds=60)
    late = undo(office, again.entry_id, OFFICER)
    assert isinstance(late, Rejection)
    assert late.remedy == "Correct it with a reason."
    assert results(office, given) == ["nothing_found"]


def test_an_undone_outcome_restores_what_was_recorded_before(office: Office, given: Given) -> None:
    entered(office, replace(given, outcome={"result": "not_presented", "method": None, "finding_class": None}))
    office.clock.pass_by(minutes=1)  # type: ignore[attr-defined]
    later = replace(given, entry_id=str(uuid4()), outcome=found("heroin"))
    entered(office, later)
    assert results(office, given)[-1] == "found"
    undo(office, later.entry_id, OFFICER)
    assert results(office, given) == ["not_presented"]


def test_a_parcel_is_let_go_with_a_reason_only_and_no_outcome_is_learned(office: Office, given: Given) -> None:
    let_go = replace(given, outcome=None)
    refused = enter_once(office, let_go, OFFICER)
    assert isinstance(refused, Rejection)
    assert (refused.field, refused.remedy) == ("override_reason", "Choose why.")
    entry = entered(office, replace(let_go, override="no_capacity"))
    assert (entry.answer, results(office, given)) == (LET_GO, [])
    assert let_go_reasons(office, [entry.seq]) == {entry.seq: "no_capacity"}
    with office.store.begin_read() as connection:
        assert entry.seq in noted(connection, "override")
    entered(office, replace(given, entry_id=str(uuid4())))
    assert let_go_reasons(office, [entry.seq]) == {}, "it was inspected after all"


def test_a_parcel_that_nobody_lodged_is_refused(office: Office, given: Given) -> None:
    assert isinstance(enter_once(office, replace(given, parcel_id="P-x"), OFFICER), Rejection)
