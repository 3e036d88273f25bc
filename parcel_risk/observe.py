"""Command `observe`: an item that nobody declared, by what its label says."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.schema import LINE
from features.parcel.undeclared import LABEL_FIELDS
from parcel_risk.console import out
from serving.settings import Settings


def observe(
    number: Annotated[str | None, typer.Argument(help="Number on the item; without one it gets one.")] = None,
    direction: Annotated[str | None, typer.Option(help="Way of the item, as in import or transit.")] = None,
    dispatch_country: Annotated[str | None, typer.Option(help="Country of dispatch, two letters.")] = None,
    origin_office: Annotated[str | None, typer.Option(help="Office that the label or the bag names.")] = None,
    stream: Annotated[str | None, typer.Option(help="letter, parcel, ems or express.")] = None,
    weight_g: Annotated[int | None, typer.Option(help="Weight in grams.", min=1)] = None,
    recipient_postcode: Annotated[str | None, typer.Option(help="Postcode of the destination.")] = None,
    recipient_country: Annotated[str | None, typer.Option(help="Country of the destination, two letters.")] = None,
    sender: Annotated[str | None, typer.Option(help="Sender as written; `;` between lines.")] = None,
    recipient: Annotated[str | None, typer.Option(help="Recipient as written; `;` between lines.")] = None,
    posting_mark: Annotated[str | None, typer.Option(help="Postmark or franking licence.")] = None,
) -> None:
    """Enter an item that nobody declared, as known now, and show what is advised."""
    given = dict(locals())
    given["parcel_id"] = given.pop("number")
    for field in LABEL_FIELDS:
        value = given[field.name]
        if field.choices and value is not None and value not in field.choices:
            raise ParcelRiskError(f"{value} is no {field.name}. Give one of {', '.join(field.choices)}.")
    enter(Settings(), given)


def enter(settings: Settings, label: dict[str, Any]) -> None:
    """Enter one item."""
    from parcel_risk.local_client import LOCAL
    from serving.installation import Installation
    from serving.office.observing import observe as observed

    office = Installation.open(settings).office()
    try:
        with office.writer.transaction() as transaction:
            answer = observed(office, transaction, [{**label, LINE: 1}], LOCAL)[1]
    finally:
        office.close()
    if isinstance(answer, Rejection):
        raise ParcelRiskError(f"{answer.field}: {answer.reason} {answer.remedy}")
    issued = " (issued: put it on the item)" if answer.is_issued else ""
    out.print(f"{answer.parcel_id}{issued}: {answer.referral}, {answer.degraded}", markup=False)
