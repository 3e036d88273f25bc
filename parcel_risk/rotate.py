"""Command `rotate`: a new API key for a client, with an overlap."""

from __future__ import annotations

from typing import Annotated

import typer

from parcel_risk.client import end_of_key
from parcel_risk.console import out
from serving.settings import Settings

_HOUR_US = 3_600_000_000


def rotate(
    name: Annotated[str, typer.Argument(help="Name of the client.", show_default=False)],
    overlap_hours: Annotated[float, typer.Option(min=0, help="Hours for which the earlier keys stay valid.")] = 24,
) -> None:
    """Give a client a new API key, which is shown once; its earlier keys expire after an overlap."""
    out.print(rotate_key(Settings(), name, overlap_hours=overlap_hours), soft_wrap=True)


def rotate_key(settings: Settings, name: str, *, overlap_hours: float) -> str:
    """Give a client a new key; its earlier ones expire after the overlap."""
    from parcel_risk.local_client import note_change
    from serving.office.writer import now
    from serving.store import Store
    from serving.store.clients import rotate
    from serving.store.times import microseconds

    at = microseconds(now())
    overlap = round(overlap_hours * _HOUR_US)
    with Store(settings.database) as store, store.begin() as connection:
        key = rotate(connection, name, at_us=at, overlap_us=overlap, expires_at=end_of_key(settings, at))
        note_change(connection, at, "client keys rotated", name)
    return key
