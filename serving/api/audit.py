"""The audit: its entries by number, and the newest signed checkpoint; for auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime, BaseModel, Field

from serving.api.access import TheOffice, having
from serving.api.problems import Problem
from serving.api.routing import Limit, resource
from serving.office.checkpoints import Checkpoints
from serving.store import Client, Role
from serving.store.audit import entries
from serving.store.times import time_of
from serving.tlog.entries import Entry

router = resource()
AuditorCaller = Annotated[Client, Depends(having(Role.AUDITOR))]


class AuditEntry(BaseModel):
    """Who did what when, about which events of the log."""

    number: int = Field(examples=[42])
    at: AwareDatetime
    who: str = Field(description="Name of the client.", examples=["officer-7"])
    action: str = Field(examples=["viewed"])
    first: int | None = Field(description="Sequence number of the first event that it is about.")
    last: int | None = Field(description="Sequence number of the last one.")
    detail: str

    @classmethod
    def of(cls, entry: Entry) -> AuditEntry:
        """Write an entry for the wire."""
        return cls(
            number=entry.number,
            at=time_of(entry.at),
            who=entry.who,
            action=entry.action,
            first=entry.first,
            last=entry.last,
            detail=entry.detail,
        )


class AuditPage(BaseModel):
    """Entries in the order of their numbers."""

    entries: list[AuditEntry]
    next_after: int = Field(description="Give it as `after` to continue.")


@router.get("/audit", summary="Entries of the audit", tags=["auditors"])
def read_audit(
    office: TheOffice,
    client: AuditorCaller,
    after: Annotated[int, Query(ge=0, le=2**53, description="Number behind which to continue.")] = 0,
    limit: Limit = 1000,
) -> AuditPage:
    """Who did what, oldest first. Numbers that a transaction was given and did not use are left out.

    docs/audit.md says how an entry becomes a leaf of the tree.
    """
    with office.store.begin_read() as connection:
        found = entries(connection, after=after, limit=limit)
    return AuditPage(entries=[AuditEntry.of(one) for one in found], next_after=found[-1].number if found else after)


@router.get("/audit/checkpoint", summary="Newest checkpoint", tags=["auditors"], response_class=PlainTextResponse)
def read_newest(request: Request, client: AuditorCaller) -> PlainTextResponse:
    """Signed note (C2SP tlog-checkpoint) over all entries up to its size: keep it, and nothing before it can change."""
    kept: Checkpoints = request.app.state.checkpoints
    newest = kept.newest()
    if newest is None:
        raise Problem(404, "No checkpoint yet", "The service makes the first one soon after its first entry.")
    return PlainTextResponse(newest.text())
