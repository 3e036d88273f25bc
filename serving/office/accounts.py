"""What an audit office asks an office every quarter, computed from the log, scans, ledgers and registers.

Each figure names what it is a share of. Nothing is estimated but what was missed, and that with its interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np
from pydantic import BaseModel, Field

from features.event_rows import Row, first_at
from features.handling.funnel import Step
from features.handling.states import State, states
from features.parcel.undeclared import UNDECLARED
from policy.estimates import estimate, wilson
from policy.estimates.doubly_robust import Population
from policy.estimates.intervals import Interval
from policy.quarters import Quarter
from serving.office.accounts_times import TimesRow, custody_times, holding_times
from serving.office.answers import referral_of
from serving.office.current import EXAMINED, Version, outcome_in_force, outcomes_of, versions_of
from serving.office.funnel import By, Targeted, funnels, targeted
from serving.office.handled import stages_of
from serving.store import Connection, Scored, arrivals, casework
from serving.store import log as event_log
from serving.store.scores import scored_on, scores_of
from serving.store.times import microseconds

_CAME = frozenset({State.ARRIVED, State.IN_HALL, State.PRESENTED, State.HELD, State.RELEASED, State.HANDED_OVER})
_APART = 0.99
"""Level at which a site's interval must miss the rate of the others, so that few sites are named by chance."""
_DAY_US = 86_400_000_000


class CoverageRow(BaseModel):
    """Parcels that came, by operator and country of dispatch, and those of them that were declared."""

    operator: str
    origin_country: str = Field(description="? where neither declaration, label nor number says it.")
    n_arrived: int
    n_declared: int = Field(description="Those that had been declared by the end of the quarter.")


class WaiverRow(BaseModel):
    """A waiver of advance data that held in the quarter."""

    operator: str
    origin_country: str | None
    reason: str
    instead: str
    first_on: date
    last_on: date


class SiteRow(BaseModel):
    """Targeted, presented and examined parcels of one site, and whether its hit rate is apart from the others'."""

    site: str
    n_targeted: int
    n_presented: int
    n_examined: int
    n_found: int
    hit_share: float | None
    low: float = Field(description="Lower end of the interval of the hit rate, at 99 %.")
    high: float
    is_apart: bool = Field(description="Whether the rate of all other sites lies outside: ask why, it is no verdict.")


class ArmRow(BaseModel):
    """Cost of a finding by the reason for which parcels were examined."""

    cause: str
    n_examined: int
    n_found: int
    minutes: float = Field(description="Recorded minutes of its stages.")
    n_timed: int = Field(description="Stages whose time was recorded; the others cost time, too.")
    minutes_per_finding: float | None


class Missed(BaseModel):
    """Findings that were not made, as far as the methods in use would have made them."""

    n_parcels: int
    n_found: int
    missed: float | None = Field(description="Null without a model: nothing is estimated then.")
    low: float | None
    high: float | None
    problem: str


class Accounts(BaseModel):
    """The accounts of one quarter."""

    quarter: str
    coverage: list[CoverageRow]
    waivers: list[WaiverRow]
    sites: list[SiteRow]
    arms: list[ArmRow]
    missed: Missed
    holding: list[TimesRow]
    custody: TimesRow
    n_complaints: int
    n_complaints_answered: int
    complaint_answers: dict[str, int]
    n_investigations_begun: int
    n_investigations_ended: int


def accounts(connection: Connection, quarter: Quarter) -> Accounts:
    """Compute the accounts; the parcels of the quarter are read one by one, so that a busy office waits for it."""
    since_us, until_us = microseconds(quarter.since), microseconds(quarter.until)
    scored = scores_of(connection, scored_on(connection, since_us, until_us))
    versions = _versions(connection, scored)
    outcomes = outcomes_of(connection, versions)
    result = {one.seq: outcome_in_force(outcomes[one.life]) for one in versions if one.life in outcomes}
    answered = [row for row in casework.rows(connection, casework.complaints) if _within(row, since_us, until_us)]
    n_of = casework.n_between
    return Accounts(
        quarter=str(quarter),
        coverage=_coverage(connection, versions, since_us, until_us),
        waivers=_waivers(connection, quarter),
        sites=_sites(targeted(connection, quarter.since, quarter.until), result, versions),
        arms=_arms(connection, versions, scored, result),
        missed=_missed(versions, scored, result),
        holding=holding_times(connection, versions),
        custody=custody_times(connection, arrivals.exhibits_between(connection, since_us, until_us)),
        n_complaints=n_of(connection, casework.complaints, "received_at", since_us, until_us),
        n_complaints_answered=len(answered),
        complaint_answers=dict(Counter(row["answer"] for row in answered)),
        n_investigations_begun=n_of(connection, casework.investigations, "began_at", since_us, until_us),
        n_investigations_ended=n_of(connection, casework.investigations, "ended_at", since_us, until_us),
    )


def _within(row: Mapping[str, int | None], since_us: int, until_us: int) -> bool:
    at = row["answered_at"]
    return at is not None and since_us <= at < until_us


def _versions(connection: Connection, scored: Mapping[int, Scored]) -> list[Version]:
    """Newest scored version of each parcel that was scored in the quarter."""
    numbers = {one["parcel_id"] for one in event_log.events_at(connection, scored) if one["parcel_id"] is not None}
    newest = {one.life: one for one in versions_of(connection, numbers) if one.seq in scored and not one.is_retracted}
    return list(newest.values())


