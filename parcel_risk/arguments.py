"""Arguments and options that several commands have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def a_day(text: str) -> datetime:
    """Day or time of an option, in UTC; what is neither is refused with what to write."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a day nor a time; write it as in 2026-09-01.") from None
    return at if at.tzinfo is None else at.astimezone(UTC)


FileArg = Annotated[Path, typer.Argument(help="Manifest of any format.", show_default=False)]
MappingOpt = Annotated[
    Path | None,
    typer.Option("--mapping", help="Mapping: a TOML file, or the name of a shipped one; see docs/mapping.md."),
]
OutOpt = Annotated[Path | None, typer.Option("--out", help="Write one row per parcel to this Parquet file.")]
RejectionsOpt = Annotated[Path | None, typer.Option("--rejections", help="Write every rejection to this CSV file.")]
AsOfOpt = Annotated[
    str, typer.Option("--as-of", help="Use what was known then, as in 2026-09-01. Default: everything.")
]
WindowOpt = Annotated[float | None, typer.Option(help="Days of parcels to learn from; default: all.", min=1)]
WithoutStationOpt = Annotated[
    list[str] | None, typer.Option("--without-station", help="Leave out a station's outcomes. Repeatable.")
]
