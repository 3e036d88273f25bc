"""Clocks: the first moment binds, nothing expires by itself, holding times are of what customs itself saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from features.handling.clocks import Bound, Clock, ClockState, ClockTable, End, clock_of, holding_times
from features.handling.direction import Direction
from features.handling.states import Signal, State
from features.log import LOG_SCHEMA
from features.parcel.problems import ParcelRiskError

T = datetime(2026, 11, 2, 8, tzinfo=UTC)
TABLE = ClockTable.read()
EVENT: dict[str, Any] = dict.fromkeys(LOG_SCHEMA) | {"stream": "ems"}


def after(hours: float) -> datetime:
    return T + timedelta(hours=hours)


def signal(state: State, hours: float, *, is_fact: bool = True) -> Signal:
    return Signal(state=state, happened_at=after(hours), is_fact=is_fact)


def clock(
    *signals: Signal, now: float, way: Direction = Direction.IMPORT, end: End | None = None, **facts: Any
) -> Clock:
    return clock_of(EVENT | facts, signals, way, TABLE, now=after(now), end=end)


def test_a_parcel_that_is_not_here_waits() -> None:
    assert clock(now=1000) == Clock(state=ClockState.WAITING, latest_at=None, bound=None, end=None)


@pytest.mark.parametrize(
    ("now", "state"),
    [(1, ClockState.RUNNING), (6.5, ClockState.ESCALATED), (8, ClockState.OVERDUE), (5000, ClockState.OVERDUE)],
)
def test_it_is_escalated_near_the_moment_and_overdue_until_an_end_is_chosen(now: float, state: ClockState) -> None:
    here = signal(State.ARRIVED, 0, is_fact=False)
    found = clock(here, now=now)
    assert (found.state, found.latest_at, found.bound) == (state, after(8), Bound.CUT_OFF)
    assert clock(here, now=now, end=End.GONE).state is ClockState.ENDED


def test_what_only_passes_through_has_a_departure_and_no_sort() -> None:
    here = signal(State.IN_HALL, 0)
    for way in (Direction.TRANSIT, Direction.EXPORT, Direction.RETURN, Direction.REDIRECTION):
        assert clock(here, now=0, way=way).bound is Bound.DEPARTURE
    assert clock(here, now=0, way=Direction.UNKNOWN).bound is Bound.CUT_OFF


def test_the_first_moment_binds() -> None:
    found = clock(signal(State.ARRIVED, 0), now=0, due_at=after(-20))
    assert (found.bound, found.latest_at) == (Bound.PROMISE, after(4))


def test_what_customs_holds_has_the_legal_maximum_and_no_cut_off() -> None:
    found = clock(signal(State.ARRIVED, 0), signal(State.HELD, 2), now=100)
    assert (found.state, found.bound) == (ClockState.RUNNING, Bound.LEGAL_MAXIMUM)
    assert found.latest_at == after(2 + TABLE.most_held_h)


def test_an_item_of_an_unknown_stream_has_the_clock_of_a_letter() -> None:
    assert clock(signal(State.ARRIVED, 0), now=0, stream=None).latest_at == after(TABLE.cut_off_h["letter"])


def test_holding_times_are_between_facts_and_by_cause() -> None:
    given_away = [[signal(State.PRESENTED, 0), signal(State.RELEASED, hours)] for hours in range(1, 21)]
    claimed = [signal(State.HELD, 0, is_fact=False), signal(State.RELEASED, 9, is_fact=False)]
    twice = [signal(State.HELD, 0), signal(State.RELEASED, 2), signal(State.HELD, 10), signal(State.RELEASED, 11)]
    parcels = [("score", one) for one in given_away]
    parcels += [("score", claimed), ("list", twice), ("list", [signal(State.HELD, 0)])]
    score, listed = holding_times(parcels)
    assert (score.cause, score.n, score.p50_h, score.p95_h, score.n_still_held) == ("score", 20, 10, 19, 0)
    assert (listed.cause, listed.n, listed.p50_h, listed.n_still_held) == ("list", 1, 3, 1)


@pytest.mark.parametrize(
    ("line", "by", "said"),
    [
        ("escalate_h = 2", "", "escalate_h is missing"),
        ("escalate_h = 2", "escalate_h = -1", "not above 0"),
        ("ems = 8", "", r"\[cut_off_h\] must hold exactly letter"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_key(tmp_path: Path, line: str, by: str, said: str) -> None:
    shipped = (Path(__file__).parents[3] / "features" / "handling" / "clocks.toml").read_text("utf-8")
    (tmp_path / "clocks.toml").write_text(shipped.replace(line, by, 1), "utf-8")
    with pytest.raises(ParcelRiskError, match=said):
        ClockTable.read(tmp_path)
    assert ClockTable.read(None) is ClockTable.read(tmp_path / "nowhere")