def _coverage(connection: Connection, versions: Iterable[Version], since_us: int, until_us: int) -> list[CoverageRow]:
    codes = [code for code, state in states().codes["emsevt"].items() if state in _CAME]
    came = arrivals.reported(connection, codes, since_us, until_us) | arrivals.scanned(connection, since_us, until_us)
    came |= {one.key for one in versions if one.event["operator"] == UNDECLARED}  # nobody declared it: it was seen
    known = {one.key: one for one in versions_of(connection, {number for _, number in came})}
    counts: dict[tuple[str, str], list[int]] = {}
    for key in came:
        version = known.get(key)
        is_declared = version is not None and version.key[0] != UNDECLARED
        count = counts.setdefault((key[0], _origin(key[1], version)), [0, 0])
        count[0] += 1
        count[1] += is_declared
    return [
        CoverageRow(operator=operator, origin_country=origin, n_arrived=n, n_declared=n_declared)
        for (operator, origin), (n, n_declared) in sorted(counts.items())
    ]


def _origin(number: str, version: Version | None) -> str:
    """Country of dispatch: declared, or the last two letters of an S10 number."""
    declared = version.event["dispatch_country"] if version is not None else None
    is_s10 = len(number) == 13 and number[:2].isalpha() and number[2:11].isdigit() and number[11:].isalpha()
    return declared or (number[11:] if is_s10 else "?")


def _waivers(connection: Connection, quarter: Quarter) -> list[WaiverRow]:
    found = [WaiverRow.model_validate(_named(row, WaiverRow)) for row in casework.rows(connection, casework.waivers)]
    return [one for one in found if one.first_on <= quarter.last_on and one.last_on >= quarter.first_on]


def _named(row: Mapping[str, object], model: type[BaseModel]) -> dict[str, object]:
    return {name: row[name] for name in model.model_fields}


def _sites(parcels: Sequence[Targeted], result: Mapping[int, Row], versions: Iterable[Version]) -> list[SiteRow]:
    examined: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for version in versions:
        outcome = result.get(version.seq)
        if outcome is not None and outcome["result"] in EXAMINED:
            site = version.event["destination_office"] or "not known"
            examined[site] += 1
            found[site] += outcome["result"] == "found"
    reached = {one.part: one.reached for one in funnels(parcels, By.SITE)}
    return [_site(site, reached.get(site), examined, found) for site in sorted(reached.keys() | examined.keys())]


def _site(site: str, reached: Mapping[Step, int] | None, examined: Counter[str], found: Counter[str]) -> SiteRow:
    n, k = examined[site], found[site]
    interval = wilson(k, n, _APART)
    n_others, k_others = examined.total() - n, found.total() - k
    is_apart = bool(n and n_others) and not interval.holds(k_others / n_others)
    steps = reached or {}
    return SiteRow(
        site=site,
        n_targeted=steps.get(Step.TARGETED, 0),
        n_presented=steps.get(Step.DIVERTED, 0),
        n_examined=n,
        n_found=k,
        hit_share=interval.value if n else None,
        low=interval.low,
        high=interval.high,
        is_apart=is_apart,
    )


def _arms(
    connection: Connection, versions: Sequence[Version], scored: Mapping[int, Scored], result: Mapping[int, Row]
) -> list[ArmRow]:
    stages = stages_of(connection, versions)
    arms: dict[str, list[float]] = {}
    for version in versions:
        outcome = result.get(version.seq)
        if outcome is None or outcome["result"] not in EXAMINED:
            continue
        times = [one["duration_s"] for one in stages.get(version.life, []) if one["duration_s"] is not None]
        arm = arms.setdefault(scored[version.seq].cause, [0, 0, 0, 0])
        for place, value in enumerate((1, outcome["result"] == "found", sum(times) / 60, len(times))):
            arm[place] += value
    return [
        ArmRow(
            cause=cause,
            n_examined=int(n),
            n_found=int(k),
            minutes=minutes,
            n_timed=int(n_timed),
            minutes_per_finding=minutes / k if k and n_timed else None,
        )
        for cause, (n, k, minutes, n_timed) in sorted(arms.items())
    ]


def _missed(versions: Sequence[Version], scored: Mapping[int, Scored], result: Mapping[int, Row]) -> Missed:
    known = [one for one in versions if scored[one.seq].probability is not None]
    labels = {one.seq: result[one.seq]["result"] for one in known if one.seq in result}
    n_found = sum(label == "found" for label in labels.values())
    if not known or len(known) < len(versions):
        problem = "Parcels of the quarter were not assessed by a model: what was missed cannot be estimated for all."
        return Missed(n_parcels=len(versions), n_found=n_found, missed=None, low=None, high=None, problem=problem)
    population = Population(
        predicted=np.array([scored[one.seq].probability for one in known], dtype=np.float64),
        label=np.array([_label(labels.get(one.seq)) for one in known], dtype=np.int64),
        propensity=np.array([scored[one.seq].propensity for one in known], dtype=np.float64),
        is_selected=np.array([referral_of(scored[one.seq]).asks_inspection for one in known], dtype=np.bool_),
        day=np.array([microseconds(first_at(one.event)) // _DAY_US for one in known], dtype=np.int64),
        sender=np.array([one.event["sender_key"] or -one.seq for one in known], dtype=np.int64),
    )
    missed: Interval = estimate(population).missed
    return Missed(
        n_parcels=len(known), n_found=n_found, missed=missed.value, low=missed.low, high=missed.high, problem=""
    )


def _label(result: str | None) -> int:
    return {"found": 1, "nothing_found": 0}.get(result or "", -1)
