"""Undeclared items: officers enter what came without a declaration by what its label says."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

from features.parcel.schema import schema_of
from features.parcel.undeclared import LABEL_FIELDS
from serving.api.access import OfficerCaller, TheOffice
from serving.api.once import TheOnce, written
from serving.api.routing import check_size, merged, resource
from serving.api.schemas import Label, Labels, tabulate
from serving.office.answers import ObservedAnswer, RejectionModel
from serving.office.observing import observe
from serving.office.writer import Transaction

router = resource()
_SCHEMA = schema_of(LABEL_FIELDS)


class ObservedItems(BaseModel):
    """One result per item, in the order of the request."""

    n_entered: int
    n_repeated: int
    n_rejected: int
    results: list[ObservedAnswer | RejectionModel]


@router.post("/observed", summary="Enter undeclared items", tags=["officers"])
def enter_items(
    request: Request, response: Response, labels: Labels, office: TheOffice, client: OfficerCaller, once: TheOnce
) -> ObservedItems:
    """Enter items that nobody declared, as known now. One without a number gets one, to be put on it.

    No model assesses them: lists and rules do, and a person checks by hand. Outcomes and stages are recorded by the
    number. A declaration that comes later is joined to the item.
    """
    check_size(request, len(labels.items))
    accepted = tabulate(Label, labels.items, _SCHEMA)

    def write(transaction: Transaction) -> ObservedItems:
        answers = observe(office, transaction, accepted.rows.to_dicts(), client)
        return _answer(merged(answers, accepted.rejections))

    return written(office, once, response, ObservedItems, write)


def _answer(results: list[Any]) -> ObservedItems:
    return ObservedItems(
        results=results,
        n_entered=sum(item.status in ("scored", "amended") for item in results),
        n_repeated=sum(item.status == "repeated" for item in results),
        n_rejected=len({item.line for item in results if item.status == "rejected"}),
    )
