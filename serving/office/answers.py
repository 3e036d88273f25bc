"""What a caller gets back: the answer to a parcel, and the reasons why a row was not accepted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from features.event_rows import Row
from features.messages import sentence
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import FEATURES_OF_OTHERS, OF_OTHERS
from features.parcel.problems import Doubt, Rejection
from features.reasons import Reason
from policy import Cause, Limit, Referral
from serving.store import Client, Role, Scored
from serving.store.times import time_of

Status = Literal["scored", "repeated", "amended", "superseded", "cancelled", "waiting"]


class ReasonModel(BaseModel):
    """Why the score is as high as it is."""

    family: str = Field(
        description="Theme of the features, as in `packaging` or `sender history`.", examples=["packaging"]
    )
    feature: str = Field(description="Feature that contributed most.", examples=["postage_per_value"])
    value: float | None = Field(description="Its value; null when missing.", examples=[2.4])
    text: str = Field(description="Sentence for the officer.", examples=["postage is 2.4 times the declared value"])
    weight: float = Field(description="Contribution of the whole family to the raw score (log-odds).", examples=[1.2])
    typical: float | None = Field(description="Median that the value is set against; null where there is none.")
    lane: str | None = Field(description="Lane that the median is of; null where it is of all parcels.")

    @classmethod
    def of(cls, reason: Reason, language: str = "en") -> ReasonModel:
        """Put a stored fact into words."""
        return cls(
            family=reason.family,
            feature=reason.feature,
            value=reason.value,
            text=sentence(reason, language),
            weight=reason.weight,
            typical=reason.typical,
            lane=reason.lane,
        )


class DoubtModel(BaseModel):
    """A value that was not used as it was sent. Content of personal fields is never repeated."""

    line: int = Field(description="Position of the item in the request, counted from 1.")
    field: str = Field(examples=["piece_1.hs_code"])
    code: str = Field(examples=["hs_zero_restored"])
    reason: str
    remedy: str


class DisclosedModel(BaseModel):
    """What the operator is shown where the referral is covert; operators never see that there is another one."""

    referral: Referral
    cause: Cause
    propensity: float


class Answer(BaseModel):
    """Advice about one parcel. A person decides."""

    status: Status = Field(
        description="`repeated` when the same facts had been lodged before, `amended` when they replace others, "
        "`superseded` when a higher version is in force, `cancelled` when the parcel was cancelled, `waiting` when it "
        "cancels a parcel that is not lodged yet."
    )
    parcel_id: str = Field(examples=["RB473124829US"])
    operator: str | None = Field(examples=["post-a"])
    version: int = Field(description="Version of the declaration that the answer is about.", examples=[1])
    n_other_claims: int = Field(description="Other operators who lodged a parcel under this identifier within a year.")
    referral: Referral = Field(
        description="What the decision asks for. `not_assessed` says nothing about it: no model was in service. "
        "A value that you do not know means that a person must check by hand."
    )
    cause: Cause | None = Field(
        description="Why the parcel was selected: list, rule, score, random, or none; null for operators."
    )
    limit: Limit = Field(
        default=Limit.NONE,
        description="What the law, as the office's table has it, allows: `suspicion`: opened on suspicion only, "
        "`order`: opened by an order only, `never`: not opened; `none`: no limit.",
    )
    propensity: float | None = Field(
        description="Probability with which this policy selects such a parcel, 0..1; null for operators."
    )
    probability: float | None = Field(description="Calibrated probability of a finding, 0..1; null without a model.")
    flow_share: float | None = Field(description="Share of the screened mail that scores at least as high, 0..1.")
    reasons: list[ReasonModel] | None = Field(
        description="What raised the score, weightiest first; null when nobody has asked for it yet."
    )
    against: list[ReasonModel] | None = Field(
        description="What lowered it, weightiest first; null when nobody has asked for it yet."
    )
    quality_flags: list[str] = Field(description="Doubts about the manifest's data; see docs/fields.md.")
    doubts: list[DoubtModel] = Field(
        default=[], description="Values that you sent now and that were read otherwise, cut or left out."
    )
    degraded: str | None = Field(description="What was missing when the answer was given; null when nothing was.")
    bundle: str | None = Field(description="Model that scored it, exactly one; null without one.")
    policy: str | None = Field(
        default=None, description="Policy, with its rules and lists, that decided on it; null for operators."
    )
    catalogue: str | None = Field(default=None, description="Version of the features that it was scored by.")
    scored_at: AwareDatetime
    pending_until: AwareDatetime | None = Field(
        default=None,
        description="Where a declaration was amended: when the answer to it is given. Until then the referral is that "
        "of the declaration before it. Null where this is the answer.",
    )
    disclosed: DisclosedModel | None = Field(
        default=None, description="What the operator is shown where the referral is covert; null elsewhere."
    )

    @property
    def is_news(self) -> bool:
        """Whether the row that it answers was not known before."""
        return self.status != "repeated"


_WITHHELD = ("cause", "propensity", "probability", "flow_share", "reasons", "against", "bundle", "policy", "catalogue")


def as_disclosed(answer: Answer) -> Answer:
    """An answer as operators are shown it.

    Without what asks covertly and any sign of it, as the version of the policy is, which a covert rule changes; and
    without flags and reasons that say what other clients have declared.
    """
    return answer.model_copy(update=_disclosed(answer))


def _disclosed(answer: Answer) -> dict[str, Any]:
    disclosed = {} if answer.disclosed is None else {**dict(answer.disclosed), "disclosed": None}
    reasons = {"reasons": _own_reasons(answer.reasons), "against": _own_reasons(answer.against)}
    flags = [flag for flag in answer.quality_flags if flag not in OF_OTHERS]
    return {"policy": None, "quality_flags": flags, **reasons, **disclosed}


def _own_reasons(reasons: list[ReasonModel] | None) -> list[ReasonModel] | None:
    return reasons and [one for one in reasons if one.feature not in FEATURES_OF_OTHERS]


def shown(answer: Answer, client: Client) -> Answer:
    """What `client` is shown of an answer: who could read scores could amend a declaration until it scores low."""
    if client.role is not Role.OPERATOR:
        return answer
    withheld = {} if client.sees_scores else dict.fromkeys(_WITHHELD)
    return answer.model_copy(update={**_disclosed(answer), **withheld})


def shown_again(kept: dict[str, Any], client: Client) -> dict[str, Any]:
    """Do as `shown` with an answer, or a rejection, that was kept as JSON, perhaps by an earlier version."""
    if "referral" not in kept or client.role is not Role.OPERATOR:
        return kept
    own: dict[str, Any] = {"policy": None}
    if kept.get("disclosed"):
        own |= kept["disclosed"] | {"disclosed": None}
    own["quality_flags"] = [flag for flag in kept["quality_flags"] or () if flag not in OF_OTHERS]
    for name in ("reasons", "against"):
        said = kept.get(name)
        own[name] = said and [one for one in said if one["feature"] not in FEATURES_OF_OTHERS]
    if not client.sees_scores:
        own |= dict.fromkeys(_WITHHELD)
    return kept | {name: value for name, value in own.items() if name in kept}


class ValidAnswer(BaseModel):
    """What was sent can be used. Nothing was lodged, and nothing is said of the parcel."""

    status: Literal["valid"] = "valid"
    parcel_id: str = Field(examples=["RB473124829US"])
    operator: str | None = Field(examples=["post-a"])
    quality_flags: list[str] = Field(description="Doubts that need nothing but the declaration; see docs/fields.md.")
    doubts: list[DoubtModel] = Field(description="Values that would be read otherwise, cut or left out.")

    @classmethod
    def of(cls, row: Row, doubts: Iterable[Doubt]) -> ValidAnswer:
        """Answer for a checked row."""
        flags = list(row[QUALITY_FLAGS] or [])
        models = [DoubtModel(**vars(doubt)) for doubt in doubts]
        return cls(parcel_id=row["parcel_id"], operator=row["operator"], quality_flags=flags, doubts=models)


class ObservedAnswer(Answer):
    """Advice about an item that nobody declared: no model has assessed it."""

    is_issued: bool = Field(description="Whether the number was issued by the office, and is to be put on the item.")


class RejectionModel(BaseModel):
    """Why a row was not accepted. Content of personal fields is never repeated."""

    status: Literal["rejected"] = "rejected"
    line: int = Field(description="Position of the item in the request, counted from 1.")
    field: str
    code: str
    reason: str
    remedy: str

    @classmethod
    def of(cls, rejection: Rejection) -> RejectionModel:
        """Write a rejection for the wire."""
        return cls(**vars(rejection))


def with_doubts(answer: Answer, doubts: Iterable[Doubt]) -> Answer:
    """The answer with what is doubted of the row that it answers."""
    return answer.model_copy(update={"doubts": [DoubtModel(**vars(doubt)) for doubt in doubts]})


class OutcomeAnswer(BaseModel):
    """Receipt for an outcome."""

    status: Literal["recorded", "repeated", "corrected"]
    parcel_id: str
    operator: str | None = Field(description="Who lodged the parcel that the outcome belongs to.")
    result: str
    known_at: AwareDatetime = Field(description="When the office learned it: the time of receipt.")


class StageAnswer(BaseModel):
    """Receipt for a stage of an inspection."""

    status: Literal["recorded", "repeated"]
    parcel_id: str
    operator: str | None = Field(description="Who lodged the parcel.")
    outcome: str | None = Field(
        description="Outcome that the stages of the parcel give by now; null while there is none.",
        examples=["nothing_found"],
    )
    has_open_alarm: bool = Field(description="Whether something was raised that another stage must resolve.")
    known_at: AwareDatetime = Field(description="When the office learned it: the time of receipt.")


class ScanAnswer(BaseModel):
    """Receipt for a scan, and where the parcel is by all that is known."""

    status: Literal["recorded"]
    parcel_id: str
    operator: str | None
    state: str = Field(examples=["in_hall"])
    can_be_recalled: bool = Field(description="Whether the parcel can still be brought to customs, or is there.")
    n_contradictions: int = Field(description="Reports and scans that say otherwise.")


def answer(
    scored: Scored,
    *,
    parcel_id: str,
    operator: str | None,
    quality_flags: list[str],
    status: Status,
    version: int,
    n_other_claims: int,
) -> Answer:
    """Put a stored scoring into words."""
    return Answer(
        status=status,
        parcel_id=parcel_id,
        operator=operator,
        version=version,
        n_other_claims=n_other_claims,
        quality_flags=quality_flags,
        doubts=[],  # or pydantic copies its default at length
        scored_at=time_of(scored.scored_at),
        pending_until=None,
        **answer_of(scored),
    )


def answer_of(scored: Scored) -> dict[str, Any]:
    """Fields of an answer that say what was decided, and why."""
    why = None if scored.reasons is None else [ReasonModel.of(reason) for reason in scored.reasons]
    return {
        "referral": referral_of(scored),
        "cause": Cause.parse(scored.cause),
        "limit": Limit.parse(scored.gate),
        "propensity": scored.propensity,
        "probability": scored.probability,
        "flow_share": scored.flow_share,
        "reasons": None if why is None else [one for one in why if one.weight > 0],
        "against": None if why is None else [one for one in why if one.weight < 0],
        "degraded": scored.degraded,
        "bundle": scored.bundle_id,
        "policy": scored.policy_id,
        "catalogue": scored.fingerprint,
        "disclosed": None if scored.disclosed is None else DisclosedModel(**scored.disclosed._asdict()),
    }


def unassessed(row: Row, status: Status, at: datetime, n_other_claims: int) -> Answer:
    """Answer to a row about a parcel of which no assessment is on record: it says nothing about the parcel."""
    return Answer(
        status=status,
        parcel_id=row["parcel_id"],
        operator=row["operator"],
        version=row["version"] or 1,
        n_other_claims=n_other_claims,
        referral=Referral.NOT_ASSESSED,
        cause=Cause.NONE,
        propensity=0.0,
        probability=None,
        flow_share=None,
        reasons=None,
        against=None,
        quality_flags=list(row[QUALITY_FLAGS] or []),
        degraded=None,
        bundle=None,
        scored_at=at,
    )


def referral_of(scored: Scored) -> Referral:
    """Referral of a stored answer. What no model assessed was never released, whatever an early version wrote."""
    referral = Referral.parse(scored.referral)
    return Referral.NOT_ASSESSED if referral is Referral.RELEASE and scored.bundle_id is None else referral
