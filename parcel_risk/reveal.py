"""Command `reveal`: the end of a test parcel's trial."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings


def reveal(number: Annotated[str, typer.Argument(help="Number of the test parcel.", show_default=False)]) -> None:
    """End the trial of a test parcel: its declaration is retracted, its stages stay among the figures."""
    reveal_one(Settings(), number)


def reveal_one(settings: Settings, number: str) -> None:
    """Reveal one test parcel."""
    from parcel_risk.local_client import LOCAL
    from serving.installation import Installation
    from serving.office.trials import reveal

    office = Installation.open(settings).office()
    try:
        with office.writer.transaction() as transaction:
            is_open = reveal(office, transaction, number, LOCAL)
    finally:
        office.close()
    if not is_open:
        raise ParcelRiskError("no test parcel with this number is open. Check the number.")
    out.print("revealed")
