"""The quarterly report of an operator: how good its data were, what corrections would have changed, what was asked.

It says nothing that the operator was not shown answer by answer: covert referrals count as what was disclosed instead.
Texts on typologies are those that were published; they name neither persons nor the conditions that are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from features.event_rows import Row
from features.handling import Result
from features.parcel.flags import QUALITY_FLAGS
from policy import Referral
from policy.quarters import Quarter
from policy.service_levels import PRESENTED, ServiceLevels
from policy.typologies import shipped_typologies
from serving.office.current import decision_of, versions_of
from serving.office.handled import stages_of
from serving.office.office import Office
from serving.office.quality import QualityRow, report
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.quarantine import states_between
from serving.store.scores import scored_on, scores_of
from serving.store.times import microseconds

FEWEST = 5
"""Counts of referrals below this are not taken apart: few could be recognised."""
_PRESENCE = (Result.PRESENTED.value, Result.NOT_PRESENTED.value)


class CorrectionRow(BaseModel):
    """One doubt about the data, and what was asked where it occurred."""

    flag: str = Field(description="Doubt, as in docs/fields.md.", examples=["recipient_incomplete"])
    n_parcels: int
    n_asked: int = Field(description="Those of which information was requested; without the doubt it need not be.")
    n_by_hand: int = Field(description="Those that had to be checked by hand.")


class ReferralRow(BaseModel):
    """What was asked of the operator."""

    referral: str
    n_parcels: int
    n_presented: int
    n_not_presented: int


class LevelRow(BaseModel):
    """One service level with its measured value."""

    measure: str
    at_least: float
    n: int
    n_of: int
    share: float | None = Field(description="Null where nothing was measured.")
    is_reached: bool | None


class AwarenessText(BaseModel):
    """A published way of smuggling, in words that name nobody and no condition."""

    title: str
    text: str
    sources: list[str]


class OperatorReport(BaseModel):
    """The report of one operator for one quarter."""

    operator: str
    quarter: str
    is_over: bool = Field(description="False while the quarter goes its course: figures will change.")
    n_answers: int = Field(description="Declarations that were answered, amended ones as well.")
    n_rejected_open: int = Field(description="Rejected rows that nobody corrected.")
    n_rejected_corrected: int = Field(description="Rejected rows that were corrected, and then scored.")
    levels_are_agreed: bool = Field(description="False where the levels are proposals that nobody signed.")
    levels: list[LevelRow]
    quality: list[QualityRow]
    corrections: list[CorrectionRow]
    referrals: list[ReferralRow]
    awareness: list[AwarenessText]


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A parcel event with what its operator was shown, and whether the parcel came."""

    event: Row
    referral: Referral
    presence: str | None


def operator_report(
    office: Office, connection: Connection, operator: str, quarter: Quarter, levels: ServiceLevels
) -> OperatorReport:
    """Make the report."""
    quality = report(
        connection, operator=operator, first=quarter.first_on, last=quarter.last_on, reference=office.reference
    ).rows
    since_us, until_us = microseconds(quarter.since), microseconds(quarter.until)
    scored = scores_of(connection, scored_on(connection, since_us, until_us))
    shown = _shown(connection, operator, scored.values())
    states = states_between(connection, operator, since_us, until_us)
    return OperatorReport(
        operator=operator,
        quarter=str(quarter),
        is_over=office.clock() >= quarter.until,
        n_answers=len(shown),
        n_rejected_open=states.get("open", 0) + states.get("waiting", 0),
        n_rejected_corrected=states.get("fixed", 0),
        levels_are_agreed=levels.is_agreed,
        levels=list(_levels(levels.of(operator), quality, shown)),
        quality=quality,
        corrections=_corrections(shown),
        referrals=_referrals(shown),
        awareness=awareness(),
    )


