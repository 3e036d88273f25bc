"""Command `trials`: what each step of the chain makes of the test parcels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from features.handling.trials import Step


def trials(
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the measured sensitivities to this TOML file.")
    ] = None,
) -> None:
    """Show what each step of the chain made of the test parcels so far, with 90 % intervals."""
    show(Settings(), out_file)


def show(settings: Settings, out_file: Path | None = None) -> None:
    """Print the figures, and write them as sensitivities."""
    from rich.table import Table

    from policy.estimates import wilson
    from serving.installation import opened_store
    from serving.office.trials import figures

    with opened_store(settings) as store, store.begin_read() as connection:
        steps = figures(connection)
    table = Table("step", "test parcels", "passed", "share", "90 % interval")
    for one in steps:
        interval = wilson(one.n_passed, one.n)
        share = f"{interval.value:.2f}" if one.n else "not measured"
        table.add_row(one.name, str(one.n), str(one.n_passed), share, f"{interval.low:.2f} to {interval.high:.2f}")
    out.print(table)
    if out_file is not None:
        out_file.write_text(_as_toml(steps), "utf-8")
        out.print(f"sensitivities in {out_file}", markup=False)


def _as_toml(steps: list[Step]) -> str:
    """Lines for PARCEL_RISK_SENSITIVITY_FILE, one for each method that found a test parcel."""
    from features.parcel.fields import METHODS
    from policy.estimates import wilson

    lines = []
    for one in steps:
        if one.name in METHODS and one.n_passed:
            interval = wilson(one.n_passed, one.n)
            lines += [
                f"[{one.name}]",
                f"share = {interval.value:.6f}",
                f"low = {min(interval.low, interval.value):.6f}",
                f"high = {max(interval.high, interval.value):.6f}",
                f'source = "{one.n} test parcels"',
                "is_measured = true",
                "",
            ]
    return "\n".join(lines)
