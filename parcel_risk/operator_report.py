"""Command `operator-report`: the quarterly report of an operator as HTML and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings


def operator_report(
    operator: Annotated[str, typer.Argument(help="Name of the operator.", show_default=False)],
    quarter: Annotated[str, typer.Argument(help="As in 2026-Q4, in UTC.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", help="Folder for the two files.", show_default=False)],
) -> None:
    """Write quality, corrections, referrals, service levels and published typologies; stop the service first."""
    for path in write(Settings(), operator, quarter, to):
        out.print(str(path), markup=False)


def write(settings: Settings, operator: str, quarter: str, folder: Path) -> list[Path]:
    """Write both files and return their paths."""
    from policy.quarters import Quarter
    from policy.service_levels import load_service_levels
    from serving.installation import Installation
    from serving.messages.operator_csv import operator_csv
    from serving.office.operator_report import operator_report as report
    from serving.pages.operator_report import operator_page

    wanted, levels = Quarter.parse(quarter), load_service_levels(settings.reference_dir)
    office = Installation.open(settings).office()
    try:
        with office.store.begin_read() as connection:
            found = report(office, connection, operator, wanted, levels)
    finally:
        office.close()
    folder.mkdir(parents=True, exist_ok=True)
    html, csv = folder / f"report-{wanted}.html", folder / f"report-{wanted}.csv"
    html.write_text(operator_page(found), "utf-8")
    csv.write_bytes(operator_csv(found))
    return [html, csv]
