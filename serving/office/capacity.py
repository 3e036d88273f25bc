"""Capacities of lines: proposed by one person and approved by another, cut into shares as shifts go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from features.parcel.problems import ParcelRiskError
from policy import Cause, LinePolicy, Referral
from policy.chance import Floats, chance
from policy.forecast import HOUR_US, Forecast, forecast
from policy.shifts import Capacity, Cut, Habits, Seen, cut, is_news, order, tie_share
from serving.office.capacity_model import capacity_of, text_of
from serving.office.line import InForce
from serving.office.office import Office
from serving.store import Connection, Role
from serving.store.database import note
from serving.store.policy_history import approve_capacity, capacity_in_force, capacity_proposed, propose_capacity
from serving.store.times import microseconds
from serving.store.volumes import asked, hourly, scored_parcels

_DAY_US = 24 * HOUR_US
_PAST = timedelta(weeks=8)
"""Past that a forecast is made of: every weekday eight times."""
_HABITS = timedelta(weeks=4)
_MOST = 500_000
"""Scored parcels that a preview reads; of a busier office those of fewer days."""
SETTING = (Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who proposes and approves capacities."""
_MUSTS = (Cause.LIST, Cause.RULE, Cause.HUNT, Cause.REPORT)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a capacity would have meant in the four weeks before, for each window on average.

    Attributes
    ----------
    n_windows:
        Windows that it is the mean of; 0 where nothing can be said, because too little was scored.
    parcels, inspections, drawn:
        Parcels that came, those selected for their score or at random, and those of them that are random.
    expected_findings, let_go:
        Sums of the calibrated probabilities of those selected and of those not.
    tie_share:
        Share of the inspections by score that only a draw among equals decided.
    """

    n_windows: int
    parcels: float = 0.0
    inspections: float = 0.0
    drawn: float = 0.0
    expected_findings: float = 0.0
    let_go: float = 0.0
    tie_share: float = 0.0


def propose(connection: Connection, capacity: Capacity, author: str, at: datetime) -> int:
    """Keep a capacity for another person to approve; its number."""
    number = propose_capacity(connection, text_of(capacity), author, at_us=microseconds(at))
    _note(connection, f"proposed {number}", author, at)
    return number


def approve(connection: Connection, number: int, approver: str, at: datetime) -> None:
    """Put the newest proposal into force.

    Raises
    ------
    ParcelRiskError
        When it is not the newest one, is in force already, or was proposed by the same person.
    """
    proposed = capacity_proposed(connection)
    if proposed is None or proposed.id != number:
        newest = "there is none" if proposed is None else f"the newest is {proposed.id}"
        raise ParcelRiskError(f"capacity {number} is not the newest proposal: {newest}. Look at it, and approve that.")
    if proposed.approver is not None:
        raise ParcelRiskError(f"capacity {number} is in force already, approved by {proposed.approver}.")
    if proposed.author == approver:
        raise ParcelRiskError(f"{approver} proposed capacity {number}; another person approves it.")
    approve_capacity(connection, number, approver, at_us=microseconds(at))
    _note(connection, f"approved {number}", approver, at)


def keep_cut(office: Office) -> None:
    """Cut the share of the line again where an hour has passed, or another capacity is in force."""
    at = office.clock()
    hour, now = microseconds(at) // HOUR_US, office.line.now
    with office.store.begin_read() as connection:
        saved = capacity_in_force(connection)
        number = None if saved is None else saved.id
        if (now.capacity_id, now.hour) == (number, hour):
            return
        if saved is None:
            office.line.now = InForce(policy=office.line.base, hour=hour)
            return
        volume = now.volume if _same_day(now, number, hour) else volume_of(connection, capacity_of(saved.content), at)
        made = _cut(connection, capacity_of(saved.content), volume, office.line.base, at)
    after = office.line.base if made is None else made.of(office.line.base)
    news = is_news(now.policy, after) or now.capacity_id != number
    office.line.now = InForce(
        policy=after if news else now.policy, cut=made, capacity_id=number, hour=hour, volume=volume
    )
    if news:
        with office.writer.transaction(can_wait=True) as transaction:
            _note(transaction.connection, f"cut {number}: {_words(made)}; policy {after.policy_id}", "office", at)


def _same_day(now: InForce, number: int | None, hour: int) -> bool:
    return now.capacity_id == number and now.hour // 24 == hour // 24


def _words(made: Cut | None) -> str:
    if made is None:
        return "no forecast yet, the share of the settings holds"
    return f"share {made.share:.6f}, {made.left} inspections left, {made.expected:.0f} parcels expected"


def volume_of(connection: Connection, capacity: Capacity, at: datetime) -> Forecast | None:
    """Forecast from the eight weeks before today; None within two weeks of the first answer."""
    until_us = microseconds(at) // _DAY_US * _DAY_US
    since_us = until_us - microseconds_of(_PAST)
    counts = hourly(connection, since_us, until_us)
    begun = np.flatnonzero(counts)
    if not begun.size:
        return None
    skipped = -(-int(begun[0]) // 24) * 24  # days before the first answer say nothing of those to come
    return forecast(counts[skipped:], since_us // HOUR_US + skipped, capacity.holidays)


def microseconds_of(duration: timedelta) -> int:
    """A duration in microseconds."""
    return duration // timedelta(microseconds=1)


def _cut(
    connection: Connection, capacity: Capacity, volume: Forecast | None, policy: LinePolicy, at: datetime
) -> Cut | None:
    """The share that holds from now on; None where there is no forecast or no shift."""
    at_us = microseconds(at)
    window = capacity.window(at_us)
    if volume is None or window is None:
        return None
    n_today = sum(n for _, _, n in asked(connection, at_us // _DAY_US * _DAY_US, at_us))
    referrals: dict[Referral, int] = {}
    for referral, _, n in asked(connection, window.since_us, at_us):
        one = Referral.parse(referral)
        referrals[one] = referrals.get(one, 0) + n
    seen = Seen(n_today=n_today, referrals=referrals)
    habits = habits_of(connection, capacity, at)
    return cut(capacity, window, volume, policy, habits, at_us=at_us, seen=seen)


def habits_of(connection: Connection, capacity: Capacity, at: datetime) -> Habits:
    """Mean minutes of what scores and draws ask for, and share that lists and rules select, over four weeks."""
    at_us = microseconds(at)
    n, n_must, minutes, n_chosen = 0, 0, 0.0, 0
    for referral, cause, count in asked(connection, at_us - microseconds_of(_HABITS), at_us):
        n += count
        one = Referral.parse(referral)
        if one.asks_inspection and Cause.parse(cause) in _MUSTS:
            n_must += count
        elif one.asks_inspection:
            n_chosen += count
            minutes += capacity.work({one: count})
    mean = minutes / n_chosen if n_chosen else capacity.work({Referral.OPEN: 1})
    return Habits(minutes=mean, must_share=n_must / n if n else 0.0)


def preview(connection: Connection, capacity: Capacity | None, policy: LinePolicy, at: datetime) -> Preview:
    """What a capacity, or without one the share of a policy, would have meant in the four weeks before."""
    at_us = microseconds(at)
    rows = scored_parcels(connection, at_us - microseconds_of(_HABITS), at_us, most=_MOST)
    if not rows:
        return Preview(n_windows=0)
    times, raw, probability = (np.array(column) for column in zip(*rows, strict=True))
    found = []
    for begins, ends, this in _periods(connection, capacity, policy, int(times[0]), at):
        first, last = np.searchsorted(times, [begins, ends]).tolist()
        if last > first:
            found.append(_of_window(raw[first:last], probability[first:last], this))
    n = len(found)
    means = {name: sum(getattr(one, name) for one in found) / n for name in _MEANS} if n else {}
    return Preview(n_windows=n, **means)


_MEANS = ("parcels", "inspections", "drawn", "expected_findings", "let_go", "tie_share")


def _periods(
    connection: Connection, capacity: Capacity | None, policy: LinePolicy, first_us: int, at: datetime
) -> Iterator[tuple[int, int, LinePolicy]]:
    """Whole windows up to now, each with the policy that it begins with; days where there are no shifts."""
    at_us = microseconds(at)
    volume = None if capacity is None else volume_of(connection, capacity, at)
    if capacity is None or volume is None:
        for begins in range(-(-first_us // _DAY_US) * _DAY_US, at_us - _DAY_US, _DAY_US):
            yield begins, begins + _DAY_US, policy
        return
    habits, nothing = habits_of(connection, capacity, at), Seen(n_today=None, referrals={})
    window = capacity.window(first_us)
    while window is not None and (window := capacity.window(window.until_us)) is not None and window.until_us <= at_us:
        made = cut(capacity, window, volume, policy, habits, at_us=window.since_us, seen=nothing)
        yield window.since_us, window.until_us, made.of(policy)


def _of_window(raw: Floats, probability: Floats, policy: LinePolicy) -> Preview:
    """One window: the highest scores, and of the others what chance adds."""
    n_score = round(raw.size * policy.score_budget)
    ranked = order(raw, np.arange(raw.size) / raw.size)
    rest = probability[ranked[n_score:]]
    root = float(np.sqrt(probability).mean())
    drawn = chance(policy, rest, root)
    found = float(probability.sum() - (rest * (1 - drawn)).sum())
    return Preview(
        n_windows=1,
        parcels=float(raw.size),
        inspections=n_score + float(drawn.sum()),
        drawn=float(drawn.sum()),
        expected_findings=found,
        let_go=float(probability.sum()) - found,
        tie_share=tie_share(raw, n_score),
    )


def _note(connection: Connection, what: str, client_id: str, at: datetime) -> None:
    note(connection, at_us=microseconds(at), client_id=client_id, action="capacity", seqs=[], detail=what)
