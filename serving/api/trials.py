"""Test parcels: recorded by officers who know them; the figures name none of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.handling.trials import Step
from features.parcel.fields import FINDING_CLASSES
from features.parcel.numbers import IDENTIFIER_LENGTH
from serving.api.access import OfficerCaller, TheOffice
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.trials import figures, plant, reveal

router = resource()
_NUMBER = Field(min_length=1, max_length=IDENTIFIER_LENGTH)


class TrialModel(BaseModel):
    """A test parcel, before it is declared or scanned."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    parcel_id: Annotated[str, _NUMBER]
    operator: Annotated[str, Field(max_length=35)] | None = Field(
        None, description="Who declares it; null for whoever does, or nobody."
    )
    finding_class: Literal[FINDING_CLASSES] = Field(description="What is to be found in it.")  # type: ignore[valid-type]


class Revealed(BaseModel):
    """A test parcel whose trial ends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    parcel_id: Annotated[str, _NUMBER]


class Receipt(BaseModel):
    """What was done with a test parcel."""

    status: Literal["recorded", "revealed"]


class StepModel(BaseModel):
    """How many test parcels came to a step of the chain, and how many of them passed as they should."""

    name: str = Field(examples=["xray"])
    n: int
    n_passed: int

    @classmethod
    def of(cls, step: Step) -> StepModel:
        """Write a step for the wire."""
        return cls(name=step.name, n=step.n, n_passed=step.n_passed)


class TrialFigures(BaseModel):
    """Figures of all test parcels so far."""

    steps: list[StepModel]


@router.post("/trials", summary="Record a test parcel", tags=["officers"])
def record_trial(trial: TrialModel, office: TheOffice, client: OfficerCaller) -> Receipt:
    """Record a test parcel before it is handled. Its stages are recorded, its outcome is never learned from."""
    with office.writer.transaction() as transaction:
        problem = plant(office, transaction, trial.parcel_id, trial.finding_class, client, operator=trial.operator)
    if problem is not None:
        raise Problem(409, "Not recorded", f"Not recorded: {problem.reason} {problem.remedy}")
    return Receipt(status="recorded")


@router.post("/trials/revealed", summary="Reveal a test parcel", tags=["officers"])
def reveal_trial(trial: Revealed, office: TheOffice, client: OfficerCaller) -> Receipt:
    """End the trial of a test parcel: its declaration is retracted, its stages stay among the figures."""
    with office.writer.transaction() as transaction:
        is_open = reveal(office, transaction, trial.parcel_id, client)
    if not is_open:
        raise Problem(404, "Unknown test parcel", "No test parcel with this number is open.")
    return Receipt(status="revealed")


@router.get("/trials", summary="Read the figures of test parcels", tags=["officers"])
def read_figures(office: TheOffice, client: OfficerCaller) -> TrialFigures:
    """What each step of the chain made of all test parcels so far; none of them is named."""
    with office.store.begin_read() as connection:
        return TrialFigures(steps=[StepModel.of(one) for one in figures(connection)])
