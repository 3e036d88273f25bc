"""Keys and facts of a log of before are made anew where the vault holds the text; the rest stays, and is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from features.event_rows import Row, rows_of
from features.history import Engine
from features.identity import DERIVATION, DERIVED_SCHEMA, KEYS, PERSONAL, derived_row
from features.log import OUTCOME, PARCEL, WITHHELD
from features.parcel.problems import StoreError
from features.replay import feature_rows
from parcel_risk.local_client import LOCAL
from parcel_risk.migrate import migrate_store
from parcel_risk.rederive import rederive_store
from serving.installation import Installation
from serving.office import rederiving
from serving.office.rederiving import rederive
from serving.office.verifying import Verified, verify
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log
from serving.store.database import noted
from serving.store.derivations import Progress
from serving.store.erasure import erase, subject_of
from serving.store.scores import personal_held
from tests.conftest import Clock
from tests.serving.bare import opened
from tests.serving.office.test_writer import lodged
from tests.serving.store.installations import of_schema_2


@pytest.fixture
def before(tmp_path: Path) -> Settings:
    """A migrated store of an earlier program, of derivation 1: an amendment, a cancellation and an outcome in it."""
    settings = of_schema_2(tmp_path)
    migrate_store(settings)
    return settings


@contextmanager
def brought_up(settings: Settings, clock: Clock) -> Iterator[Iterator[Progress]]:
    installation = Installation.open(settings, clock)
    with installation.store() as store, installation.secrets.vault:
        yield rederive(
            store, installation.secrets, installation.reference, LOCAL, clock, history=settings.home / "history"
        )


def run(settings: Settings, clock: Clock) -> Progress:
    with brought_up(settings, clock) as progress:
        return list(progress)[-1]


def log_of(settings: Settings) -> tuple[list[Row], dict[int, int]]:
    with Store(settings.database) as store, store.begin_read() as connection:
        events = rows_of(event_log.read(connection))
        return events, event_log.derivations_of(connection, [event["seq"] for event in events])


def as_derived_now(settings: Settings, event: Row, clock: Clock) -> dict[str, object]:
    installation = Installation.open(settings, clock)
    with installation.store() as store, store.begin_read() as connection, installation.secrets.vault as vault:
        text = personal_held(connection, vault, event["seq"])
    assert text is not None
    row = {**event, **dict.fromkeys(PERSONAL), **text}
    made = derived_row(row, installation.identity, installation.reference)
    return {name: made[name] for name in DERIVED_SCHEMA}


def test_every_parcel_has_the_keys_and_facts_of_today(before: Settings, clock: Clock) -> None:
    was, versions = log_of(before)
    assert set(versions.values()) == {1}
    parcels, last = [event for event in was if event["kind"] == PARCEL], was[-1]["seq"]
    assert run(before, clock) == Progress(derivation=DERIVATION, last_seq=last, n_derived=len(parcels), changed_to=last)
    now, versions = log_of(before)
    by_seq = {event["seq"]: event for event in now}
    for event, earlier in zip(now, was, strict=True):
        told = {name: value for name, value in event.items() if name not in DERIVED_SCHEMA}
        assert told == {name: value for name, value in earlier.items() if name not in DERIVED_SCHEMA}
        names = KEYS if event["kind"] == OUTCOME else DERIVED_SCHEMA
        of_subject = as_derived_now(before, by_seq[event["subject_seq"]], clock)
        assert {name: event[name] for name in names} == {name: of_subject[name] for name in names}
    assert set(versions.values()) == {DERIVATION}
    assert any(event["sender_loose_key"] is not None for event in now)
    assert now != was


def _without_texts(event: Row) -> Row:
    return {name: value for name, value in event.items() if name not in (*WITHHELD, "pieces")}


def test_a_parcel_whose_text_was_erased_stays_and_is_counted(before: Settings, clock: Clock) -> None:
    was, _ = log_of(before)
    erased = next(event for event in was if event["kind"] == PARCEL)
    of_it = {event["seq"] for event in was if event["kind"] == PARCEL and subject_of(event) == subject_of(erased)}
    installation = Installation.open(before, clock)
    with installation.store() as store, installation.secrets.vault as vault, store.begin() as connection:
        erase(connection, vault, [subject_of(erased)], at_us=0)
    progress = run(before, clock)
    assert progress.n_kept == len(of_it)
    now, versions = log_of(before)
    stayed = {event["seq"] for event in now if versions[event["seq"]] == 1}
    about_it = {event["seq"] for event in was if event["subject_seq"] in of_it}
    assert stayed == of_it | about_it
    assert [_without_texts(event) for event in now if event["seq"] in stayed] == [
        _without_texts(event) for event in was if event["seq"] in stayed
    ]


@pytest.mark.parametrize("n_parts", [1, 2, 3])
def test_who_is_interrupted_resumes_and_ends_with_the_same_log(
    before: Settings, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_parts: int
) -> None:
    whole = of_schema_2(tmp_path / "whole")
    migrate_store(whole)
    at_once = run(whole, clock)
    monkeypatch.setattr(rederiving, "CHUNK", 2)
    monkeypatch.setattr(rederiving, "note_progress", _fails_at(n_parts + 1))
    with pytest.raises(KeyboardInterrupt):
        run(before, clock)
    monkeypatch.undo()
    monkeypatch.setattr(rederiving, "CHUNK", 2)
    with brought_up(before, clock) as progress:
        assert next(progress).last_seq == 2 * n_parts
        assert list(progress)[-1] == at_once
    assert log_of(before) == log_of(whole)


def _fails_at(n: int):  # type: ignore[no-untyped-def]
    left, real = [n], rederiving.note_progress

    def failing(connection, progress):  # type: ignore[no-untyped-def]
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        real(connection, progress)

    return failing


def test_a_second_run_does_nothing_and_says_the_same(before: Settings, clock: Clock) -> None:
    first, log = run(before, clock), log_of(before)
    assert run(before, clock) == first
    assert log_of(before) == log
    with Store(before.database) as store, store.begin_read() as connection:
        changed = noted(connection, "derived anew")
    assert changed == [event["seq"] for event in log[0]]


def test_the_history_is_rebuilt_from_the_new_keys(before: Settings, clock: Clock) -> None:
    with opened(before, clock) as office:
        old = office.writer.digest()
    run(before, clock)
    engine = Engine()
    with Store(before.database) as store, store.begin_read() as connection:
        feature_rows(event_log.read(connection), engine)
    with opened(before, clock) as office:
        assert office.writer.digest() == engine.digest()
        assert office.writer.digest() != old


def test_scores_of_before_are_no_longer_compared_and_later_ones_are(before: Settings, clock: Clock) -> None:
    with opened(before, clock) as office:
        lodged(office, "P-91")
    n_before = verified(before).n_other_version
    run(before, clock)
    assert replace(verified(before), last_seq=0) == Verified(n_other_version=n_before + 1)
    with opened(before, clock) as office:
        lodged(office, "P-92")
    run(before, clock)
    assert replace(verified(before), last_seq=0) == Verified(n_compared=1, n_other_version=n_before + 1)


def verified(settings: Settings) -> Verified:
    with Store(settings.database) as store, store.begin_read() as connection:
        return list(verify(connection))[-1]


def test_the_service_must_be_stopped(before: Settings, clock: Clock) -> None:
    with opened(before, clock), pytest.raises(StoreError, match="another process"):
        run(before, clock)


def test_the_command_says_what_became_of_the_log(before: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    rederive_store(before)
    said = capsys.readouterr().out
    assert f"brought to derivation {DERIVATION}" in said
    assert "stay at an earlier one" not in said
