"""An approved bundle serves without a restart; one that is refused never does, and the last good one stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from benchmarks.swaps import installation, put_signed, swapped
from features.bundle import META, MODEL
from features.model_store import ModelStore
from features.parcel.validation import validate_parcels
from serving.app import create_app
from serving.office.answers import Answer
from serving.office.batching import Outcome
from serving.office.live_model import LiveModel, Source
from serving.office.model_keeping import keep_model
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Client, Role
from serving.store.tables import audit
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.serving.bare import client_key, opened
from tests.serving.conftest import bearer
from tests.serving.office.lodging import lodge


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return installation(tmp_path)


@pytest.fixture
def store(place: Settings) -> ModelStore:
    return ModelStore(place.models_dir)


@pytest.fixture
def office(place: Settings, clock: Clock) -> Iterator[Office]:
    with opened(place, clock) as office:
        yield office


def name(office: Office) -> str | None:
    bundle_id = office.champion.bundle_id
    return None if bundle_id is None else bundle_id.split("@")[0]


def lodged(office: Office, *numbers: str) -> list[Outcome]:
    rows = validate_parcels(parcel_table([a_parcel(parcel_id=one) for one in numbers]), reference=office.reference).rows
    client = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
    with office.writer.transaction() as transaction:
        return list(lodge(office, transaction, rows, client).values())


def noted(office: Office) -> list[tuple[str, str]]:
    wanted = select(audit.c.action, audit.c.detail).where(audit.c.action.like("model %")).order_by(audit.c.id)
    with office.store.begin_read() as connection:
        return [(action, detail.split("@")[0]) for action, detail in connection.execute(wanted)]


def test_what_is_approved_serves_at_the_next_look_and_is_rolled_back(office: Office, store: ModelStore) -> None:
    assert not keep_model(office)
    store.promote("two")
    assert keep_model(office) == 1
    assert (name(office), office.champion.degraded, office.champion.problem) == ("two", None, None)
    assert office.model.before is not None
    store.roll_back()
    assert keep_model(office) == 1
    assert not keep_model(office)
    assert (name(office), office.model.before.bundle_id[:4]) == ("one", "two@")
    assert noted(office) == [("model in service", "two"), ("model in service", "one")]


def break_model(folder: Path) -> None:
    content = bytearray((folder / MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / MODEL).write_bytes(content)


def forget_meta(folder: Path) -> None:
    (folder / META).write_text("{", "utf-8")


@pytest.mark.parametrize("damage", [break_model, forget_meta], ids=lambda one: one.__name__)
def test_a_champion_that_is_refused_leaves_the_last_good_one_also_after_a_restart(
    place: Settings, clock: Clock, store: ModelStore, damage
) -> None:
    with opened(place, clock) as office:
        store.promote("two")
        damage(store.folder / "two")
        keep_model(office)
        assert name(office) == "one"
        assert "two: " in str(office.champion.problem)
        assert "approved before, answers" in str(office.champion.problem)
        assert office.champion.degraded is None  # an approved model answers
        assert [action for action, _ in noted(office)] == ["model refused"]
        assert not keep_model(office), "said once"
    with opened(place, clock) as office:
        assert (name(office), office.champion.is_approved) == ("one", True)
        assert "two: " in str(office.champion.problem)


def test_a_bundle_that_arrives_file_by_file_serves_when_it_is_whole(office: Office, store: ModelStore) -> None:
    model = store.folder / "two" / MODEL
    content = model.read_bytes()
    model.write_bytes(content[:100])
    store.promote("two")
    keep_model(office)
    assert name(office) == "one"
    model.write_bytes(content)
    keep_model(office)
    assert (name(office), office.champion.problem) == ("two", None)


def test_a_pointer_that_is_junk_or_gone_leaves_what_serves(office: Office, store: ModelStore) -> None:
    pointer = store.folder / "CHAMPION"
    pointer.write_bytes(b"\xff\xfe")
    keep_model(office)
    assert (name(office), "cannot be read" in str(office.champion.problem)) == ("one", True)
    pointer.unlink()
    keep_model(office)
    assert (name(office), "is gone" in str(office.champion.problem)) == ("one", True)
    store.promote("two")
    keep_model(office)
    assert (name(office), office.champion.problem) == ("two", None)


def test_an_approver_who_is_trusted_no_longer_takes_the_bundle_out_of_service(office: Office, place: Settings) -> None:
    place.approvers.write_text("# nobody\n", "utf-8")
    keep_model(office)
    assert (office.champion.bundle, office.champion.degraded) == (None, "no model")
    assert "not trusted" in str(office.champion.problem)


def test_a_half_written_history_of_champions_is_never_left(store: ModelStore) -> None:
    (store.folder / "CHAMPIONS").write_text("one\ntwo\n", "utf-8")  # killed before `two` became the champion
    assert (store.champion(), store.predecessors()) == (store.folder / "one", [])
    store.promote("two")
    assert (store.folder / "CHAMPIONS").read_text("utf-8") == "one\ntwo\n"
    assert store.predecessors() == ["one"]


def test_numbers_that_are_none_are_not_believed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    model = office.champion.bundle
    assert model is not None
    sound = lodged(office, "G-1")[0]
    monkeypatch.setattr(model, "raw", lambda values: np.full(len(values), np.nan))
    with np.errstate(invalid="ignore"):
        given = lodged(office, "G-2")[0]
    assert isinstance(sound, Answer)
    assert isinstance(given, Answer)
    assert (sound.degraded, sound.bundle) == (None, model.bundle_id)
    assert (given.degraded, given.bundle, given.probability) == ("no model", None, None)
    assert "Roll back" in str(office.model.unusable)


def test_a_batch_is_answered_by_one_bundle_even_when_another_comes_meanwhile(
    office: Office, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = office.champion.bundle
    assert first is not None
    real = first.raw

    def swapping(values):
        store.promote("two")
        office.model.look()
        return real(values)

    monkeypatch.setattr(first, "raw", swapping)
    given = lodged(office, "B-1", "B-2")
    assert {one.bundle for one in given} == {first.bundle_id}
    assert name(office) == "two"


def test_whoever_answers_for_the_model_reads_which_one_serves(place: Settings, clock: Clock, store: ModelStore) -> None:
    analyst, officer = (bearer(client_key(place, role, None, role)) for role in (Role.ANALYST, Role.OFFICER))
    with TestClient(create_app(place.model_copy(update={"model_look_s": 600.0}), clock)) as http:
        assert http.get("/v1/model", headers=officer).status_code == 403
        store.promote("two")
        (store.folder / "two" / META).write_text("{}", "utf-8")
        keep_model(http.app.state.office)
        found = http.get("/v1/model", headers=analyst).json()
        ready = http.get("/readyz").json()
    assert (found["bundle"].split("@")[0], found["approved_by"], found["degraded"]) == ("one", "approver", None)
    assert "two: " in found["problem"]
    assert (ready["status"], list(ready["lacking"])) == ("degraded", ["champion"])


def test_what_serves_is_warm_before_the_first_parcel(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveModel.of(Source(models=ModelStore(place.models_dir), trusted=place.trusted))
    assert "usual_probability" in vars(live.now.bundle)


def test_swaps_under_load_fail_no_request_and_each_answer_is_of_the_bundle_that_it_names(place: Settings) -> None:
    put_signed(place, "unused")
    seen = swapped(place, swaps=4, clients=2)
    assert seen.faults == []
    assert len({named for named, _ in seen.answers}) == 2
