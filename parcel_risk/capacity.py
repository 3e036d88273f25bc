"""Commands about capacity: the shifts of the lines, what a change would mean, and how it comes into force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings

if TYPE_CHECKING:
    from policy.shifts import Capacity
    from serving.office.capacity import Preview

app = typer.Typer(no_args_is_help=True, help="Lines, shifts and hands, from which the share that is selected follows.")
_File = Annotated[Path, typer.Argument(help="TOML file with shifts, see docs/decisions.md.", show_default=False)]
_As = Annotated[str, typer.Option("--as", help="Person who is answerable: a supervisor or administrator with a key.")]


@app.command()
def show() -> None:
    """Show the shifts in force, and what is proposed."""
    show_one(Settings())


@app.command()
def preview(file: _File) -> None:
    """Show what a capacity would have meant in the last four weeks, next to what is in force. Nothing is saved."""
    preview_one(Settings(), file)


@app.command("set")
def set_(
    file: _File, author: _As, yes: Annotated[bool, typer.Option("--yes", help="Do not ask after the preview.")] = False
) -> None:
    """Propose a capacity, after its preview. It comes into force when another person approves it."""
    set_one(Settings(), file, author, is_sure=yes)


@app.command()
def approve(
    number: Annotated[int, typer.Argument(help="Number of the proposal.", show_default=False)], approver: _As
) -> None:
    """Put the newest proposal into force; a running service cuts by it within a minute."""
    approve_one(Settings(), number, approver)


def show_one(settings: Settings) -> None:
    """Print what is in force and what is proposed."""
    from serving.installation import opened_store
    from serving.office.capacity_model import capacity_of
    from serving.store.policy_history import capacity_in_force, capacity_proposed

    with opened_store(settings) as store, store.begin_read() as connection:
        in_force, proposed = capacity_in_force(connection), capacity_proposed(connection)
    if in_force is None:
        out.print(f"no shifts in force: {settings.capacity_share:.2%} of the parcels are selected")
    else:
        out.print(f"capacity {in_force.id}, by {in_force.author}, approved by {in_force.approver}", markup=False)
        _print_shifts(capacity_of(in_force.content))
    if proposed is not None and proposed.approver is None:
        out.print(f"proposed: capacity {proposed.id}, by {proposed.author}", markup=False)
        _print_shifts(capacity_of(proposed.content))


def preview_one(settings: Settings, file: Path) -> Capacity:
    """Print what a capacity would have meant, next to the one in force."""
    from serving.installation import opened_store
    from serving.office.capacity import preview
    from serving.office.capacity_model import capacity_of, read_capacity
    from serving.store.policy_history import capacity_in_force

    wanted, at = read_capacity(file), datetime.now(UTC)
    with opened_store(settings) as store, store.begin_read() as connection:
        saved = capacity_in_force(connection)
        now = preview(connection, None if saved is None else capacity_of(saved.content), settings.policy, at)
        then = preview(connection, wanted, settings.policy, at)
    _print_previews(now, then)
    return wanted


def set_one(settings: Settings, file: Path, author: str, *, is_sure: bool = False) -> None:
    """Propose a capacity."""
    from serving.installation import opened_store
    from serving.office.capacity import SETTING, propose
    from serving.office.persons import acting
    from serving.store.times import microseconds

    wanted = preview_one(settings, file)
    if not is_sure:
        typer.confirm("propose it?", abort=True)
    at = datetime.now(UTC)
    with opened_store(settings) as store, store.begin() as connection:
        person = acting(connection, author, *SETTING, at_us=microseconds(at))
        number = propose(connection, wanted, person.client_id, at)
    out.print(f"capacity {number} proposed; another person puts it into force: parcel-risk capacity approve {number}")


def approve_one(settings: Settings, number: int, approver: str) -> None:
    """Put a proposal into force."""
    from serving.installation import opened_store
    from serving.office.capacity import SETTING, approve
    from serving.office.persons import acting
    from serving.store.times import microseconds

    at = datetime.now(UTC)
    with opened_store(settings) as store, store.begin() as connection:
        person = acting(connection, approver, *SETTING, at_us=microseconds(at))
        approve(connection, number, person.client_id, at)
    out.print(f"capacity {number} is in force")


def _print_shifts(capacity: Capacity) -> None:
    from rich.table import Table

    from serving.office.capacity_model import CapacityModel

    model = CapacityModel.of(capacity)
    table = Table("line", "begins on", "from", "to", "hands")
    for one in model.shifts:
        table.add_row(one.line, " ".join(one.weekdays), one.begins, one.ends, f"{one.hands:g}")
    out.print(table)
    minutes = ", ".join(f"{method} {minutes:g}" for method, minutes in model.minutes.items())
    out.print(f"minutes of one inspection: {minutes}; overflow in at most {capacity.overflow:.0%} of all shifts")


def _print_previews(now: Preview, then: Preview) -> None:
    """Print two previews side by side."""
    from rich.table import Table

    table = Table("mean of a window in the last four weeks", "in force", "this file")
    table.add_row("windows", f"{now.n_windows}", f"{then.n_windows}")
    for words, name in (
        ("parcels", "parcels"),
        ("inspections by score and chance", "inspections"),
        ("drawn at random", "drawn"),
        ("expected findings", "expected_findings"),
        ("expected findings let go", "let_go"),
    ):
        table.add_row(words, f"{getattr(now, name):,.1f}", f"{getattr(then, name):,.1f}")
    table.add_row("inspections that ties decided", f"{now.tie_share:.1%}", f"{then.tie_share:.1%}")
    out.print(table)
    if not then.n_windows:
        out.print("too little was scored to say what it would have meant")
