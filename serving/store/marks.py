"""Marks: one number for each kind of thing that an office sets, raised whenever what is live of it changes.

A running service reads the mark before it decides, and takes over what has changed.
"""

from __future__ import annotations

from sqlalchemy import Connection, String, bindparam, select, text

from serving.store.policy_tables import policy_marks
from serving.store.statements import Statement


def mark_of(connection: Connection, kind: str) -> int:
    """Mark of a kind; 0 where nothing of it ever was live."""
    rows = _MARK.run(connection, {"of_kind": kind})
    return int(rows[0]["number"]) if rows else 0


def raise_mark(connection: Connection, kind: str) -> int:
    """Raise the mark of a kind; return the new one."""
    return int(_RAISE.run(connection, {"kind": kind})[0]["number"])


_MARK = Statement(select(policy_marks.c.number).where(policy_marks.c.kind == bindparam("of_kind", type_=String())))
_RAISE = Statement(
    text(
        "INSERT INTO policy_marks (kind, number) VALUES (:kind, 1) "
        "ON CONFLICT (kind) DO UPDATE SET number = policy_marks.number + 1 RETURNING number"
    )
)
