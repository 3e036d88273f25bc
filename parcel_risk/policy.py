"""Command `policy`: what was in force at a time, and under what a parcel was decided on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.in_force import DecidedUnder, PolicyAt


def policy(
    at: Annotated[datetime | None, typer.Option("--at", help="Time, UTC. Default: now.")] = None,
    parcel: Annotated[
        tuple[str, str] | None, typer.Option("--parcel", help="OPERATOR and NUMBER: each decision on this parcel.")
    ] = None,
) -> None:
    """Show which model, rules, lists, capacity, stops of the score and chance were in force, and by whose word."""
    show_policy(Settings(), at, parcel)


def show_policy(settings: Settings, at: datetime | None, parcel: tuple[str, str] | None) -> None:
    """Print what was in force at a time, or when a parcel was decided on."""
    from serving.installation import opened_store
    from serving.office.in_force import decisions_on, policy_at
    from serving.office.writer import now
    from serving.store.times import microseconds

    with opened_store(settings) as store, store.begin_read() as connection:
        if parcel is None:
            _print(_in_force(policy_at(connection, microseconds(at.replace(tzinfo=UTC) if at else now()))))
            return
        for one in decisions_on(connection, *parcel):
            _print(_decision(one))
            _print(_in_force(one.in_force))


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)


def _decision(one: DecidedUnder) -> Iterator[str]:
    scored = one.scored
    said = f"{scored.referral}, cause {scored.cause}, propensity {scored.propensity:.6f}"
    yield f"version {one.version}, event {scored.seq} of the log: {said}"
    for rule, is_whole in one.rules:
        yield f"  hit by rule {rule.title}{'' if is_whole else ', of which a part could not be evaluated'}"
    for hit in one.lists:
        yield f"  met entry {hit.entry} of list {hit.name} {hit.version}"
    if one.is_proven:
        yield "  the rules and lists below give the digests of its policy: they are those that decided"
    else:
        yield "  the rules and lists below do not give the digests of its policy: something could not be read then"


def _in_force(found: PolicyAt) -> Iterator[str]:
    from serving.store.times import time_of

    decided = found.decided
    yield f"in force at {time_of(found.at_us):%Y-%m-%d %H:%M:%S} UTC"
    if decided is None:
        yield "  nothing had been decided yet"
    else:
        yield f"  policy {decided.policy_id}, model {decided.bundle_id or 'none'}"
        yield f"  {', '.join(f'{name} {_shown(value)}' for name, value in found.settings.items())}"
    if found.released is not None:
        yield f"  {found.released.action}: {found.released.detail}, {time_of(found.released.at):%Y-%m-%d %H:%M} UTC"
    yield from _live(found)
    for stop in found.stops:
        where = "for all lines" if stop["line"] is None else f"for the line {stop['line']} ({stop['condition']})"
        yield f"  score stopped {where}, by {stop['stopped_by']} {_minute(stop['stopped_at'])}: {stop['reason']}"
    if found.seed is not None:
        yield f"  seed of the day: SHA-256 {found.seed.commitment}, committed {_minute(found.seed.committed_at)}"


def _live(found: PolicyAt) -> Iterator[str]:
    from serving.office.in_force import typology_name

    for rule in found.rules:
        typology = typology_name(rule)
        adopted = f", adopted from the typology {typology}" if typology else ""
        written = f"written by {rule.made_by}, approved by {rule.approved_by}"
        yield f"  rule {rule.title}{adopted}, {written}: {rule.rule.when}"
    for one in found.lists:
        approved = f", approved by {one.approved_by}" if one.approved_by else ""
        yield f"  list {one.terms.name} {one.version} ({one.terms.kind}), made by {one.made_by}{approved}"
    capacity = found.capacity
    if capacity is None:
        yield "  no shifts: the share of the settings"
    else:
        approved_at = _minute(capacity.approved_at or 0)
        yield f"  capacity {capacity.id}, by {capacity.author}, approved by {capacity.approver} {approved_at}"


def _shown(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _minute(at_us: int) -> str:
    from serving.store.times import time_of

    return f"{time_of(at_us):%Y-%m-%d %H:%M} UTC"
