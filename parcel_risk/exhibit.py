"""Command `exhibit`: where an exhibit is, and every entry of its ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings


def exhibit(number: Annotated[str, typer.Argument(help="As in EX00000001.", show_default=False)]) -> None:
    """Show where an exhibit is and every entry of its ledger, which is checked to be as it was written."""
    show(Settings(), number)


def show(settings: Settings, number: str) -> None:
    """Print the ledger of an exhibit."""
    from rich.table import Table

    from serving.installation import opened_store
    from serving.office.custody import ledger

    with opened_store(settings) as store, store.begin_read() as connection:
        found = ledger(connection, number)
    if found is None:
        raise ParcelRiskError("no exhibit has this number. Check it.")
    table = Table("entry", "when", "who", "what", "seal", "gross g", "net g", "to", "reference", "corrects")
    for one in found.entries:
        values = (one.seal, one.gross_g, one.net_g, one.to, one.reference, one.corrects)
        shown = ("" if value is None else str(value) for value in values)
        table.add_row(str(one.number), f"{one.at:%Y-%m-%d %H:%M}", one.by, one.kind.value.replace("_", " "), *shown)
    out.print(table)
    held = found.exhibit
    state = "closed" if held.is_closed else f"at {held.away_at}" if held.away_at else f"held by {held.holder}"
    out.print(f"{found.number}: {state}, seal {held.seal}, {held.gross_g} g gross", markup=False)
