"""The funnel: how far the parcels came that decisions asked to inspect."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from features.handling.funnel import Funnel
from serving.api.access import OfficerCaller, TheOffice
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.office.funnel import By, funnels, targeted

router = resource()


class StoppedModel(BaseModel):
    """Parcels that came to a step and no further."""

    step: str = Field(examples=["seen"])
    reason: str = Field(examples=["wrong_chute"])
    n: int


class FunnelModel(BaseModel):
    """One part of the targeted parcels."""

    part: str
    n_targeted: int
    reached: dict[str, int] = Field(description="Parcels that came to each step.")
    stopped: list[StoppedModel] = Field(description="Where they are now and why; adds up to the targeted ones.")

    @classmethod
    def of(cls, one: Funnel) -> FunnelModel:
        """Write a funnel for the wire."""
        return cls(
            part=one.part,
            n_targeted=one.n,
            reached={step.value: n for step, n in one.reached.items()},
            stopped=[StoppedModel(step=step, reason=reason, n=n) for (step, reason), n in one.stopped.items()],
        )


class FunnelAnswer(BaseModel):
    """Funnels of a period, largest part first."""

    since: AwareDatetime
    until: AwareDatetime
    by: By
    parts: list[FunnelModel]


@router.get("/funnel", summary="How far targeted parcels came", tags=["officers"])
def read_funnel(
    office: TheOffice,
    client: OfficerCaller,
    since: Annotated[AwareDatetime, Query(description="Beginning of the period, by the time of the decision.")],
    until: Annotated[AwareDatetime | None, Query(description="Its end; left out: now.")] = None,
    by: Annotated[By, Query(description="What the funnel is taken apart by.")] = By.ALL,
) -> FunnelAnswer:
    """Targeted, arrived, seen, diverted, on the table, examined, decided, with a reason at each loss (docs/stages.md).

    Parcels are those of which a decision of the period asked for an inspection, each once.
    """
    end = until or office.clock()
    if end <= since:
        raise Problem(422, "Empty period", "The period ends before it begins: give since before until.")
    with office.store.begin_read() as connection:
        parts = funnels(targeted(connection, since, end), by)
    return FunnelAnswer(since=since, until=end, by=by, parts=[FunnelModel.of(one) for one in parts])
