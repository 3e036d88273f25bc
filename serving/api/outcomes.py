"""Outcomes: officers record what inspections found."""

from __future__ import annotations

from typing import Any

import polars as pl
from fastapi import Request, Response
from pydantic import BaseModel

from features.parcel.schema import LINE, OUTCOME_SCHEMA
from features.parcel.validation import validate_outcomes
from serving.api.access import OfficerCaller, TheOffice
from serving.api.once import TheOnce, written
from serving.api.routing import check_size, merged, resource
from serving.api.schemas import Outcome, Outcomes, tabulate
from serving.office.answers import OutcomeAnswer, RejectionModel
from serving.office.outcomes import CORRECTION, record
from serving.office.writer import Transaction

router = resource()


class OutcomesAnswer(BaseModel):
    """One result per outcome, in the order of the request."""

    n_recorded: int
    n_corrected: int
    n_repeated: int
    n_rejected: int
    results: list[OutcomeAnswer | RejectionModel]


@router.post("/outcomes", summary="Record what inspections found", tags=["officers"])
def record_outcomes(
    request: Request, response: Response, outcomes: Outcomes, office: TheOffice, client: OfficerCaller, once: TheOnce
) -> OutcomesAnswer:
    """Record outcomes as known now. Nothing found is an outcome, too: without it the system cannot learn.

    An outcome that contradicts the one on record replaces it when `correction_reason` says why.
    """
    check_size(request, len(outcomes.outcomes))
    schema = pl.Schema({**OUTCOME_SCHEMA, CORRECTION: pl.String()})
    accepted = tabulate(Outcome, outcomes.outcomes, schema)
    checked = validate_outcomes(accepted.rows.drop(CORRECTION))
    rows = checked.rows.join(accepted.rows.select(LINE, CORRECTION), on=LINE, how="left", maintain_order="left")

    def write(transaction: Transaction) -> OutcomesAnswer:
        answers = record(office, transaction, rows, client)
        return _answer(merged(answers, (*accepted.rejections, *checked.rejections)))

    return written(office, once, response, OutcomesAnswer, write)


def _answer(results: list[Any]) -> OutcomesAnswer:
    return OutcomesAnswer(
        results=results,
        n_recorded=sum(item.status == "recorded" for item in results),
        n_corrected=sum(item.status == "corrected" for item in results),
        n_repeated=sum(item.status == "repeated" for item in results),
        n_rejected=len({item.line for item in results if item.status == "rejected"}),
    )
