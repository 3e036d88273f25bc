"""Scans: officers report where they saw parcels."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.handling.states import SCANNED
from features.parcel.numbers import MOST_CHARACTERS
from features.parcel.schema import LINE
from serving.api.access import OfficerCaller, TheOffice
from serving.api.once import TheOnce, written
from serving.api.routing import check_size, merged, resource
from serving.office.answers import RejectionModel, ScanAnswer
from serving.office.whereabouts import record_scans
from serving.office.writer import Transaction

router = resource()
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
_STATES = tuple(state.value for state in SCANNED)


class ScanModel(BaseModel):
    """Where a parcel was seen."""

    model_config = _STRICT
    parcel_id: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    operator: Annotated[str, Field(max_length=35)] | None = None
    state: Literal[_STATES]  # type: ignore[valid-type]
    scanned_at: AwareDatetime | None = Field(None, description="Left out: now.")
    station: Annotated[str, Field(max_length=35)] | None = None


class Scans(BaseModel):
    """One or many scans, each answered by itself."""

    model_config = _STRICT
    scans: list[ScanModel] = Field(min_length=1)


class ScansAnswer(BaseModel):
    """One result per scan, in the order of the request."""

    n_recorded: int
    n_rejected: int
    results: list[ScanAnswer | RejectionModel]


@router.post("/scans", summary="Report where parcels were seen", tags=["officers"])
def record(
    request: Request, response: Response, scans: Scans, office: TheOffice, client: OfficerCaller, once: TheOnce
) -> ScansAnswer:
    """Record customs' own scans. They are facts: they move a parcel whatever its operator reports (docs/states.md)."""
    check_size(request, len(scans.scans))
    rows = [{LINE: line, **scan.model_dump()} for line, scan in enumerate(scans.scans, start=1)]

    def write(transaction: Transaction) -> ScansAnswer:
        results = merged(record_scans(office, transaction, rows, client), ())
        n_recorded = sum(item.status == "recorded" for item in results)
        return ScansAnswer(results=results, n_recorded=n_recorded, n_rejected=len(results) - n_recorded)

    return written(office, once, response, ScansAnswer, write)
