"""The writer: readers wait for nobody, what is broken off leaves no trace, snapshots are taken in routine service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from features.catalogue import catalogue
from features.history import Engine
from features.parcel.problems import Rejection
from features.parcel.reference import shipped_reference
from features.parcel.schema import OUTCOME_SCHEMA
from features.parcel.validation import validate_outcomes, validate_parcels
from features.replay import joined, replay
from policy import Referral
from serving.installation import Installation
from serving.messages.cusrsp import cusrsp
from serving.office import recovery
from serving.office.answers import Answer
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.office.outcomes import record
from serving.pages.card import card
from serving.settings import Settings
from serving.store import Client, Role
from serving.store import log as event_log
from serving.store.scores import all_scores
from serving.store.tables import audit, contexts, scores
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.failpoints import FAILPOINTS
from tests.serving.office.lodging import lodge

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
OFFICER = Client(client_id="officer", role=Role.OFFICER, operator=None)


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    return bare_settings(tmp_path)


@pytest.fixture
def office(bare: Settings, clock: Clock) -> Iterator[Office]:
    with opened(bare, clock) as office:
        yield office


def lodged(office: Office, *numbers: str, **changes: object) -> list[Answer]:
    timeless = {"lodged_at": None, "posted_at": None, "due_at": None}
    given = parcel_table([a_parcel(parcel_id=number, **timeless, **changes) for number in numbers])
    rows = validate_parcels(given, reference=shipped_reference()).rows
    with office.writer.transaction() as transaction:
        return [one for one in lodge(office, transaction, rows, POST).values() if isinstance(one, Answer)]


def outcome(office: Office, number: str, result: str) -> str:
    given = {"parcel_id": number, "result": result}
    rows = validate_outcomes(pl.DataFrame([given], schema={name: OUTCOME_SCHEMA[name] for name in given})).rows
    with office.writer.transaction() as transaction:
        answer = record(office, transaction, rows, OFFICER)[1]
    return answer.code if isinstance(answer, Rejection) else answer.status


def log_of(office: Office) -> pl.DataFrame:
    with office.store.begin_read() as connection:
        return event_log.read(connection)


def looks(office: Office) -> list[int]:
    with office.store.begin_read() as connection:
        return list(connection.execute(select(audit.c.seq).where(audit.c.action == "viewed")).scalars())


def test_a_look_waits_for_no_transaction_and_is_noted_behind_it(office: Office) -> None:
    lodged(office, "P-1")
    found: list[int] = []
    looking = threading.Thread(target=lambda: found.append(len(look_up(office, "P-1", OFFICER).parcels)))
    with office.writer.transaction():
        looking.start()
        looking.join(timeout=8)
        assert found == [1]
        assert looks(office) == []
    assert looks(office) == [1]


def look_and_end(office: Office) -> None:
    with office.writer.transaction():
        looking = threading.Thread(target=look_up, args=(office, "P-1", OFFICER))
        looking.start()
        looking.join(timeout=8)
        raise KeyboardInterrupt


def test_a_look_is_noted_though_the_transaction_in_hand_fails(office: Office) -> None:
    lodged(office, "P-1")
    with pytest.raises(KeyboardInterrupt):
        look_and_end(office)
    assert looks(office) == [1]


class Interrupt(BaseException):
    """An interrupt, as Ctrl-C makes one."""


def interrupt() -> None:
    raise Interrupt


@pytest.mark.parametrize("place", FAILPOINTS)
def test_what_is_interrupted_is_stored_whole_or_not_at_all_and_history_is_the_replay(
    office: Office, place: str
) -> None:
    lodged(office, "P-1", "P-2")
    with pytest.raises(Interrupt), FAILPOINTS[place].armed(interrupt):
        lodged(office, "P-3", "P-4", sender_name="Somebody Else")
    engine = Engine()
    rows = joined(replay(log_of(office), engine))
    n = 4 if FAILPOINTS[place].is_committed else 2
    assert rows.seq.tolist() == list(range(1, n + 1))
    assert office.writer.digest() == engine.digest()
    assert office.writer.n_entities() == engine.n_entities()
    lodged(office, "P-5")
    with office.store.begin_read() as connection:
        stored = all_scores(connection)
    replayed = joined(replay(log_of(office)))
    assert [stored[seq].features.tobytes() for seq in replayed.seq.tolist()] == [
        row.astype("<f8").tobytes() for row in replayed.values
    ]


def test_snapshots_are_taken_in_routine_service_and_a_restart_replays_only_what_follows(
    bare: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "SNAPSHOT_AFTER", 5)
    monkeypatch.setattr(recovery, "_REST", 0.0)
    with opened(bare, clock) as office:
        lodged(office, *(f"P-{index}" for index in range(6)))
        office.writer._snapshots._thread.join()  # type: ignore[union-attr]
        assert len(list((bare.home / "history").glob("*.history"))) == 1
        lodged(office, "Q-1", "Q-2")
        digest = office.writer.digest()
        office.store.close()
        office.secrets.vault.close()
        played: list[int] = []
        advance = Engine.advance
        monkeypatch.setattr(Engine, "advance", lambda self, log: played.append(log.height) or advance(self, log))
        with opened(bare, clock) as again:
            assert played == [2]
            assert again.writer.digest() == digest


def test_what_was_replayed_at_a_start_counts_towards_the_next_snapshot(
    bare: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever is killed often replays more each time."""
    monkeypatch.setattr(recovery, "SNAPSHOT_AFTER", 5)
    for names in (("P-1", "P-2", "P-3"), ("Q-1", "Q-2")):
        assert not list((bare.home / "history").glob("*.history"))
        office = Installation.open(bare, clock).office()
        lodged(office, *names)
        if (thread := office.writer._snapshots._thread) is not None:
            thread.join()
        office.store.close()  # as after a kill: no last snapshot
        office.secrets.vault.close()
    assert len(list((bare.home / "history").glob("*.history"))) == 1


