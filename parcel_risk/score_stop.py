"""Commands `score-stop ...`, and `overlooked`: the stop switch of the score, and what the system did not look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from parcel_risk.case import acting_in
from parcel_risk.console import out
from parcel_risk.retain import AsOpt
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.office import Office
    from serving.store import Client, Connection

LineOpt = Annotated[str | None, typer.Option(help="Screening line of lines.toml; without one, all lines.")]
app = typer.Typer(no_args_is_help=True, help="Stop switch of the score; `begin` and `end` need the service stopped.")


@app.command("begin")
def begin(
    person: AsOpt,
    reason: Annotated[str, typer.Option(help="Why; it names nobody.", show_default=False)],
    line: LineOpt = None,
) -> None:
    """Refer nothing for its score, on a line or on all; a running service does it by `POST /v1/score-stops`."""
    from serving.office.stopping import STOPPING, stop

    def act(office: Office, connection: Connection, client: Client) -> int:
        return stop(office, connection, reason, client, line)

    where = "" if line is None else f" for the line {line}"
    out.print(f"the score is stopped{where}: stop {acting_in(Settings(), person, STOPPING, act)}", markup=False)


@app.command("end")
def end(person: AsOpt, line: LineOpt = None) -> None:
    """Let the score refer parcels again."""
    from serving.office.stopping import STOPPING, resume

    def act(office: Office, connection: Connection, client: Client) -> int:
        return resume(office, connection, client, line)

    out.print(f"stop {acting_in(Settings(), person, STOPPING, act)} ended")


@app.command("list")
def show() -> None:
    """Show when the score was stopped, for which line, by whom and why."""
    from rich.table import Table

    from serving.installation import opened_store
    from serving.store.stops import stops
    from serving.store.times import time_of

    with opened_store(Settings()) as store, store.begin_read() as connection:
        rows = stops(connection)
    table = Table("stop", "line", "from", "by", "until", "by", "why")
    for one in rows:
        until = f"{time_of(one['resumed_at']):%Y-%m-%d %H:%M}" if one["resumed_at"] else "still stopped"
        since = f"{time_of(one['stopped_at']):%Y-%m-%d %H:%M}"
        line = "all" if one["line"] is None else f"{one['line']}: {one['condition']}"
        table.add_row(str(one["id"]), line, since, one["stopped_by"], until, one["resumed_by"] or "", one["reason"])
    out.print(table if rows else "the score was never stopped")
