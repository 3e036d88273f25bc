"""Operators report items of their own that are damaged, cannot be delivered, or leak."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.parcel.numbers import IDENTIFIER_LENGTH
from policy import Condition
from serving.api.access import OfficerCaller, OperatorCaller, TheOffice
from serving.api.once import TheOnce, written
from serving.api.problems import Problem
from serving.api.routing import Limit, resource
from serving.office.reporting import Report, report, reports
from serving.office.writer import Transaction
from serving.store.times import time_of

router = resource()


class NewReport(BaseModel):
    """An item of yours, and its condition."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    parcel_id: Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LENGTH)]
    condition: Condition = Field(
        description="`leaking`: something comes out of it; `damaged`: torn, wet or open; `undeliverable`: neither the "
        "addressee nor the sender can be reached."
    )


class ReportReceipt(BaseModel):
    """Receipt for a report."""

    status: Literal["recorded", "repeated"] = Field(description="`repeated` where the same was reported before.")
    parcel_id: str


class ReportModel(BaseModel):
    """A report of an operator."""

    operator: str | None
    parcel_id: str | None = Field(description="Null where it was erased.")
    condition: Condition
    reported_at: AwareDatetime

    @classmethod
    def of(cls, one: Report) -> ReportModel:
        """Write it for the wire."""
        return cls(
            operator=one.operator,
            parcel_id=one.parcel_id,
            condition=Condition(one.stored.condition),
            reported_at=time_of(one.stored.at),
        )


class Reports(BaseModel):
    """Reports of operators, newest first."""

    reports: list[ReportModel]


@router.post("/reports", summary="Report an item in bad condition", tags=["operators"])
def report_item(
    request: Request, response: Response, new: NewReport, office: TheOffice, client: OperatorCaller, once: TheOnce
) -> ReportReceipt:
    """The line sees it first in its queue. Keep the item apart until the office has answered."""

    def write(transaction: Transaction) -> ReportReceipt:
        is_new = report(office, transaction, client, new.parcel_id, new.condition)
        if is_new is None:
            raise Problem(404, "Unknown parcel", "You have lodged no parcel with this number. Lodge it, or correct it.")
        return ReportReceipt(status="recorded" if is_new else "repeated", parcel_id=new.parcel_id)

    return written(office, once, response, ReportReceipt, write)


@router.get("/reports", summary="Read what operators reported", tags=["officers"])
def read_reports(office: TheOffice, client: OfficerCaller, limit: Limit = 100) -> Reports:
    """Which items were reported, in which condition, the newest first."""
    with office.store.begin_read() as connection:
        return Reports(reports=[ReportModel.of(one) for one in reports(connection, limit)])