def test_without_a_model_nothing_is_released_or_cleared(office: Office, clock: Clock) -> None:
    (answer,) = lodged(office, "P-1")
    assert answer.referral is Referral.NOT_ASSESSED
    (seen,) = look_up(office, "P-1", OFFICER).parcels
    shown = card(seen)
    assert (shown.tone, shown.headline) == ("unassessed", "Not assessed")
    assert "CLE" not in cusrsp([answer], clock.at)


def test_a_referral_and_a_cause_that_are_not_known_are_a_manual_check(office: Office) -> None:
    lodged(office, "P-1")
    with office.store.begin() as connection:
        connection.execute(scores.update().values(referral="fumigate", cause="oracle"))
        connection.execute(contexts.update().values(bundle_id="b"))
    (seen,) = look_up(office, "P-1", OFFICER).parcels
    assert seen.answer.referral is Referral.MANUAL_CHECK
    assert card(seen).headline == "Check this parcel by hand"


def test_a_parcel_amended_after_its_outcome_keeps_one_outcome_and_does_not_know_its_own_finding(office: Office) -> None:
    lodged(office, "P-1")
    assert outcome(office, "P-1", "found") == "recorded"
    (amended,) = lodged(office, "P-1", recipient_number="9")
    assert amended.status == "amended"
    rows = joined(replay(log_of(office)))
    own = dict(zip(catalogue().names, rows.values[-1].tolist(), strict=True))
    assert own["sender_found"] == own["sender_inspected"] == 0
    assert outcome(office, "P-1", "nothing_found") == "outcome_known"
    assert outcome(office, "P-1", "found") == "repeated"
    (seen,) = look_up(office, "P-1", OFFICER).parcels
    assert seen.result == "found"
    (other,) = lodged(office, "P-2")
    assert other.status == "scored"
    after = dict(zip(catalogue().names, joined(replay(log_of(office))).values[-1].tolist(), strict=True))
    assert after["sender_found"] == after["sender_inspected"] == 1
