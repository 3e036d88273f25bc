"""Capacity at the office: two persons put it into force, the share follows from it, and every cut is noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from features.parcel.problems import ParcelRiskError
from policy import LinePolicy
from policy.forecast import HOUR_US
from serving.office.capacity import approve, habits_of, keep_cut, preview, propose
from serving.office.capacity_model import CapacityModel, capacity_of, read_capacity, text_of
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Store
from serving.store.tables import audit, scores
from serving.store.times import microseconds
from serving.store.volumes import asked, first_since, hourly
from tests.conftest import Clock
from tests.docs.decisions import EXAMPLE
from tests.serving.bare import bare_settings, opened
from tests.serving.office.test_writer import lodged

EVERY_DAY = """
overflow = 0.1
[minutes]
open = 20
[[shifts]]
line = "hall 1"
weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
begins = "08:00"
ends = "16:00"
hands = 0.25
"""
PER_DAY = 12


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, datetime]:
    """An installation that draws one of fifty, sixteen days of twelve parcels, and the night after them."""
    folder = tmp_path_factory.mktemp("capacity")
    settings = bare_settings(folder).model_copy(update={"capacity_share": 0.02, "random_share": 0.5})
    clock = Clock(at=datetime(2026, 11, 2, 0, 30, tzinfo=UTC))
    with opened(settings, clock) as office:
        for day in range(16):
            for part in range(2):
                lodged(office, *(f"P-{day}-{part}-{number}" for number in range(PER_DAY // 2)))
                clock.pass_by(hours=12)
    return settings, clock.at


@pytest.fixture
def copied(past: tuple[Settings, datetime], tmp_path: Path) -> Settings:
    """The same installation, copied."""
    settings, _ = past
    copy = tmp_path / "home"
    copy.mkdir()
    for path in settings.home.iterdir():
        if path.suffix == ".db":
            (copy / path.name).write_bytes(path.read_bytes())
    return settings.model_copy(update={"home": copy, "keys_dir": settings.keys})


@pytest.fixture
def office(past: tuple[Settings, datetime], copied: Settings) -> Iterator[Office]:
    with opened(copied, Clock(at=past[1])) as office:
        yield office


def clock_of(office: Office) -> Clock:
    assert isinstance(office.clock, Clock)
    return office.clock


def put(office: Office, path: Path, text: str = EVERY_DAY) -> int:
    path.write_text(text)
    with office.store.begin() as connection:
        number = propose(connection, read_capacity(path), "author", office.clock())
        approve(connection, number, "approver", office.clock())
    return number


def noted(store: Store) -> list[str]:
    with store.begin_read() as connection:
        query = select(audit.c.detail).where(audit.c.action == "capacity").order_by(audit.c.id)
        return [str(detail) for detail in connection.execute(query).scalars()]


def test_without_shifts_the_share_of_the_settings_holds(office: Office) -> None:
    assert office.policy.capacity_share == 0.02
    assert noted(office.store) == []


def test_another_person_approves_and_only_the_newest(office: Office, tmp_path: Path) -> None:
    (tmp_path / "capacity.toml").write_text(EVERY_DAY)
    capacity, at = read_capacity(tmp_path / "capacity.toml"), office.clock()
    with office.store.begin() as connection:
        first, second = (propose(connection, capacity, "author", at) for _ in range(2))
        with pytest.raises(ParcelRiskError, match="another person approves it"):
            approve(connection, second, "author", at)
        with pytest.raises(ParcelRiskError, match=f"the newest is {second}"):
            approve(connection, first, "approver", at)
        approve(connection, second, "approver", at)
        with pytest.raises(ParcelRiskError, match="in force already"):
            approve(connection, second, "approver", at)


def test_the_share_follows_from_hands_and_volume_and_every_cut_is_noted(office: Office, tmp_path: Path) -> None:
    number = put(office, tmp_path / "capacity.toml")
    before = office.policy
    keep_cut(office)
    cut = office.line.now.cut
    assert cut is not None
    assert cut.left == 6  # a quarter of an officer for eight hours, twenty minutes each
    assert cut.expected == 9  # half of the six of this hour, and the six of noon
    assert 0.1 < office.policy.capacity_share < 0.75
    assert office.policy.random_share < 0.5  # chance keeps its budget where more may be selected after a calm night
    assert office.policy.gate == before.gate
    assert [one.split(":")[0] for one in noted(office.store)] == [
        f"proposed {number}",
        f"approved {number}",
        f"cut {number}",
    ]
    assert office.policy.policy_id in noted(office.store)[-1]
    keep_cut(office)
    assert len(noted(office.store)) == 3


def test_what_was_selected_is_no_longer_left(office: Office, tmp_path: Path) -> None:
    put(office, tmp_path / "capacity.toml")
    keep_cut(office)
    early = office.line.now.cut
    clock_of(office).pass_by(hours=8)
    lodged(office, "Q-1", "Q-2", "Q-3", "Q-4")
    with office.store.begin() as connection:
        last = select(scores.c.seq).order_by(scores.c.seq.desc()).limit(4)
        connection.execute(
            update(scores).where(scores.c.seq.in_(last.scalar_subquery())).values(referral="open", cause="random")
        )
    clock_of(office).pass_by(hours=1)
    keep_cut(office)
    late = office.line.now.cut
    assert early is not None
    assert late is not None
    assert late.window == early.window
    assert late.left == early.left - 4


def test_a_restarted_office_cuts_at_once(past: tuple[Settings, datetime], copied: Settings, tmp_path: Path) -> None:
    with opened(copied, Clock(at=past[1])) as office:
        put(office, tmp_path / "capacity.toml")
        keep_cut(office)
        policy = office.policy
    with opened(copied, Clock(at=past[1])) as again:
        assert again.policy == policy != again.line.base


def test_counts_are_those_of_the_answers(office: Office) -> None:
    at_us = microseconds(office.clock()) // HOUR_US * HOUR_US
    with office.store.begin_read() as connection:
        counts = hourly(connection, at_us - 48 * HOUR_US, at_us)
        assert counts.sum() == 2 * PER_DAY
        assert set(counts.tolist()) == {0, PER_DAY // 2}
        assert sum(n for _, _, n in asked(connection, at_us - 24 * HOUR_US, at_us)) == PER_DAY
        seq = first_since(connection, at_us - 24 * HOUR_US)
        times = {row.seq: row.scored_at for row in connection.execute(select(scores.c.seq, scores.c.scored_at))}
        assert seq == min(one for one, scored_at in times.items() if scored_at >= at_us - 24 * HOUR_US)
        assert first_since(connection, 0) <= min(times)
        assert first_since(connection, at_us * 2) == max(times) + 1


def test_a_preview_says_what_is_found_and_what_is_let_go(office: Office, tmp_path: Path) -> None:
    (tmp_path / "capacity.toml").write_text(EVERY_DAY)
    capacity = read_capacity(tmp_path / "capacity.toml")
    with office.store.begin() as connection:
        assert preview(connection, capacity, LinePolicy(), office.clock()).n_windows == 0
        for seq in connection.execute(select(scores.c.seq)).scalars().all():
            raw = seq % 4 - 4.0
            given = {"raw_score": raw, "probability": float(1 / (1 + np.exp(-raw)))}
            connection.execute(update(scores).where(scores.c.seq == seq).values(**given))
        few = preview(connection, None, LinePolicy(capacity_share=1 / PER_DAY, random_share=0.0), office.clock())
        many = preview(connection, capacity, LinePolicy(random_share=0.1), office.clock())
        habits = habits_of(connection, capacity, office.clock())
    assert (few.n_windows, few.parcels, few.inspections) == (15, PER_DAY, 1)
    assert few.tie_share == 1.0  # one of three equals
    whole = 3 * sum(1 / (1 + np.exp(-raw)) for raw in (-4.0, -3.0, -2.0, -1.0))
    for one in (few, many):
        assert one.expected_findings + one.let_go == pytest.approx(whole)
    assert many.inspections > few.inspections
    assert many.expected_findings > few.expected_findings
    assert 0 < many.drawn < many.inspections
    assert habits.must_share == 0.0
    assert habits.minutes == pytest.approx(20)


def test_a_capacity_comes_back_from_its_text(tmp_path: Path) -> None:
    (tmp_path / "capacity.toml").write_text('holidays = ["2026-12-25"]\n' + EVERY_DAY)
    capacity = read_capacity(tmp_path / "capacity.toml")
    assert capacity_of(text_of(capacity)) == capacity
    assert CapacityModel.of(capacity).shifts[0].begins == "08:00"


def test_the_example_of_the_docs_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "capacity.toml").write_text(EXAMPLE)
    assert read_capacity(tmp_path / "capacity.toml").shifts[0].minutes == 6 * 480


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"08:00"', '"8 o\'clock"', "shifts.1.begins"),
        ('"16:00"', '"08:00"', "two times of the day"),
        ('"mon"', '"Montag"', "shifts.1.weekdays.1"),
        ("hands = 0.25", "hands = 0", "shifts.1.hands"),
        ("overflow = 0.1", "overflow = 0.9", "overflow"),
        ("open = 20", "laboratory = 20", "minutes.laboratory"),
        ("[[shifts]]", "[[shifts", "capacity.toml"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_the_value(tmp_path: Path, old: str, new: str, why: str) -> None:
    (tmp_path / "capacity.toml").write_text(EVERY_DAY.replace(old, new))
    with pytest.raises(ParcelRiskError, match=why):
        read_capacity(tmp_path / "capacity.toml")
