"""Commands `trial`, `trials` and `reveal`: test parcels, and what each step of the chain makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.parcel.fields import FINDING_CLASSES
from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from features.handling.trials import Step

NumberArg = Annotated[str, typer.Argument(help="Number of the test parcel.", show_default=False)]


def trial(
    number: NumberArg,
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


def reveal(number: NumberArg) -> None:
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

    from serving.installation import opened_store
    from serving.office.trials import figures
    from training.estimates.intervals import wilson

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
    from training.estimates.intervals import wilson

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
