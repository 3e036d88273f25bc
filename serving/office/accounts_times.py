"""How long customs held parcels, and exhibits were in custody: medians and upper ends, from scans and ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median, quantiles

from pydantic import BaseModel, Field

from features.handling.custody import ENDS
from features.handling.states import WITH_CUSTOMS, State
from serving.office.current import Version
from serving.store import Connection
from serving.store.custody import ledger_of
from serving.store.scans import scans_of

_OUT = frozenset({State.RELEASED, State.HANDED_OVER, State.RETURNED, State.SEIZED, State.DESTROYED})
_HOUR_S = 3_600.0


class TimesRow(BaseModel):
    """Times of one part, in hours."""

    part: str
    n_ended: int
    n_open: int = Field(description="Those that have not ended; their time is in no figure.")
    median_hours: float | None
    p90_hours: float | None = Field(description="Nine of ten took no longer; null with fewer than ten.")


def holding_times(connection: Connection, versions: Sequence[Version]) -> list[TimesRow]:
    """By site: from customs' first scan of a parcel in its hands to the scan that let it go."""
    site_of = {one.seq: one.event["destination_office"] or "not known" for one in versions}
    seen: dict[int, list[tuple[datetime, State]]] = {}
    for scan in scans_of(connection, site_of):
        seen.setdefault(scan.seq, []).append((scan.scanned_at, State(scan.state)))
    parts: dict[str, list[float | None]] = {}
    for seq, signals in seen.items():
        began = min((at for at, state in signals if state in WITH_CUSTOMS), default=None)
        if began is None:
            continue
        ended = min((at for at, state in signals if state in _OUT and at >= began), default=None)
        hours = None if ended is None else (ended - began).total_seconds() / _HOUR_S
        parts.setdefault(site_of[seq], []).append(hours)
    return [_row(part, hours) for part, hours in sorted(parts.items())]


def custody_times(connection: Connection, exhibits: Iterable[int]) -> TimesRow:
    """From the taking of an exhibit to its end."""
    hours: list[float | None] = []
    for exhibit in exhibits:
        entries = ledger_of(connection, exhibit)
        ended = next((one.at for one in entries if one.kind in ENDS), None)
        hours.append(None if ended is None else (ended - entries[0].at).total_seconds() / _HOUR_S)
    return _row("exhibits", hours)


def _row(part: str, hours: Sequence[float | None]) -> TimesRow:
    ended = sorted(one for one in hours if one is not None)
    return TimesRow(
        part=part,
        n_ended=len(ended),
        n_open=len(hours) - len(ended),
        median_hours=median(ended) if ended else None,
        p90_hours=quantiles(ended, n=10)[-1] if len(ended) >= 10 else None,
    )
