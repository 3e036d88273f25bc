"""What would have happened over a period of the past, under other rules, lists, another model or capacity."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features import bundle
from features.bundle import Bundle
from features.model_store import ModelStore
from features.parcel.problems import ParcelRiskError
from policy.estimates import Interval
from policy.rules import RuleError
from policy.whatif import Compared, Findings, SourceFigures
from policy.whatif.comparing import Part
from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.api.rules import RuleModel, names_of, refused, rule_of
from serving.office.capacity_model import CapacityModel
from serving.office.office import Office
from serving.office.rules import checked
from serving.office.whatif import Asked, Changes, Question, question_of, what_if
from serving.settings import Settings
from serving.store import Client, Role

router = resource()
Analyst = Annotated[Client, Depends(having(Role.ANALYST, Role.SCIENTIST, Role.SUPERVISOR))]
_Name = Annotated[str, Field(max_length=60)]


class WhatIfModel(BaseModel):
    """What is asked: all that is live counts, but for what is changed here."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime
    until: AwareDatetime
    rules: Annotated[list[RuleModel], Field(max_length=100)] = Field(
        default=[], description="Rules to try, in place of the live ones of their names."
    )
    lists: Annotated[list[_Name], Field(max_length=100)] = Field(default=[], description="Drafts of lists to try.")
    without: Annotated[list[_Name], Field(max_length=100)] = Field(
        default=[], description="Rules and lists to leave out."
    )
    model: _Name | None = Field(default=None, description="Bundle that scores; null: the champion.")
    capacity: CapacityModel | None = Field(default=None, description="Shifts; null: a share of each day's parcels.")
    capacity_share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="That share; null: as the settings have it."
    )


class IntervalModel(BaseModel):
    """An estimate with the ends of its 90 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, interval: Interval) -> IntervalModel:
        """Write an interval for the wire."""
        return cls(value=interval.value, low=interval.low, high=interval.high)


class FindingsModel(BaseModel):
    """What inspecting a set of parcels would have found."""

    n: int
    n_examined: int = Field(description="Those that were examined in fact.")
    n_found: int = Field(description="Findings among these: the least that is possible.")
    best: int = Field(description="The most that is possible: something in each that nobody examined.")
    estimated: IntervalModel = Field(description="Doubly robust estimate.")

    @classmethod
    def of(cls, found: Findings) -> FindingsModel:
        """Write findings for the wire."""
        estimated = IntervalModel.of(found.estimated)
        return cls(n=found.n, n_examined=found.n_examined, n_found=found.n_found, best=found.best, estimated=estimated)


class SourceModel(BaseModel):
    """What one rule or list does among all."""

    name: str
    n_hits: int
    n_found: int = Field(description="Findings in fact among its hits.")
    unique: FindingsModel = Field(description="What would not have been selected without it.")
    displaced: FindingsModel = Field(description="What would have been selected without it.")
    is_superfluous: bool = Field(description="Whether it is proposed for retirement.")

    @classmethod
    def of(cls, one: SourceFigures) -> SourceModel:
        """Write figures for the wire."""
        return cls(
            name=one.name,
            n_hits=one.n_hits,
            n_found=one.n_found,
            unique=FindingsModel.of(one.unique),
            displaced=FindingsModel.of(one.displaced),
            is_superfluous=one.is_superfluous,
        )


class PartModel(BaseModel):
    """A lane or an origin."""

    name: str
    n: int
    selected: float = Field(description="Draws by their probability.")
    n_was_selected: int
    n_found: int
    n_found_of_selected: int

    @classmethod
    def of(cls, part: Part) -> PartModel:
        """Write a part for the wire."""
        return cls(**vars(part))


class WhatIfAnswer(BaseModel):
    """What would have happened, next to what was done."""

    n: int
    n_days: int
    surely: FindingsModel = Field(description="Selected by lists, rules and score.")
    drawn: float = Field(description="Parcels that chance adds on average.")
    drawn_findings: float = Field(description="Findings expected in them.")
    missed: IntervalModel
    was: FindingsModel = Field(description="Selected in fact.")
    only_candidate: FindingsModel
    only_was: FindingsModel
    base_share: IntervalModel = Field(description="Share of all parcels that hold something.")
    overrun_minutes: float = Field(description="Work that lists and rules ask for beyond what the windows have.")
    sources: list[SourceModel]
    by_hour: list[float] = Field(description="Minutes of work a day in each hour of the day, UTC.")
    was_by_hour: list[float]
    by_lane: list[PartModel] = Field(description="Largest first, at most 100.")
    by_origin: list[PartModel]
    notes: list[str] = Field(description="What the figures leave out.")

    @classmethod
    def of(cls, asked: Asked) -> WhatIfAnswer:
        """Write the answer for the wire."""
        made = asked.compared
        return cls(
            **_findings_of(made),
            n=made.n,
            n_days=made.n_days,
            drawn=made.drawn,
            drawn_findings=made.drawn_findings,
            missed=IntervalModel.of(made.missed),
            base_share=IntervalModel.of(made.base_share),
            overrun_minutes=made.overrun_minutes,
            sources=[SourceModel.of(one) for one in made.sources],
            by_hour=made.by_hour.tolist(),
            was_by_hour=made.was_by_hour.tolist(),
            by_lane=[PartModel.of(part) for part in made.by_lane[:_MOST_PARTS]],
            by_origin=[PartModel.of(part) for part in made.by_origin[:_MOST_PARTS]],
            notes=list(asked.notes),
        )


_MOST_PARTS = 100


def _findings_of(made: Compared) -> dict[str, FindingsModel]:
    names = ("surely", "was", "only_candidate", "only_was")
    return {name: FindingsModel.of(getattr(made, name)) for name in names}


@router.post("/whatif", summary="Ask what would have happened", tags=["analysts"])
def ask_what_if(wanted: WhatIfModel, request: Request, office: TheOffice, client: Analyst) -> WhatIfAnswer:
    """Replay a period as known then. What reads a new feature or model waits for a replay of the log, once."""
    settings: Settings = request.app.state.settings
    try:
        question = _question(wanted, office, settings)
        with office.store.begin_read() as connection:
            names = names_of(office, connection)
            changes = Changes(
                rules=[checked(rule_of(one), office.clock(), names) for one in wanted.rules],
                lists=wanted.lists,
                without=wanted.without,
                tries_model=wanted.model is not None,
            )
            whole = question_of(
                connection, lambda: office.secrets.vault, question, changes, office.clock(), office.lines
            )
            return WhatIfAnswer.of(what_if(connection, settings.home, whole))
    except RuleError as error:
        raise refused(error) from None
    except (ParcelRiskError, ValueError) as error:
        raise Problem(422, "No answer", str(error)) from None


def _question(wanted: WhatIfModel, office: Office, settings: Settings) -> Question:
    policy = office.line.base
    if wanted.capacity_share is not None:
        policy = replace(policy, capacity_share=wanted.capacity_share)
    return Question(
        since=wanted.since,
        until=wanted.until,
        model=_model(wanted.model, office, settings),
        capacity=None if wanted.capacity is None else wanted.capacity.capacity(),
        policy=policy,
    )


def _model(name: str | None, office: Office, settings: Settings) -> Bundle | None:
    if name is None:
        return office.champion.bundle
    return bundle.load(ModelStore(settings.models_dir).path(name), trusted=None, identity=office.secrets.identity)
