"""Lists in the decision: live without a restart, hits kept, look-ups counted, unreadable ones flagged under load."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from features.parcel.problems import ListError
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_outcomes, validate_parcels
from policy import Cause, Referral
from policy.lists import ListField, ListKind
from serving.office.answers import Answer
from serving.office.deciding import LABEL_ALONE, _degraded
from serving.office.list_keeping import add, approve, exported, from_parcels, replace_entries, retire
from serving.office.listing import UNREADABLE
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.office.outcomes import record
from serving.office.ruling import UNREADABLE as RULES_UNREADABLE
from serving.pages.card import card
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.erasure import sweep
from serving.store.lists import StoredList, days_of, hits_of, list_named, lists_of
from serving.store.tables import contexts
from tests.builders import a_parcel, outcome_table, parcel_table
from tests.conftest import Clock
from tests.policy.lists.making import terms as terms_of
from tests.serving.bare import bare_settings, opened
from tests.serving.office.lodging import lodge

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
ANA = Client(client_id="ana", role=Role.ANALYST, operator=None)
SUE = Client(client_id="sue", role=Role.SUPERVISOR, operator=None)
SENDER = b"name,street,postcode,country\nExample Trading Ltd,Mill Lane,60601,US\n"
OTHER = b"name,street,postcode,country\nNobody Known,Elm Street,60601,US\n"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return bare_settings(tmp_path)


@pytest.fixture
def office(settings: Settings, clock: Clock) -> Iterator[Office]:
    with opened(settings, clock) as office:
        yield office


def terms(*fields: ListField, kind: ListKind = ListKind.MANDATORY, **changes: Any):  # type: ignore[no-untyped-def]
    return terms_of(*fields, kind=kind, review_on=dt.date(2100, 1, 1), **changes)


def number(serial: int) -> str:
    """Item number with its check digit."""
    weights = (8, 6, 4, 2, 3, 5, 9, 7)
    digits = f"{serial:08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return f"RB{digits}{ {10: 0, 11: 5}.get(rest, rest) }US"


def answers(office: Office, serial: int, **changes: Any) -> Answer:
    """Answer to one parcel that is lodged now."""
    row = a_parcel(parcel_id=number(serial), lodged_at=office.clock(), posted_at=None, due_at=None, **changes)
    rows = validate_parcels(parcel_table([row]), reference=shipped_reference()).rows
    with office.writer.transaction() as transaction:
        (given,) = lodge(office, transaction, rows, POST).values()
    assert isinstance(given, Answer), given
    return given


def made(office: Office, data: bytes, *fields: ListField, by: Client = ANA, **changes: Any) -> StoredList:
    """A list as another process makes it."""
    with Store(str(office.store.url)) as beside, beside.begin() as connection:
        found = add(connection, office.secrets, terms(*fields, **changes), data, by, office.clock())
    assert isinstance(found, StoredList), found
    return found


def approved(office: Office, name: str = "sanctions") -> None:
    with office.writer.transaction() as transaction:
        approve(transaction.connection, office.secrets, name, SUE, office.clock())


def test_a_list_is_live_once_a_second_person_has_approved_it_and_no_more_when_it_is_retired(office: Office) -> None:
    assert answers(office, 1).referral is Referral.NOT_ASSESSED
    assert made(office, SENDER).state == "draft"
    assert answers(office, 2).cause is Cause.NONE
    with office.writer.transaction() as transaction, pytest.raises(ListError, match="second person"):
        approve(transaction.connection, office.secrets, "sanctions", ANA, office.clock())
    approved(office)
    hit = answers(office, 3)
    assert (hit.referral, hit.cause, hit.propensity, hit.degraded) == (Referral.OPEN, Cause.LIST, 1.0, "no model")
    (seen,) = look_up(office, number(3), SUE).parcels
    assert seen.lists == ["sanctions 1 (entry 1)"]
    assert card(seen).cause == "Selected by list sanctions 1 (entry 1)."
    assert look_up(office, number(3), POST).parcels[0].lists == [], "an operator is not told"
    assert answers(office, 4, sender_name="Somebody Else", sender_street="Elm Street").cause is Cause.NONE
    with office.writer.transaction() as transaction:
        live = list_named(transaction.connection, "sanctions")
        retire(transaction.connection, office.secrets, "sanctions", SUE, office.clock())
    assert answers(office, 5).cause is Cause.NONE
    with office.store.begin_read() as connection:
        assert live is not None
        (ended,) = lists_of(connection, "sanctions")
        assert (ended.state, ended.made_by, ended.approved_by) == ("retired", "ana", "sue")
        assert [(day.n_looked_up, day.n_hit) for day in days_of(connection, ended)] == [(2, 1)]
        (found,) = hits_of(connection, range(1, 100))
        assert (found.name, found.version, found.entry, found.similarity) == ("sanctions", 1, 1, None)
        subjects = connection.execute(text("SELECT count(*) FROM erasures")).scalar()
    assert subjects == 1


def test_a_new_version_replaces_the_live_one_when_it_is_approved_and_a_file_with_a_bad_line_changes_nothing(
    office: Office,
) -> None:
    made(office, SENDER)
    approved(office)
    with office.writer.transaction() as transaction:
        given = office.secrets, "sanctions"
        faults = replace_entries(transaction.connection, *given, OTHER + b"Li,,,\n", ANA, office.clock())
        assert isinstance(faults, list)
        assert [(fault.line, fault.field) for fault in faults] == [(3, "street")]
        assert len(lists_of(transaction.connection, "sanctions")) == 1
        for _ in range(2):  # a draft replaces a draft
            replace_entries(transaction.connection, *given, OTHER, ANA, office.clock())
    assert answers(office, 1).cause is Cause.LIST
    approved(office)
    assert answers(office, 2).cause is Cause.NONE
    with office.store.begin_read() as connection:
        states = [(one.version, one.state) for one in lists_of(connection, "sanctions")]
    assert states == [(3, "live"), (2, "retired"), (1, "retired")]


def test_watch_lists_of_things_are_live_at_once_and_names_are_compared_at_intake(office: Office) -> None:
    assert made(office, b"words\ncotton shirts\n", ListField.DESCRIPTION, kind=ListKind.WATCH).state == "live"
    made(office, b"name\nExamples Trading\n", ListField.SENDER_NAME, kind=ListKind.WATCH, name="names")
    approved(office, "names")
    met = answers(office, 1)
    assert (met.referral, met.cause) == (Referral.SPOT_CHECK, Cause.LIST)
    with office.store.begin_read() as connection:
        (hit,) = hits_of(connection, range(1, 100))
    assert (hit.name, hit.similarity) == ("names", pytest.approx(1 - 1 / 31, abs=1e-9))


def test_what_is_trusted_is_watched_for_no_more(office: Office) -> None:
    made(office, b"words\ncotton\n", ListField.DESCRIPTION, kind=ListKind.WATCH, name="goods")
    assert answers(office, 1).referral is Referral.SPOT_CHECK
    made(office, SENDER, kind=ListKind.TRUSTED, name="trusted")
    approved(office, "trusted")
    trusted = answers(office, 2)
    assert (trusted.referral, trusted.propensity) == (Referral.NOT_ASSESSED, office.policy.capacity_share)


QUIET = {"sender_name": "Somebody Else", "sender_street": "Elm Street"}


def changed(settings: Settings, *statements: str) -> None:
    """Change the database behind the back of the service."""
    with Store(settings.database) as store, store.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def two_mandatory_lists(office: Office) -> None:
    made(office, SENDER, name="senders")
    made(office, b"name\nIvan Petrov\n", ListField.SENDER_NAME, name="names")
    approved(office, "senders")
    approved(office, "names")


@contextmanager
def loaded(office: Office) -> Iterator[list[Answer]]:
    """An office that is asked about parcels of nobody on a list all the time; what it answered."""
    given: list[Answer] = []
    stop = threading.Event()

    def load() -> None:
        for serial in itertools.count(100):
            given.append(answers(office, serial, **QUIET))
            if stop.is_set():
                break

    with ThreadPoolExecutor() as pool:
        loading = pool.submit(load)
        try:
            yield given
        finally:
            stop.set()
            loading.result()


@pytest.mark.parametrize("table", ["policy_marks", "lists"])
def test_tables_that_are_taken_away_under_load_turn_referrals_into_manual_checks(
    office: Office, settings: Settings, table: str
) -> None:
    two_mandatory_lists(office)
    assert answers(office, 1, **QUIET).referral is Referral.NOT_ASSESSED
    with loaded(office) as given:
        changed(settings, "UPDATE policy_marks SET number = number + 1", f"ALTER TABLE {table} RENAME TO away")
        gone = answers(office, 2, **QUIET)
        gone_and_listed = answers(office, 3)
        changed(settings, f"ALTER TABLE away RENAME TO {table}")
    for one in (gone, gone_and_listed):
        assert (one.referral, one.cause) == (Referral.MANUAL_CHECK, Cause.LIST)
        assert one.degraded in {f"no model, {UNREADABLE}", f"no model, rules, {UNREADABLE}"}
    assert {one.referral for one in given} <= {Referral.MANUAL_CHECK, Referral.NOT_ASSESSED}
    assert all((one.referral is Referral.MANUAL_CHECK) == (UNREADABLE in (one.degraded or "")) for one in given)
    assert answers(office, 4, **QUIET).referral is Referral.NOT_ASSESSED
    assert answers(office, 5).referral is Referral.OPEN


def test_file_and_table_that_are_taken_away_under_load_turn_every_referral_into_a_manual_check(
    settings: Settings, clock: Clock
) -> None:
    with opened(settings, clock) as office:
        two_mandatory_lists(office)
    vault, away = settings.home / "vault", settings.home / "away"
    vault.rename(away)
    with opened(settings, clock) as office, loaded(office) as given:
        answers(office, 1, **QUIET)
        changed(settings, "UPDATE policy_marks SET number = number + 1", "ALTER TABLE lists RENAME TO gone")
        answers(office, 2, **QUIET)
        changed(settings, "ALTER TABLE gone RENAME TO lists")
        answers(office, 3, **QUIET)
    assert {(one.referral, one.cause) for one in given} == {(Referral.MANUAL_CHECK, Cause.LIST)}
    assert all(UNREADABLE in (one.degraded or "") for one in given)
    shutil.rmtree(vault)
    away.rename(vault)
    with opened(settings, clock) as office:
        assert (answers(office, 4, **QUIET).degraded, answers(office, 5).referral) == ("no model", Referral.OPEN)


def test_an_office_that_never_could_read_its_lists_checks_everything_by_hand(settings: Settings, clock: Clock) -> None:
    with opened(settings, clock) as office:
        two_mandatory_lists(office)
    changed(settings, "ALTER TABLE list_contents RENAME TO away")
    with opened(settings, clock) as office:
        assert answers(office, 1).referral is Referral.MANUAL_CHECK
        assert [one.name for one in office.lists.held().index.unreadable] == ["senders", "names"]
        changed(settings, "ALTER TABLE away RENAME TO list_contents", "ALTER TABLE policy_marks RENAME TO away")
        assert answers(office, 2).degraded == f"no model, rules, {UNREADABLE}"
        changed(settings, "ALTER TABLE away RENAME TO policy_marks")
        assert answers(office, 3, **QUIET).degraded == "no model"
    changed(settings, "ALTER TABLE policy_marks RENAME TO away")
    with opened(settings, clock) as office:
        assert answers(office, 4, **QUIET).referral is Referral.MANUAL_CHECK


def test_names_whose_keys_are_taken_away_are_unreadable_and_damage_is_noticed(settings: Settings, clock: Clock) -> None:
    with opened(settings, clock) as office:
        two_mandatory_lists(office)
        assert answers(office, 1, **QUIET).degraded == "no model"
    vault, away = settings.home / "vault", settings.home / "away"
    vault.rename(away)
    with opened(settings, clock) as office:
        gone = answers(office, 2, **QUIET)
        assert (gone.referral, gone.degraded) == (Referral.MANUAL_CHECK, f"no model, {UNREADABLE}")
        assert [one.name for one in office.lists.held().index.unreadable] == ["names"]
    shutil.rmtree(vault)
    away.rename(vault)
    changed(settings, "UPDATE list_contents SET digest = 'x' WHERE list_id = 1")
    with opened(settings, clock) as office:
        assert answers(office, 3, **QUIET).referral is Referral.MANUAL_CHECK
        assert [one.name for one in office.lists.held().index.unreadable] == ["senders"]


def test_a_finding_becomes_a_list_with_expiry_in_one_step(office: Office) -> None:
    answers(office, 1)
    finding = number(1)
    of = terms(ListField.SENDER, ListField.ADDRESS, ListField.LOOK_ALIKE, kind=ListKind.WATCH, name="finding")
    with office.writer.transaction() as transaction:
        given = transaction.connection, office.secrets, of
        (fault,) = from_parcels(*given, [finding], ANA, office.clock(), findings=True)
        assert fault.reason == "nothing was found in this parcel."
        (fault,) = from_parcels(*given, ["RB000000999US"], ANA, office.clock())
        assert fault.line == 1
        found = validate_outcomes(outcome_table([{"parcel_id": finding, "result": "found", "method": "opened"}])).rows
        record(office, transaction, found, ANA)
        listed = from_parcels(*given, [finding], ANA, office.clock(), findings=True)
    assert isinstance(listed, StoredList)
    assert listed.n_entries == 3
    approved(office, "finding")
    assert answers(office, 2, sender_name="Another").cause is Cause.LIST


def test_an_export_is_asked_for_permission_and_noted_and_what_is_sealed_is_swept_by_nobody(office: Office) -> None:
    made(office, SENDER, handling="H2")
    with office.writer.transaction() as transaction:
        given = transaction.connection, office.secrets, "sanctions", ANA, office.clock()
        with pytest.raises(ListError, match="H2"):
            exported(*given)
        sweep(transaction.connection, office.secrets.vault)
        assert exported(*given, permission="letter 12").splitlines()[1] == f"sender,{SENDER.decode().splitlines()[1]}"
        actions = transaction.connection.execute(text("SELECT action, detail FROM audit ORDER BY id")).all()
    assert tuple(actions[-1]) == ("list exported", "sanctions version 1, letter 12")
    assert "Mill" not in str(actions)


def test_the_policy_of_a_decision_names_the_lists_that_were_live(office: Office) -> None:
    def policies() -> list[str]:
        with office.store.begin_read() as connection:
            return list(connection.execute(text("SELECT DISTINCT policy_id FROM contexts")).scalars())

    answers(office, 1)
    assert policies() == [office.policy.policy_id]
    made(office, b"words\nshoes\n", ListField.DESCRIPTION, kind=ListKind.WATCH, name="goods")
    answers(office, 2)
    assert len(policies()) == 2


@pytest.mark.parametrize("model", [None, "reference model", "no model", LABEL_ALONE])
def test_what_an_answer_lacks_fits_into_the_store(model: str | None) -> None:
    width = contexts.c.degraded.type.length
    assert len(_degraded(model, RULES_UNREADABLE, UNREADABLE) or "") <= width
    assert _degraded(model, None, None) == model
