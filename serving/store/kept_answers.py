"""Answers to requests with a key of their own, by which a request that is repeated is recognised."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, Table, Text, bindparam, delete, select

from serving.store.statements import Statement, insertion
from serving.store.tables import metadata

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("key", LargeBinary, primary_key=True, comment="keyed digest of the client and its key"),
    Column("part", Integer, primary_key=True, autoincrement=False, comment="of a request that is written in parts"),
    Column("request", LargeBinary, nullable=False, comment="keyed digest of what was asked"),
    Column("answer", Text, nullable=False, comment="JSON"),
    Column("kept_at", BigInteger, nullable=False, index=True),
)


def kept_answer(connection: Connection, key: bytes, part: int) -> tuple[bytes, str] | None:
    """Digest of the request under a key, and the answer to one of its parts; None where there is none."""
    found = _KEPT.run(connection, {"of_key": key, "of_part": part})
    return (bytes(found[0]["request"]), found[0]["answer"]) if found else None


_KEPT = Statement(
    select(kept_answers.c.request, kept_answers.c.answer).where(
        kept_answers.c.key == bindparam("of_key", type_=LargeBinary()),
        kept_answers.c.part == bindparam("of_part", type_=Integer()),
    )
)


def keep_answer(connection: Connection, *, key: bytes, part: int, request: bytes, answer: str, at_us: int) -> None:
    """Keep the answer to a part of a request."""
    given = {"key": key, "part": part, "request": request, "answer": answer, "kept_at": at_us}
    _KEEP.run(connection, given)


_KEEP = insertion(kept_answers)


def drop_answers(connection: Connection, *, before_us: int) -> int:
    """Forget what was kept before a time; return how many parts."""
    return connection.execute(delete(kept_answers).where(kept_answers.c.kept_at < before_us)).rowcount
