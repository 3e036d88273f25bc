"""Command `trial`: a test parcel, recorded before it is handled."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.fields import FINDING_CLASSES
from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings


def trial(
    number: Annotated[str, typer.Argument(help="Number of the test parcel.", show_default=False)],
    finding_class: Annotated[str, typer.Option(help="What is to be found in it.")] = "other",
    operator: Annotated[str | None, typer.Option(help="Who declares it; default: whoever does.")] = None,
) -> None:
    """Record a test parcel before it is handled: its outcome will not be learned from."""
    plant_one(Settings(), number, finding_class, operator)


def plant_one(settings: Settings, number: str, finding_class: str, operator: str | None = None) -> None:
    """Record one test parcel."""
    from parcel_risk.local_client import LOCAL
    from serving.installation import Installation
    from serving.office.trials import plant

    if finding_class not in FINDING_CLASSES:
        raise ParcelRiskError(f"{finding_class} is no class of goods. Give one of {', '.join(FINDING_CLASSES)}.")
    office = Installation.open(settings).office()
    try:
        with office.writer.transaction() as transaction:
            problem = plant(office, transaction, number, finding_class, LOCAL, operator=operator)
    finally:
        office.close()
    if problem is not None:
        raise ParcelRiskError(f"{problem.reason} {problem.remedy}")
    out.print("test parcel recorded")
