"""A challenger on live parcels: start, stop, and compare it. It never touches a referral."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features import bundle
from features.model_store import ModelStore
from features.parcel.problems import ParcelRiskError
from policy import Cause
from policy.rules import RuleError
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.api.rules import RuleModel, names_of, refused, rule_of
from serving.api.whatif import FindingsModel
from serving.office import shadow_report, shadowing
from serving.office.rules import checked
from serving.office.shadow_report import ShadowReport
from serving.office.whatif import rules_with
from serving.settings import Settings
from serving.store import Client
from serving.store.shadows import Shadow
from serving.store.times import time_of

router = resource()
Starter = Annotated[Client, Depends(having(*shadowing.STARTERS))]


class ChallengerModel(BaseModel):
    """What challenges: a bundle, rules, or both."""

    model_config = ConfigDict(extra="forbid")
    model: Annotated[str, Field(max_length=60)] | None = Field(default=None, description="Null: whichever decides.")
    rules: Annotated[list[RuleModel], Field(max_length=100)] = Field(
        default=[], description="Rules to try, in place of the live ones of their names."
    )


class ShadowModel(BaseModel):
    """A challenger."""

    number: int
    model: str | None = Field(description="Name and digest; null where it scores by whichever bundle decides.")
    rules: list[str] | None = Field(description="Names of its rules; null where it goes by those that are live.")
    started_at: AwareDatetime
    started_by: str
    stopped_at: AwareDatetime | None

    @classmethod
    def of(cls, one: Shadow) -> ShadowModel:
        """Write a shadow for the wire."""
        return cls(
            number=one.shadow_id,
            model=one.bundle_id,
            rules=None if one.rules is None else [rule.name for rule in one.rules],
            started_at=time_of(one.started_at),
            started_by=one.started_by,
            stopped_at=None if one.stopped_at is None else time_of(one.stopped_at),
        )


class CausesModel(BaseModel):
    """Parcels by the cause of the champion and that of the challenger."""

    champion: Cause
    challenger: Cause
    n: int


class ShadowReportModel(BaseModel):
    """A challenger compared with the champion, each parcel once."""

    shadow: ShadowModel
    n: int = Field(description="Parcels that both decided on.")
    champion: FindingsModel
    challenger: FindingsModel
    both: FindingsModel
    only_champion: FindingsModel
    only_challenger: FindingsModel
    causes: list[CausesModel]

    @classmethod
    def of(cls, found: ShadowReport) -> ShadowReportModel:
        """Write a comparison for the wire."""
        sets = ("champion", "challenger", "both", "only_champion", "only_challenger")
        return cls(
            shadow=ShadowModel.of(found.shadow),
            n=found.n,
            **{name: FindingsModel.of(getattr(found, name)) for name in sets},
            causes=[
                CausesModel(champion=champion, challenger=challenger, n=n)
                for (champion, challenger), n in sorted(found.causes.items())
            ],
        )


@router.post("/shadow", summary="Start a challenger", tags=["analysts"], status_code=201)
def start_shadow(wanted: ChallengerModel, request: Request, office: TheOffice, client: Starter) -> ShadowModel:
    """Let it decide on whatever comes from now on, within a minute of each parcel."""
    settings: Settings = request.app.state.settings
    at = office.clock()
    try:
        folder = None if wanted.model is None else ModelStore(settings.models_dir).path(wanted.model)
        model = None if folder is None else bundle.load(folder, trusted=None, identity=office.secrets.identity)
        with office.writer.transaction() as transaction:
            connection = transaction.connection
            names = names_of(office, connection)
            tried = [checked(rule_of(one), at, names) for one in wanted.rules]
            rules = [one.rule for one in rules_with(connection, tried, at, names).values()] if tried else None
            return ShadowModel.of(shadowing.start(connection, model, rules, client, at))
    except RuleError as error:
        raise refused(error) from None
    except ParcelRiskError as error:
        raise Problem(409, "Not done", str(error)) from None


@router.post("/shadow/stop", summary="Stop the challenger", tags=["analysts"])
def stop_shadow(office: TheOffice, client: Starter) -> ShadowModel:
    """Stop it; what it has decided stays."""
    try:
        with office.writer.transaction() as transaction:
            return ShadowModel.of(shadowing.stop(transaction.connection, client, office.clock()))
    except ParcelRiskError as error:
        raise Problem(409, "Not done", str(error)) from None


@router.get("/shadow", summary="Compare the challenger", tags=["analysts"])
def read_shadow(office: TheOffice, client: Starter) -> ShadowReportModel:
    """What it selects, next to what was selected, on the same parcels with the same draws."""
    try:
        with office.store.begin_read() as connection:
            return ShadowReportModel.of(shadow_report.report(connection))
    except ParcelRiskError as error:
        raise Problem(404, "No answer", str(error)) from None
