"""Feature rows of scores: a digest of every row for ever, the row itself for a while, or for ever where somebody acted.

A row of 379 numbers takes eight times what its event takes. So the score stores a digest, against which a replay of the
log is compared, and the row lies apart, compressed. `sweep` removes it after some days, unless the parcel was referred
or drawn, its reasons were worked out, or an outcome is known of it: these must be shown as they were, whatever changes
later. What is lost with a row: the reasons of a parcel that nobody had looked at.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile

import numpy as np
import zstandard
from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from features.declared.declare import Floats
from features.log import OUTCOME
from features.parcel.problems import StoreError
from features.words import FEATURE as LEARNED
from policy import Cause, Referral
from serving.store.statements import insertion
from serving.store.tables import events, explanations, feature_rows, meta, scores

FORMAT = 1
"""First byte of a row: little-endian float64, compressed by Zstandard."""
_LEVEL = -1
"""Two thirds of the time of level 1, and 3 % larger."""
_DIGEST = 16
_NOTED = "feature rows are swept to"
_UNREMARKABLE = (Referral.RELEASE.value, Referral.NOT_ASSESSED.value)


def digests_of(rows: Sequence[Floats] | Floats, names: tuple[str, ...] | None) -> list[bytes]:
    """Digests of feature rows with the columns `names`, 128 bits each; the shape of `rows` is ``(n, k)``.

    The one column that the model fills in is left out, so that a replay needs no model of the past.
    """
    values = np.array(rows, dtype="<f8")
    column = _learned(names)
    if column is not None and len(values):
        values[:, column] = np.nan
    return [hashlib.sha256(row).digest()[:_DIGEST] for row in values]


@lru_cache(maxsize=4)
def _learned(names: tuple[str, ...] | None) -> int | None:
    return names.index(LEARNED) if names is not None and LEARNED in names else None


def insert_rows(connection: Connection, rows: Iterable[tuple[int, Floats]]) -> None:
    """Keep whole rows by sequence number."""
    kept = [{"seq": seq, "row": compressed(values)} for seq, values in rows]
    if kept:
        _INSERT.run(connection, kept)


_INSERT = insertion(feature_rows)


def compressed(values: Floats) -> bytes:
    """A feature row as it is stored."""
    return bytes([FORMAT]) + _TOOLS.compress(np.asarray(values, dtype="<f8").tobytes())


def row_of(stored: bytes | None, seq: int) -> Floats | None:
    """Row of `compressed`, shape ``(k,)``; None where it is no longer kept.

    Raises
    ------
    StoreError
        When a newer program wrote it, or it is damaged.
    """
    if stored is None:
        return None
    if not stored or stored[0] != FORMAT:
        raise StoreError(
            f"the feature row of parcel event {seq} is stored in a format that this program does not read (it reads "
            f"{FORMAT}). Install the program that wrote it."
        )
    try:
        return np.frombuffer(_TOOLS.decompress(stored[1:]), dtype="<f8")
    except (zstandard.ZstdError, ValueError):
        raise StoreError(f"the feature row of parcel event {seq} is damaged. Restore a backup.") from None


class _Tools(threading.local):
    """Compressors of one thread: they may not be shared."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=_LEVEL).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_TOOLS = _Tools()


def is_due(connection: Connection, *, before_us: int) -> bool:
    """Whether `sweep` has anything to look at: whoever asks first need not wait for the writer lock in vain."""
    return bool(_old(connection, _swept_to(connection) or 0, before_us, limit=1))


def sweep(connection: Connection, *, before_us: int, limit: int) -> bool:
    """Remove rows of scores given before a time, of at most `limit` events, unless they are kept for ever.

    Each event is looked at once: what is kept then stays. Return whether there may be more to do.
    """
    swept_to = _swept_to(connection)
    old = _old(connection, swept_to or 0, before_us, limit)
    if not old:
        return False
    swept = feature_rows.c.seq > (swept_to or 0), feature_rows.c.seq <= old[-1]
    connection.execute(feature_rows.delete().where(*swept, ~_is_kept()))
    if swept_to is None:
        connection.execute(meta.insert().values(name=_NOTED, value=str(old[-1])))
    else:
        connection.execute(meta.update().where(meta.c.name == _NOTED).values(value=str(old[-1])))
    return len(old) == limit


def _swept_to(connection: Connection) -> int | None:
    noted = connection.execute(select(meta.c.value).where(meta.c.name == _NOTED)).scalar()
    return None if noted is None else int(noted)


def _old(connection: Connection, after: int, before_us: int, limit: int) -> list[int]:
    """Sequence numbers of scores given before a time; later ones are not searched, which there are many of."""
    query = select(scores.c.seq, scores.c.scored_at).where(scores.c.seq > after).order_by(scores.c.seq).limit(limit)
    rows = connection.execute(query).all()
    return [seq for seq, _ in takewhile(lambda row: row[1] < before_us, rows)]


def _is_kept() -> ColumnElement[bool]:
    seq = feature_rows.c.seq
    acted_on = or_(scores.c.referral.not_in(_UNREMARKABLE), scores.c.cause == Cause.RANDOM.value)
    return or_(
        exists().where(and_(scores.c.seq == seq, acted_on)),
        exists().where(explanations.c.seq == seq),
        exists().where(and_(events.c.subject_seq == seq, events.c.kind == OUTCOME)),
    )
