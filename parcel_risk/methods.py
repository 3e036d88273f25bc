"""Command `methods`: what each method of inspection found, and what it is expected to have missed."""

from __future__ import annotations

from parcel_risk.console import out
from serving.settings import Settings


def methods() -> None:
    """Show, for each method, the parcels examined, the findings, and what was missed by the assumed sensitivity."""
    show(Settings())


def show(settings: Settings) -> None:
    """Print one row for each method in the log."""
    from rich.table import Table

    from features.handling import Sensitivities
    from parcel_risk.stored_log import read_log
    from training.data.labels import labelled_parcels
    from training.estimates.undetected import by_method

    known = Sensitivities.read(settings.sensitivity_file)
    table = Table("method", "examined", "found", "sensitivity", "missed, 90 % interval", "sensitivity is")
    for one in by_method(labelled_parcels(read_log(settings), with_undeclared=True), known):
        line = one.sensitivity
        table.add_row(
            one.method,
            f"{one.n_examined:,}",
            f"{one.n_found:,}",
            f"{line.share:.2f} [{line.low:.2f}, {line.high:.2f}]",
            f"{one.missed.value:,.1f} [{one.missed.low:,.1f}, {one.missed.high:,.1f}]",
            "measured" if line.is_measured else "assumed",
        )
    out.print(table)
    out.print(f"Of parcels examined. Sensitivities valid from {known.valid_from}: {known.source}.", markup=False)
