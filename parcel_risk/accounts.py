"""Command `accounts`: what an audit office asks for, quarter by quarter, as JSON and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parcel_risk.console import out
from serving.settings import Settings


def accounts(
    quarter: Annotated[str, typer.Argument(help="As in 2026-Q4, in UTC.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", help="Folder for the files.", show_default=False)],
) -> None:
    """Write coverage, waivers, sites, cost per finding, what was missed, times and complaints of a quarter."""
    for path in write(Settings(), quarter, to):
        out.print(str(path), markup=False)


def write(settings: Settings, quarter: str, folder: Path) -> list[Path]:
    """Write one JSON file and one CSV file for each table, and return their paths."""
    from policy.quarters import Quarter
    from serving.installation import opened_store
    from serving.messages.accounts_csv import TABLES, accounts_csv
    from serving.office.accounts import accounts as account

    wanted = Quarter.parse(quarter)
    with opened_store(settings) as store, store.begin_read() as connection:
        found = account(connection, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / f"accounts-{wanted}.json": found.model_dump_json(indent=1).encode() + b"\n"}
    files |= {folder / f"{table}-{wanted}.csv": accounts_csv(found, table) for table in TABLES}
    for path, content in files.items():
        path.write_bytes(content)
    return list(files)
