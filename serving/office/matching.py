"""Which parcel on record a lodged row is about, what it does to it, and whose referral it takes over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from features.event_rows import Row
from features.parcel.life_flags import LIKE_CANCELLED, NUMBER_REUSED
from features.parcel.problems import Rejection
from policy import Decision
from serving.office.batching import Lodged, facts_of, flagged, next_version, step_of
from serving.office.current import Current, CurrentParcels, decision_of
from serving.office.office import Office
from serving.office.pieces import with_pieces_of
from serving.office.reuse import COMPARED, is_another_parcel, looks_alike
from serving.office.versioning import Step
from serving.store import Connection
from serving.store.cancellations import cancelled_since, forget_cancelled, note_cancelled
from serving.store.scores import scores_of
from serving.store.times import microseconds

SHED_WINDOW = timedelta(days=14)
"""How long a cancelled parcel's referral waits for what looks like it: mail that is lodged anew is lodged soon."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Matched:
    """A lodged row and the parcel that it is about.

    Attributes
    ----------
    lodged:
        The row, with flags, version and pieces as they are to be stored.
    twin:
        What the row as it came is known by.
    step:
        What it does, or why it is refused.
    on_record:
        The parcel on record; None for one that is new.
    standing:
        Earlier decision that it takes over.
    first_at:
        When the parcel was lodged first, where that is not now.
    joins:
        Item that came before anybody had declared it, and is declared now.
    """

    lodged: Lodged
    twin: tuple[object, ...]
    step: Step | Rejection
    on_record: Current | None = None
    standing: Decision | None = None
    first_at: datetime | None = None
    joins: Current | None = None


def matched(
    office: Office, connection: Connection, rows: Sequence[Lodged], current: CurrentParcels, at: datetime
) -> list[Matched]:
    """Match each row; no two of them are about one number."""
    found = [_matched(office, connection, one, current.of(one.key), at) for one in rows]
    found = [_with_undeclared(office, one, current, at) if one.step is Step.LODGE else one for one in found]
    return _with_shed_referrals(office, connection, found, at)


def _matched(office: Office, connection: Connection, one: Lodged, lives: list[Current], at: datetime) -> Matched:
    newest = lives[0] if lives else None
    if newest is None or one.row["function"] == "cancel":
        return Matched(lodged=one, twin=one.twin, step=step_of(one, newest), on_record=newest)
    whole = with_pieces_of(office, connection, one, newest)
    this = step_of(whole, newest)
    if this in (Step.AMEND, Step.KEEP):
        facts = facts_of(office, whole)
        if is_another_parcel(newest.event, facts):
            return _of_earlier_life(whole, one.twin, facts, lives, at)
    return _about(whole, one.twin, this, newest)


def _with_undeclared(office: Office, one: Matched, current: CurrentParcels, at: datetime) -> Matched:
    """A new parcel with the undeclared item that it is, if there is one: it counts from when that came."""
    item = current.undeclared(one.lodged.key[1])
    if item is None:
        return one
    if item.known.is_cancelled or is_another_parcel(item.event, facts_of(office, one.lodged)):
        # The time of the first lodging distinguishes the parcels of one number.
        return replace(one, first_at=at + _TICK) if item.first_at >= at else one
    return replace(one, joins=item, standing=item.standing(), first_at=item.first_at)


def _about(one: Lodged, twin: tuple[object, ...], this: Step | Rejection, on_record: Current) -> Matched:
    if this is Step.LODGE:
        return Matched(lodged=one, twin=twin, step=this)
    if this is Step.AMEND:
        one = next_version(one, on_record)
    return Matched(
        lodged=one,
        twin=twin,
        step=this,
        on_record=on_record,
        standing=on_record.standing(),
        first_at=on_record.first_at,
    )


def _of_earlier_life(one: Lodged, twin: tuple[object, ...], facts: Row, lives: list[Current], at: datetime) -> Matched:
    """What is not about the newest parcel of a number: about an earlier one, or about a new one."""
    for life in lives[1:]:
        if not life.known.is_cancelled and not is_another_parcel(life.event, facts):
            return _about(one, twin, step_of(one, life), life)
    newest = lives[0]
    # The time of the first lodging distinguishes the parcels of one number.
    after = newest.first_at + _TICK if newest.first_at >= at else None
    reused = flagged(one, NUMBER_REUSED)
    return Matched(lodged=reused, twin=twin, step=Step.LODGE, standing=newest.standing(), first_at=after)


def note_shed(connection: Connection, cancelled: Iterable[Current], at: datetime) -> None:
    """Remember cancelled parcels that somebody was to look at."""
    note_cancelled(
        connection,
        (
            {
                "seq": one.known.seq,
                "operator": one.event["operator"],
                "parcel_id": one.event["parcel_id"],
                "cancelled_at": microseconds(at),
                **{name: one.event[name] for name in COMPARED},
            }
            for one in cancelled
            if (standing := one.standing()) is not None and standing.referral.asks_inspection
        ),
    )


def _with_shed_referrals(office: Office, connection: Connection, found: list[Matched], at: datetime) -> list[Matched]:
    """New parcels take over the referral of one that was cancelled shortly before and looks like them."""
    fresh = [place for place, one in enumerate(found) if one.step is Step.LODGE and one.standing is None]
    operators = {found[place].lodged.key[0] for place in fresh}
    waiting = cancelled_since(connection, operators, microseconds(at - SHED_WINDOW)) if fresh else []
    if not waiting:
        return found
    taken: dict[int, int] = {}
    for place in fresh:
        like = _like(facts_of(office, found[place].lodged), (one for one in waiting if one["seq"] not in taken))
        if like is not None:
            taken[like] = place
    decisions = scores_of(connection, taken)
    for seq, place in taken.items():
        one = found[place]
        standing = decision_of(decisions[seq])
        # Who was shown nothing is shown no flag either.
        is_known = standing.disclosed is None or standing.disclosed.referral.asks_inspection
        again = flagged(one.lodged, LIKE_CANCELLED) if is_known else one.lodged
        found[place] = replace(one, lodged=again, standing=standing)
    forget_cancelled(connection, taken)
    return found


def _like(facts: Row, cancelled: Iterable[Mapping[str, object]]) -> int | None:
    """Event of the newest cancelled parcel that has the number of a new one, or looks like it."""
    for one in cancelled:
        if one["operator"] == facts["operator"] and (one["parcel_id"] == facts["parcel_id"] or looks_alike(one, facts)):
            return int(str(one["seq"]))
    return None
