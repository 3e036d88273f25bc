"""Commands `hold ...`: legal holds, which keep a parcel from being masked and erased."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from parcel_risk.console import out
from parcel_risk.retain import AsOpt, keeping
from serving.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Legal holds: parcels that are kept as evidence.")


@app.command("add")
def add(
    number: Annotated[str, typer.Argument(help="Number of the parcel.", show_default=False)],
    person: AsOpt,
    reason: Annotated[str, typer.Option(help="Why it is kept, as in a case number; names nobody.", show_default=False)],
    legal_basis: Annotated[str, typer.Option("--legal-basis", help="Law that requires it.", show_default=False)],
    review_days: Annotated[int, typer.Option("--review-days", help="Days until it is looked at again.", min=1)] = 183,
    operator: Annotated[str | None, typer.Option(help="Operator, where several use the number.")] = None,
) -> None:
    """Keep a parcel: it is neither masked nor erased until the hold is lifted."""
    from serving.office.holding import HOLDING
    from serving.office.holding import add as add_hold

    with keeping(Settings(), person, *HOLDING) as found, found.store.begin() as connection:
        at = found.clock()
        review_on = at.date() + dt.timedelta(days=review_days)
        hold_id = add_hold(
            connection,
            found.vault,
            number,
            reason=reason,
            legal_basis=legal_basis,
            client=found.client,
            at=at,
            review_on=review_on,
            operator=operator,
        )
    out.print(f"hold {hold_id}, to be reviewed on {review_on}")


@app.command("list")
def list_holds(every: Annotated[bool, typer.Option("--all", help="Those that were lifted, too.")] = False) -> None:
    """Show the holds that are open."""
    from rich.table import Column, Table

    from serving.installation import opened_store
    from serving.office.writer import now
    from serving.store.holds import all_holds

    with opened_store(Settings()) as store, store.begin_read() as connection:
        found = all_holds(connection, is_open=not every)
    table, today = (
        Table(
            "hold",
            Column("parcel", overflow="fold", min_width=13),
            "reason",
            "legal basis",
            "by",
            "review",
            "lifted by",
        ),
        now().date(),
    )
    for one in found:
        is_due = one.lifted_at is None and dt.date.fromisoformat(one.review_on) <= today
        review = f"{one.review_on}{' due' if is_due else ''}"
        shown = (str(one.id), one.number or "erased", one.reason, one.legal_basis, one.made_by)
        table.add_row(*shown, review, one.lifted_by or "")
    out.print(table)


@app.command("lift")
def lift(hold_id: Annotated[int, typer.Argument(help="Number of the hold.")], person: AsOpt) -> None:
    """End a hold; what is due is masked or erased by the next `parcel-risk retain --run`."""
    from serving.office.holding import LIFTING
    from serving.office.holding import lift as lift_hold

    with keeping(Settings(), person, *LIFTING) as found, found.store.begin() as connection:
        lift_hold(connection, hold_id, client=found.client, at=found.clock())
    out.print(f"hold {hold_id} lifted")
