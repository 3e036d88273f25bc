"""The life of a parcel: lodged, amended, cancelled, lodged again a year later.

Decisions only; `serving.office.scoring` acts on them.
An identifier belongs to one parcel of one operator for ``WINDOW``; after that it is another parcel. Of several
versions the highest counts, whatever the order of arrival. Nothing is overwritten: the log keeps every version that
was in force, the versions table those that never were.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from features.parcel.problems import Rejection

WINDOW = timedelta(days=365)
"""Posts must not use an identifier again within twelve months."""


class Step(StrEnum):
    """What to do with a lodged row."""

    LODGE = "lodge"
    AMEND = "amend"
    CANCEL = "cancel"
    REPEAT = "repeat"
    """The same facts are on record: the earlier answer is given again."""
    KEEP = "keep"
    """A higher version is in force: the row is kept and changes nothing."""
    WAIT = "wait"
    """It cancels what is not lodged yet: it waits for it."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """The version on record of a parcel.

    Attributes
    ----------
    seq:
        Sequence number of its event.
    version:
        As lodged; 1 when the message gave none.
    content:
        Digest of its facts; None when it came by a historical backfill.
    is_cancelled:
        Whether it was cancelled.
    is_inspected:
        Whether an outcome is on record.
    """

    seq: int
    version: int
    content: str | None
    is_cancelled: bool
    is_inspected: bool


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """What a row says about a parcel."""

    line: int
    version: int | None
    function: str | None
    content: str


def step(row: Submitted, known: Known | None) -> Step | Rejection:
    """Decide what a row does to the parcel on record."""
    if row.function == "cancel":
        return _cancel(row, known)
    if known is None:
        return Step.LODGE
    if known.is_cancelled:
        late = row.version is not None and row.version <= known.version
        return Step.KEEP if late else Step.LODGE
    if row.content == known.content:
        return Step.REPEAT
    late = row.version is not None and row.version < known.version
    # What came by a historical backfill was never assessed: whatever is lodged of it now, is.
    return Step.KEEP if late and known.content is not None else Step.AMEND


def _cancel(row: Submitted, known: Known | None) -> Step | Rejection:
    if known is None:
        return Step.WAIT
    if known.is_cancelled:
        return Step.REPEAT
    if known.is_inspected:
        return Rejection(
            line=row.line,
            field="function",
            code="outcome_known",
            reason="the parcel was inspected, so it cannot be cancelled.",
            remedy="Ask the office when the parcel on record is not the one that was inspected.",
        )
    if row.version is not None and row.version < known.version:
        return Step.KEEP
    return Step.CANCEL
