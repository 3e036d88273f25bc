"""Data quality: how good the data of an operator are, lane by lane."""

from __future__ import annotations

import io
from datetime import UTC, date, timedelta
from typing import Annotated, Literal

import polars as pl
from fastapi import Query
from fastapi.responses import Response

from features.sources.columns.export import safe
from serving.api.access import ReaderCaller, TheOffice
from serving.api.routing import resource
from serving.office.quality import QualityReport, report
from serving.store import Role

router = resource()


@router.get(
    "/quality",
    summary="How good your data are",
    tags=["operators", "officers"],
    response_model=QualityReport,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def read_quality(
    office: TheOffice,
    client: ReaderCaller,
    form: Annotated[Literal["json", "csv"], Query(alias="format", description="json or csv")] = "json",
    days: Annotated[int, Query(ge=1, le=400, description="Days up to today.")] = 30,
) -> Response | QualityReport:
    """Shares per lane: accepted, on time, recipient complete, HS present and plausible, weight agrees.

    Operators see themselves, officers everybody.
    """
    last: date = office.clock().astimezone(UTC).date()
    operator = client.operator if client.role is Role.OPERATOR else None
    with office.store.begin_read() as connection:
        found = report(
            connection, operator=operator, first=last - timedelta(days=days - 1), last=last, reference=office.reference
        )
    if form == "json":
        return found
    file = io.BytesIO()
    safe(pl.DataFrame([row.model_dump() for row in found.rows])).write_csv(file)
    name = f"quality-{last.isoformat()}.csv"
    return Response(
        file.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
