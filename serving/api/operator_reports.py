"""Quarterly reports of operators, as JSON, CSV or HTML."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Request
from fastapi.responses import Response

from policy.quarters import Quarter
from policy.service_levels import load_service_levels
from serving.api.access import ReaderCaller, TheOffice
from serving.api.problems import Problem
from serving.api.routing import resource
from serving.messages.operator_csv import operator_csv
from serving.office.operator_report import OperatorReport, operator_report
from serving.settings import Settings
from serving.store import Role

router = resource()
QuarterText = Annotated[str, Path(pattern="^20[0-9]{2}-Q[1-4]$", description="As in 2026-Q4, in UTC.")]


@router.get(
    "/operator-reports/{quarter}",
    summary="Quarterly report of an operator",
    tags=["operators", "officers"],
    response_model=OperatorReport,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}, "text/html": {"schema": {"type": "string"}}}}
    },
)
def read_report(
    request: Request,
    quarter: QuarterText,
    office: TheOffice,
    client: ReaderCaller,
    operator: Annotated[str | None, Query(max_length=35, description="For officers; operators see their own.")] = None,
    form: Annotated[Literal["json", "csv", "html"], Query(alias="format", description="json, csv or html")] = "json",
) -> Response | OperatorReport:
    """Quality by lane, what corrections would have changed, what was asked, service levels with measured values."""
    settings: Settings = request.app.state.settings
    name = client.operator if client.role is Role.OPERATOR else operator
    if name is None or (client.role is Role.OPERATOR and operator not in (None, name)):
        raise Problem(422, "No operator", "Name the operator; an operator reads its own report only.")
    levels = load_service_levels(settings.reference_dir)
    with office.store.begin_read() as connection:
        found = operator_report(office, connection, name, Quarter.parse(quarter), levels)
    if form == "json":
        return found
    if form == "html":
        return Response(request.app.state.operator_page(found), media_type="text/html; charset=utf-8")
    headers = {"Content-Disposition": f'attachment; filename="report-{quarter}.csv"'}
    return Response(operator_csv(found), media_type="text/csv; charset=utf-8", headers=headers)
