"""What may be changed in the log: numbers and texts are erased, keys and facts are derived anew.

Segments are never changed. What an erasure removes is in none of them; where facts change, the newest segments are
taken apart again, and the log is sealed anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select, union

from features.event_rows import Row as Event
from features.facts.withheld import FACTS_OF_WITHHELD, PIECE_PROSE, without_texts
from features.log import WITHHELD
from features.parcel.problems import StoreError
from features.reasons import Reason
from serving.store import log_texts, segments
from serving.store.facts import derivation_of, packed, unpacked, withheld_facts
from serving.store.handling_tables import observations, stage_details
from serving.store.log import folder_of, tail_rows
from serving.store.log_table import table_of
from serving.store.retention_tables import masked_texts
from serving.store.segment_format import DERIVED_BY
from serving.store.tables import events, explanations, identifiers, meta, tail
from serving.store.times import microseconds

_AT_ONCE = 2_000
_NOTED = "changes of the log"


def n_changes(connection: Connection) -> int:
    """How often facts in the tail were changed: who has read it meanwhile must read it again."""
    return int(connection.execute(select(meta.c.value).where(meta.c.name == _NOTED)).scalar() or 0)


def _note_change(connection: Connection) -> None:
    n = n_changes(connection) + 1
    if n == 1:
        connection.execute(meta.insert().values(name=_NOTED, value="1"))
    else:
        connection.execute(meta.update().where(meta.c.name == _NOTED).values(value=str(n)))


def about(connection: Connection, seqs: Iterable[int]) -> list[int]:
    """Sequence numbers of the parcel events `seqs` and of all events about them."""
    found = set(seqs)
    wanted = sorted(found)
    while wanted:
        others = select(events.c.seq).where(events.c.subject_seq.in_(wanted[:_AT_ONCE]))
        fresh = set(connection.execute(others).scalars()) - found
        found |= fresh
        wanted = [*wanted[_AT_ONCE:], *sorted(fresh)]
    return sorted(found)


def erase_prose(connection: Connection, seqs: Iterable[int]) -> None:
    """Erase texts and bills of events, sealed or not, which keep their number; a replay gives the same as before.

    With a description go the words of it that reasons name; the reasons stay without them.
    """
    wanted = sorted(seqs)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        _erase_in_tail(connection, part)
        log_texts.erase(connection, part)
        _erase_words(connection, part)


def _erase_words(connection: Connection, seqs: Sequence[int]) -> None:
    chosen = select(explanations.c.id, explanations.c.facts).where(explanations.c.seq.in_(seqs))
    for row in connection.execute(chosen).all():
        facts = [replace(Reason.from_dict(one), word=None).as_dict() for one in json.loads(row.facts)]
        values = {"facts": json.dumps(facts)}
        connection.execute(explanations.update().where(explanations.c.id == row.id).values(**values))


def erase_texts(connection: Connection, seqs: Iterable[int]) -> None:
    """Erase numbers and texts of events, sealed or not; a replay gives the same feature rows as before."""
    wanted = sorted(seqs)
    erase_prose(connection, wanted)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        connection.execute(identifiers.delete().where(identifiers.c.seq.in_(part)))
        connection.execute(stage_details.delete().where(stage_details.c.seq.in_(part)))
        connection.execute(observations.update().where(observations.c.seq.in_(part)).values(posting_mark=None))
        connection.execute(events.update().where(events.c.seq.in_(part)).values(parcel_id=None))


def _erase_in_tail(connection: Connection, seqs: Sequence[int]) -> None:
    rows = [row for row in _in_tail(connection, seqs) if withheld_facts(row.facts, row.seq) is None]
    if not rows:
        return
    known = without_texts(table_of(rows)).select(FACTS_OF_WITHHELD).rows()
    for row, facts in zip(rows, known, strict=True):
        event = {**unpacked(row.facts, row.seq), **_ERASED}
        if event["pieces"] is not None:
            event["pieces"] = [{**piece, PIECE_PROSE: None} for piece in event["pieces"]]
        content = packed(event, derivation=derivation_of(row.facts), withheld=facts)
        connection.execute(tail.update().where(tail.c.seq == row.seq).values(facts=content))


_ERASED = dict.fromkeys(name for name in WITHHELD if name != "parcel_id")


def _in_tail(connection: Connection, seqs: Sequence[int]) -> list[Any]:
    if not seqs:
        return []
    wanted = frozenset(seqs)
    # Mostly the events of one parcel: single rows by their key.
    return [row for seq in sorted(wanted) for row in tail_rows(connection, after=seq - 1, limit=1) if row.seq == seq]


def replace_facts(connection: Connection, log: Iterable[Event]) -> None:
    """Store events of the log anew, whose keys or facts were derived anew; what they are found by stays as it is.

    Segments from the first of the events on are taken apart; sealing makes new ones. The history must be rebuilt.

    Raises
    ------
    StoreError
        When an event is not in the log, or its numbers and texts were erased: nothing can be derived anew of it.
    """
    changed = sorted(log, key=lambda event: event["seq"])
    if not changed:
        return
    unseal(connection, changed[0]["seq"])
    for event in changed:
        facts = connection.execute(select(tail.c.facts).where(tail.c.seq == event["seq"])).scalar()
        if facts is None or withheld_facts(facts, event["seq"]) is not None:
            raise StoreError(
                f"event {event['seq']} cannot be stored anew: it is not in the log, or what it was derived from was "
                "erased. Leave it out."
            )
        known_at = microseconds(event["known_at"])
        values = {"known_at": known_at, "facts": packed(event)}
        connection.execute(tail.update().where(tail.c.seq == event["seq"]).values(**values))
    _note_change(connection)


def unseal(connection: Connection, seq: int) -> int:
    """Take the segments apart that hold event `seq` and later ones; return the number of events in the tail again.

    Their files stay until the next start sets them aside.

    Raises
    ------
    StoreError
        When a segment is missing or damaged.
    """
    n = 0
    for segment in reversed(segments.chain(connection, after=seq - 1)):
        sealed = folder_of(connection).whole(segment).collect()
        connection.execute(tail.delete().where(tail.c.seq.between(segment.first_seq, segment.last_seq)))
        for start in range(0, sealed.height, _AT_ONCE):
            n += _put_back(connection, sealed.slice(start, _AT_ONCE).to_dicts())
        log_texts.forget_behind(connection, segment.first_seq - 1)
        segments.remove_newest(connection)
    if n:
        _note_change(connection)
    return n


def _put_back(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    known = log_texts.of(connection, [row["seq"] for row in rows])
    erased = _erased(connection, rows)
    stored = [
        {
            "seq": row["seq"],
            "known_at": microseconds(row["known_at"]),
            "facts": packed(
                log_texts.with_texts(row, known.get(row["seq"])),
                derivation=row[DERIVED_BY],
                withheld=[row[name] for name in FACTS_OF_WITHHELD] if row["seq"] in erased else None,
            ),
        }
        for row in rows
    ]
    connection.execute(tail.insert(), stored)
    return len(stored)


def _erased(connection: Connection, rows: Sequence[dict[str, Any]]) -> frozenset[int]:
    """Those of some events whose number was erased, or whose texts are masked."""
    first, last = rows[0]["seq"], rows[-1]["seq"]
    erased = select(events.c.seq).where(events.c.seq.between(first, last), events.c.parcel_id.is_(None))
    masked = select(masked_texts.c.seq).where(masked_texts.c.seq.between(first, last))
    return frozenset(connection.execute(union(erased, masked)).scalars())


def n_in_tail(connection: Connection) -> int:
    """Events in the tail."""
    return int(connection.execute(select(func.count()).select_from(tail)).scalar() or 0)
