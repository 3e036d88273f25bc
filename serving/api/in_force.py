"""What was in force at a time, and under what a parcel was decided on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from features.parcel.problems import ParcelRiskError
from policy import Cause, Referral
from serving.api.access import TheOffice, having
from serving.api.capacity import SavedModel
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.api.stops import StopModel
from serving.office.in_force import DecidedUnder, PolicyAt, decisions_on, policy_at, typology_name
from serving.store import Client, Role
from serving.store.lists import StoredList
from serving.store.rules import StoredRule
from serving.store.times import microseconds, time_of

router = resource()
Reader = Annotated[Client, Depends(having(Role.AUDITOR, Role.SUPERVISOR, Role.ANALYST, Role.SCIENTIST))]


class LiveModel(BaseModel):
    """A rule or a list that was live, and who is answerable for it."""

    name: str
    version: int
    asks: str | None = Field(description="Referral that a hit asks for; null for a trusted list.")
    legal_basis: str
    expires_on: str | None
    made_by: str
    approved_by: str | None = Field(description="Null for a list that needs no second person.")
    typology: str | None = Field(
        default=None, description="Typology that the rule was adopted from; null for any other rule, and for lists."
    )

    @classmethod
    def of_rule(cls, one: StoredRule) -> LiveModel:
        """Write a rule for the wire."""
        rule = one.rule
        return cls(
            name=rule.name,
            version=one.version,
            asks=rule.refer,
            legal_basis=rule.legal_basis,
            expires_on=rule.expires_on.isoformat(),
            made_by=one.made_by,
            approved_by=one.approved_by,
            typology=typology_name(one),
        )

    @classmethod
    def of_list(cls, one: StoredList) -> LiveModel:
        """Write a list for the wire."""
        terms = one.terms
        return cls(
            name=terms.name,
            version=one.version,
            asks=terms.asks,
            legal_basis=terms.legal_basis,
            expires_on=None if terms.expires_on is None else terms.expires_on.isoformat(),
            made_by=one.made_by,
            approved_by=one.approved_by,
        )


class InForceModel(BaseModel):
    """What was in force at a time."""

    at: AwareDatetime
    policy_id: str | None = Field(description="Policy of the last decision until then; null before the first.")
    settings: dict[str, Any] = Field(description="What that identity is the digest of; empty where it is not kept.")
    model: str | None = Field(description="Bundle that answered then; null where none did.")
    model_released: str | None = Field(description="How the audit has it: bundle and person.")
    model_released_at: AwareDatetime | None
    rules: list[LiveModel]
    lists: list[LiveModel]
    capacity: SavedModel | None = Field(description="Null where no shifts were set.")
    seed_commitment: str | None = Field(description="SHA-256 of the seed that the parcels of the day are drawn by.")
    score_stops: list[StopModel] = Field([], description="Stops of the score that held, of one line or of all.")

    @classmethod
    def of(cls, found: PolicyAt) -> InForceModel:
        """Write it for the wire."""
        decided, released = found.decided, found.released
        return cls(
            at=time_of(found.at_us),
            policy_id=None if decided is None else decided.policy_id,
            settings=dict(found.settings),
            model=None if decided is None else decided.bundle_id,
            model_released=None if released is None else released.detail,
            model_released_at=None if released is None else time_of(released.at),
            rules=[LiveModel.of_rule(one) for one in found.rules],
            lists=[LiveModel.of_list(one) for one in found.lists],
            capacity=None if found.capacity is None else SavedModel.of(found.capacity),
            seed_commitment=None if found.seed is None else found.seed.commitment,
            score_stops=[StopModel.of(dict(one)) for one in found.stops],
        )


class DecisionModel(BaseModel):
    """A decision on a parcel, and what it was made under."""

    version: int = Field(description="Of the declaration.")
    referral: Referral
    cause: Cause
    propensity: float
    rules: list[str] = Field(description="Rules that hit, with their versions.")
    lists: list[str] = Field(description="Lists that the parcel met, with their versions.")
    is_proven: bool = Field(
        description="Whether the rules and lists in force, as they are on record, give the digests of the policy."
    )
    in_force: InForceModel

    @classmethod
    def of(cls, one: DecidedUnder) -> DecisionModel:
        """Write it for the wire."""
        return cls(
            version=one.version,
            referral=Referral.parse(one.scored.referral),
            cause=Cause.parse(one.scored.cause),
            propensity=one.scored.propensity,
            rules=[rule.title for rule, _ in one.rules],
            lists=list(dict.fromkeys(f"{hit.name} {hit.version}" for hit in one.lists)),
            is_proven=one.is_proven,
            in_force=InForceModel.of(one.in_force),
        )


At = Annotated[AwareDatetime | None, Query(description="Time with its zone, as in 2026-03-01T12:00:00Z. Default: now.")]


@router.get("/policy", summary="Read what was in force at a time", tags=["auditors"])
def read_policy(office: TheOffice, client: Reader, at: At = None) -> InForceModel:
    """Model, rules, lists, capacity and chance that decided then, and who had approved them."""
    with office.store.begin_read() as connection:
        return InForceModel.of(policy_at(connection, microseconds(at or office.clock())))


@router.get("/policy/decisions", summary="Read what a parcel was decided on under", tags=["auditors"])
def read_decisions(office: TheOffice, client: Reader, operator: str, parcel_id: str) -> list[DecisionModel]:
    """Every decision on a parcel, oldest first, with what was in force when it was made."""
    try:
        with office.store.begin_read() as connection:
            return [DecisionModel.of(one) for one in decisions_on(connection, operator, parcel_id)]
    except ParcelRiskError as error:
        raise Problem(404, "Unknown parcel", str(error)) from None
