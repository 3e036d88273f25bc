"""Masking: persons and texts of a parcel that nobody needs any more for daily work are shown to nobody.

The vault marks the subject, so that whatever is sealed for it reads as if it were erased. Free texts are in clear until
then; they are sealed under the same key and removed where they were. The number stays, by which the parcel is found;
destroying the key erases all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from features.event_rows import Row as Event
from features.facts.withheld import PIECE_PROSE
from serving.store import log_texts
from serving.store.log import events_at
from serving.store.log_changes import about, erase_prose
from serving.store.retention_tables import masked_texts
from serving.store.vault import Content, Vault


def mask(connection: Connection, vault: Vault, parcels: Mapping[str, Iterable[int]], *, at_us: int) -> list[int]:
    """Mask subjects, each with its versions in the log; return all events that were masked."""
    masked: list[int] = []
    for subject, seqs in parcels.items():
        everything = about(connection, seqs)
        _seal(connection, vault, subject, events_at(connection, everything))
        erase_prose(connection, everything)
        masked += everything
    vault.mask(map(vault.handle, parcels), at_us=at_us)
    return masked


def _seal(connection: Connection, vault: Vault, subject: str, events: Iterable[Event]) -> None:
    texts = {event["seq"]: known for event in events if (known := _texts(event))}
    contents = [Content(subject=subject, data=known, context=_context(seq)) for seq, known in texts.items()]
    rows = [{"seq": seq, **row} for seq, row in zip(texts, vault.seal_many(contents), strict=True)]
    if rows:
        connection.execute(masked_texts.insert(), rows)


def _texts(event: Event) -> dict[str, Any]:
    known = {name: event[name] for name in log_texts.TEXTS if event[name]}
    pieces = [piece[PIECE_PROSE] for piece in event[log_texts.PIECES] or ()]
    return {**known, log_texts.PIECES: pieces} if any(pieces) else known


def masked_texts_of(connection: Connection, vault: Vault, seq: int) -> dict[str, Any]:
    """Texts of a masked event by name, those of its pieces under ``pieces``; empty where there are none."""
    row = connection.execute(select(masked_texts).where(masked_texts.c.seq == seq)).one_or_none()
    if row is None:
        return {}
    return dict(vault.unseal(row.subject, row.nonce, row.sealed, _context(seq), masked_too=True) or {})


def _context(seq: int) -> str:
    return f"texts|{seq}"