def _shown(connection: Connection, operator: str, scored: Iterable[Scored]) -> list[_Shown]:
    by_seq = {one.seq: one for one in scored}
    events = [one for one in event_log.events_at(connection, by_seq) if one["operator"] == operator]
    versions = versions_of(connection, {one["parcel_id"] for one in events if one["parcel_id"] is not None})
    stages = stages_of(connection, versions)
    presence = {one.seq: _presence(stages.get(one.life, [])) for one in versions}
    return [
        _Shown(event=one, referral=_disclosed(by_seq[one["seq"]]), presence=presence.get(one["seq"])) for one in events
    ]


def _disclosed(scored: Scored) -> Referral:
    decision = decision_of(scored)
    return (decision.disclosed or decision).referral


def _presence(stages: Sequence[Row]) -> str | None:
    """Whether a parcel was presented; a look at it says that it was."""
    words = [one["result"] if one["result"] in _PRESENCE else Result.PRESENTED.value for one in stages]
    return words[-1] if words else None


def _corrections(shown: Sequence[_Shown]) -> list[CorrectionRow]:
    flags = Counter(flag for one in shown for flag in one.event[QUALITY_FLAGS] or ())
    return [
        CorrectionRow(
            flag=flag,
            n_parcels=n,
            n_asked=_n_with(shown, flag, Referral.ASK_OPERATOR),
            n_by_hand=_n_with(shown, flag, Referral.MANUAL_CHECK),
        )
        for flag, n in flags.most_common()
    ]


def _n_with(shown: Iterable[_Shown], flag: str, referral: Referral) -> int:
    return sum(one.referral is referral and flag in (one.event[QUALITY_FLAGS] or ()) for one in shown)


def _referrals(shown: Sequence[_Shown]) -> list[ReferralRow]:
    asked = Counter(one.referral for one in shown if one.referral.asks_inspection)
    asked_of = {referral: n for referral, n in asked.items() if n >= FEWEST}
    rows = [_referral_row(shown, referral.value, {referral}) for referral in Referral if referral in asked_of]
    few = asked.keys() - asked_of.keys()
    if few:
        rows.append(_referral_row(shown, "others, few each", few))
    n_asked = sum(one.referral is Referral.ASK_OPERATOR for one in shown)
    ask = ReferralRow(referral=Referral.ASK_OPERATOR.value, n_parcels=n_asked, n_presented=0, n_not_presented=0)
    return [*rows, ask]


def _referral_row(shown: Iterable[_Shown], name: str, referrals: Iterable[Referral]) -> ReferralRow:
    wanted = frozenset(referrals)
    its = [one.presence for one in shown if one.referral in wanted]
    n_presented, n_not = (its.count(word) for word in _PRESENCE)
    return ReferralRow(referral=name, n_parcels=len(its), n_presented=n_presented, n_not_presented=n_not)


def _levels(agreed: Mapping[str, float], quality: Iterable[QualityRow], shown: Iterable[_Shown]) -> Iterable[LevelRow]:
    counts: dict[str, list[int]] = {}
    for row in quality:
        count = counts.setdefault(row.measure, [0, 0])
        count[0] += row.n
        count[1] += row.n_of
    presence = [one.presence for one in shown if one.referral.asks_inspection and one.presence is not None]
    counts[PRESENTED] = [presence.count(Result.PRESENTED.value), len(presence)]
    for measure, at_least in agreed.items():
        n, n_of = counts.get(measure, (0, 0))
        share = n / n_of if n_of else None
        is_reached = None if share is None else share >= at_least
        yield LevelRow(measure=measure, at_least=at_least, n=n, n_of=n_of, share=share, is_reached=is_reached)


def awareness() -> list[AwarenessText]:
    """Published typologies in words: neither conditions nor what officers look for."""
    return [
        AwarenessText(
            title=one.title,
            text=one.description,
            sources=[f"{source.publisher}, {source.title}, {source.year}" for source in one.sources],
        )
        for one in shipped_typologies().values()
    ]
