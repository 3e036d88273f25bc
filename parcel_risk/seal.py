"""Command `seal`: seal the log into segments at once, instead of little by little while the service runs."""

from __future__ import annotations

from parcel_risk.console import out, working
from serving.settings import Settings


def seal() -> None:
    """Seal the event log into Parquet segments now; after an upgrade, for instance. Stop the service first."""
    seal_log(Settings())


def seal_log(settings: Settings) -> int:
    """Seal all whole segments of the log; say how many it has, and return their number."""
    from serving.installation import Installation
    from serving.store import sealing, segments

    office = Installation.open(settings).office()
    try:
        with working("sealing the log"):
            office.writer.sealing.seal(keep=0)
        with office.store.begin_read() as connection:
            n = len(segments.chain(connection))
            left = sealing.n_unsealed(connection)
    finally:
        office.close()
    out.print(f"the log has {n:,} segments; {left:,} events, too few for another one, stay in the database")
    return n
