"""`verify` compares what was served with the replay of the log, and finds one changed bit of either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from sqlalchemy import select, update

from features.parcel.problems import BundleError, StoreError
from features.signing import BUNDLE, VERIFICATION, new_key, public_key_of, sign
from features.signing import verify as check_signature
from parcel_risk import verify as command
from serving.office import verifying
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.office.row_keeping import sweep_rows
from serving.office.verifying import Verified, verify
from serving.pages.card import card
from serving.settings import Settings
from serving.store import Scored, Store, facts
from serving.store.scores import all_scores
from serving.store.tables import contexts, events, scores, tail
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened, put_environment
from tests.serving.office.test_writer import OFFICER, lodged, outcome


@pytest.fixture
def settings(tmp_path: Path, clock: Clock) -> Settings:
    """An installation in which seven parcels were lodged, two of them together, and one was found out."""
    settings = bare_settings(tmp_path)
    with opened(settings, clock) as office:
        for numbers in (["P-1"], ["P-2"], ["P-3", "P-4"], ["P-5"], ["P-6"]):
            lodged(office, *numbers)
            clock.pass_by(hours=5)
        outcome(office, "P-2", "found")
        lodged(office, "P-7")
    return settings


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings.database) as store:
        yield store


def verified(store: Store) -> Verified:
    with store.begin_read() as connection:
        return list(verify(connection))[-1]


def test_what_was_served_is_what_the_log_gives(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verified(store) == Verified(last_seq=9, n_compared=7)
    monkeypatch.setattr(verifying, "CHUNK", 3)
    assert verified(store) == Verified(last_seq=9, n_compared=7)


def test_an_empty_store_is_sound(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'new.db'}") as store:
        assert verified(store) == Verified()


def test_one_changed_bit_of_a_digest_is_found(store: Store) -> None:
    with store.begin() as connection:
        digest = connection.execute(select(scores.c.digest).where(scores.c.seq == 3)).scalar_one()
        changed = bytes([digest[0] ^ 1, *digest[1:]])
        connection.execute(update(scores).where(scores.c.seq == 3).values(digest=changed))
    assert verified(store) == Verified(last_seq=9, n_compared=7, n_different=1, first_different=3)


def test_one_changed_bit_of_an_event_is_found_in_it_and_in_those_who_remember_it(store: Store) -> None:
    with store.begin() as connection:
        stored = connection.execute(select(tail.c.facts).where(tail.c.seq == 2)).scalar_one()
        event = facts.unpacked(stored, 2)
        changed = facts.packed(event | {"gross_weight_g": event["gross_weight_g"] ^ 1})
        connection.execute(update(tail).where(tail.c.seq == 2).values(facts=changed))
    found = verified(store)
    assert found.first_different == 2
    assert 1 <= found.n_different <= 6
    assert not found.is_sound


def test_rows_of_another_version_are_counted_and_not_compared(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(update(contexts).values(derivation=0))
    assert verified(store) == Verified(last_seq=9, n_other_version=7)
    with store.begin() as connection:
        connection.execute(update(contexts).values(derivation=facts.DERIVATION, fingerprint="of another"))
    assert verified(store) == Verified(last_seq=9, n_other_version=7)


def test_a_score_without_a_parcel_event_is_found(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(update(events).where(events.c.seq == 9).values(kind="retraction", subject_seq=1))
    found = verified(store)
    assert (found.n_unmatched, found.is_sound) == (1, False)


def test_the_command_says_what_it_found_and_ends_with_a_status(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_environment(monkeypatch, settings)
    command.verify()
    assert "7 feature rows compared with the replay of 9 events" in capsys.readouterr().out
    with store.begin() as connection:
        connection.execute(update(scores).where(scores.c.seq == 5).values(digest=b"x" * 16))
    with pytest.raises(typer.Exit) as ended:
        command.verify()
    assert ended.value.exit_code == 1
    assert "the first at event 5" in capsys.readouterr().out


def test_the_result_is_kept_and_whoever_changes_it_is_found_out(
    settings: Settings,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    put_environment(monkeypatch, settings)
    command.verify()
    (path,) = (settings.home / "verifications").iterdir()
    capsys.readouterr()
    command.verify(kept=path)
    assert "7 feature rows compared with the replay of 9 events" in capsys.readouterr().out
    text = path.read_text("utf-8")
    forged = tmp_path / "forged.json"
    for there, instead in (('"n_compared": 7', '"n_compared": 8'), ("installation", "ministry"), ("+00:00", "+01:00")):
        assert there in text
        forged.write_text(text.replace(there, instead, 1), "utf-8")
        with pytest.raises(StoreError, match="changed"):
            command.verify(kept=forged)
    new_key(tmp_path / "other.pem")
    with pytest.raises(StoreError, match="another installation"):
        command.verify(kept=path, key=public_key_of(tmp_path / "other.pem"))
    forged.write_text("{}", "utf-8")
    with pytest.raises(StoreError, match="no result of verify"):
        command.verify(kept=forged)


def test_a_signature_under_a_bundle_is_none_under_a_result(tmp_path: Path) -> None:
    new_key(key := tmp_path / "key.pem")
    signature = sign("00", name="x", key=key, signed_at="2026-11-26", purpose=BUNDLE)
    with pytest.raises(BundleError, match="does not match"):
        check_signature(signature, trusted=frozenset({public_key_of(key)}), purpose=VERIFICATION)


def kept(office: Office) -> list[int]:
    with office.store.begin_read() as connection:
        return [seq for seq, one in sorted(all_scores(connection).items()) if one.features is not None]


def test_rows_of_old_scores_are_removed_and_digests_stay(settings: Settings, clock: Clock, store: Store) -> None:
    with opened(settings, clock) as office:
        drawn = [seq for seq, one in _all(office).items() if one.cause == "random"]
        clock.pass_by(days=28)
        sweep_rows(office, 30)
        assert kept(office) == [1, 2, 3, 4, 5, 6, 9]
        clock.pass_by(days=3)
        sweep_rows(office, 30)
        assert kept(office) == sorted({2, *drawn})
    assert verified(store).n_compared == 7


def _all(office: Office) -> dict[int, Scored]:
    with office.store.begin_read() as connection:
        return all_scores(connection)


def test_the_card_of_a_parcel_whose_row_is_gone_says_so(settings: Settings, clock: Clock) -> None:
    with opened(settings, clock) as office:
        (before,) = look_up(office, "P-1", OFFICER).parcels
        clock.pass_by(days=40)
        sweep_rows(office, 30)
        (after,) = look_up(office, "P-1", OFFICER).parcels
    assert before.is_row_kept
    assert not after.is_row_kept
    assert card(after).no_reasons == "It was not scored."
    scored = after.answer.model_copy(update={"probability": 0.1})
    assert "no longer kept" in card(replace(after, answer=scored)).no_reasons
    assert "no longer in service" in card(replace(before, answer=scored)).no_reasons
