"""Rows that could not be used, or only in part, with the reasons, until the operator corrects or discards them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, LargeBinary, Row, and_, bindparam, func, or_, select

from features.parcel.problems import Doubt, Remark
from serving.store.erasure import held_subject, number_digest
from serving.store.statements import Statement
from serving.store.tables import quarantine
from serving.store.vault import Content, Vault

OPEN, DOUBTFUL, WAITING, FIXED, DROPPED = "open", "doubtful", "waiting", "fixed", "dropped"
"""A doubtful row was used without some of its values, or with others; it is no rejected one. A waiting row is pending
until another message comes; when that does not come in time it is as open as any."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a doubtful row was used for.

    Attributes
    ----------
    subject:
        Of the parcel, see `serving.store.erasure.subject_of`.
    version:
        Of the declaration that it made.
    """

    subject: str
    version: int


NONE_USED: Mapping[int, Used] = MappingProxyType({})
_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Held:
    """A row in quarantine: its text as it was sent, and why it was not used."""

    held_id: int
    operator: str
    source: str
    line: int
    state: str
    received_at: int
    text: str
    reasons: list[dict[str, Any]]


def hold(
    connection: Connection,
    vault: Vault,
    *,
    operator: str,
    source: str,
    remarks: Iterable[Remark],
    original: Callable[[int], str],
    numbers: Callable[[int], str | None],
    at_us: int,
    state: str = OPEN,
    parcels: Mapping[int, Used] = NONE_USED,
) -> int:
    """Keep rows that were not used, or not as they were, one entry per line whatever the number of reasons.

    Return how many entries are new: a row that came before on the same line and is still open is not kept twice.
    `numbers` gives the number of the parcel on a line, by which the entry is found again. The entry of a row that was
    used is sealed for its parcel of `parcels`, and erased with it.
    """
    by_line: dict[int, list[Remark]] = {}
    for remark in remarks:
        by_line.setdefault(remark.line, []).append(remark)
    digests = {line: vault.handle(f"row\x1f{operator}\x1f{source}\x1f{line}\x1f{original(line)}") for line in by_line}
    if state == OPEN:
        known = _open(connection, digests.values())
        by_line = {line: reasons for line, reasons in by_line.items() if digests[line] not in known}
    sealed = vault.seal_many(
        Content(
            subject=parcels[line].subject if line in parcels else held_subject(operator, at_us, line),
            data=_data(original(line), reasons, parcels.get(line)),
            context=f"held|{operator}|{at_us}|{line}",
        )
        for line, reasons in by_line.items()
    )
    shared = {"operator": operator, "source": source, "state": state, "received_at": at_us}
    rows = [
        {**shared, "line": line, "number": number_digest(vault, numbers(line)), "content": digests[line], **columns}
        for line, columns in zip(by_line, sealed, strict=True)
    ]
    if rows:
        connection.execute(quarantine.insert(), rows)
    return len(rows)


def _open(connection: Connection, digests: Iterable[bytes]) -> set[bytes]:
    """Those of the digests under which a row is pending correction."""
    found: set[bytes] = set()
    wanted = list(digests)
    for start in range(0, len(wanted), _AT_ONCE):
        among = quarantine.c.content.in_(wanted[start : start + _AT_ONCE])
        query = select(quarantine.c.content).where(among, quarantine.c.state == OPEN)
        found.update(bytes(row.content) for row in connection.execute(query))
    return found


def _data(text: str, reasons: list[Remark], used: Used | None) -> dict[str, Any]:
    version = {} if used is None else {"version": used.version}
    return {"text": text, "reasons": [reason.as_dict() for reason in reasons], **version}


def doubts_of(connection: Connection, vault: Vault, parcels: Mapping[str, Used]) -> dict[str, list[Doubt]]:
    """Doubts about the given version of each parcel, by its number; those that were corrected or discarded left out."""
    handles = {number: vault.handle(used.subject) for number, used in parcels.items()}
    digests = {number_digest(vault, number): number for number in parcels}
    found: dict[str, list[Doubt]] = {}
    wanted = list(digests)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(
            select(quarantine)
            .where(quarantine.c.number.in_(wanted[start : start + _AT_ONCE]), quarantine.c.state == DOUBTFUL)
            .order_by(quarantine.c.id)
        )
        for row in rows:
            number = digests[row.number]
            content = _content(row, vault) if row.subject == handles[number] else None
            if content is not None and content.get("version") == parcels[number].version:
                found[number] = [Doubt(**reason) for reason in content["reasons"]]
    return found


def held_by_number(
    connection: Connection, vault: Vault, numbers: Iterable[str], *, operator: str | None, limit: int
) -> list[Held]:
    """Entries of rows that were not used and gave one of `numbers`, newest first; of one operator if it is given."""
    query = select(quarantine).where(
        quarantine.c.state != DOUBTFUL,
        quarantine.c.number.in_({number_digest(vault, number) for number in numbers}),
        *(() if operator is None else (quarantine.c.operator == operator,)),
    )
    rows = connection.execute(query.order_by(quarantine.c.id.desc()).limit(limit))
    held = (_held(row, vault) for row in rows)
    return [one for one in held if one is not None]


def held_rows(
    connection: Connection,
    vault: Vault,
    operator: str,
    *,
    state: str = OPEN,
    after: int,
    limit: int,
    waiting_since_us: int,
) -> list[Held]:
    """Entries of an operator in a state behind entry `after`, oldest first; those that waited too long are open."""
    waited = and_(quarantine.c.state == WAITING, quarantine.c.received_at < waiting_since_us)
    wanted = quarantine.c.state == state
    wanted = or_(wanted, waited) if state == OPEN else wanted
    query = (
        select(quarantine)
        .where(quarantine.c.operator == operator, quarantine.c.id > after, wanted)
        .order_by(quarantine.c.id)
        .limit(limit)
    )
    held = (_held(row, vault) for row in connection.execute(query))
    return [one for one in held if one is not None]


def held_row(connection: Connection, vault: Vault, operator: str, held_id: int) -> Held | None:
    """One entry of an operator."""
    query = select(quarantine).where(quarantine.c.operator == operator, quarantine.c.id == held_id)
    row = connection.execute(query).one_or_none()
    return _held(row, vault) if row else None


def waiting_rows(connection: Connection, vault: Vault, numbers: Iterable[str]) -> list[Held]:
    """Entries that wait for one of `numbers`, oldest first."""
    digests = list({number_digest(vault, number) for number in numbers})
    ids = [
        row["id"]
        for start in range(0, len(digests), len(_DIGESTS))
        for row in _ids_waiting(connection, digests[start : start + len(_DIGESTS)])
    ]
    if not ids:  # as for nearly every parcel
        return []
    rows = connection.execute(select(quarantine).where(quarantine.c.id.in_(ids)).order_by(quarantine.c.id))
    held = (_held(row, vault) for row in rows)
    return [one for one in held if one is not None]


_DIGESTS = [f"digest_{index}" for index in range(50)]


def _ids_waiting(connection: Connection, digests: Sequence[bytes | None]) -> list[dict[str, Any]]:
    """Entries that wait for one of `digests`; one is asked for by itself, because fifty take ten times as long."""
    names = _DIGESTS[:1] if len(digests) == 1 else _DIGESTS
    given = dict(zip(names, chain(digests, repeat(digests[0])), strict=False))
    return _waiting(len(names)).run(connection, given)


@cache
def _waiting(n_digests: int) -> Statement:
    digests = [bindparam(name, type_=LargeBinary()) for name in _DIGESTS[:n_digests]]
    return Statement(select(quarantine.c.id).where(quarantine.c.number.in_(digests), quarantine.c.state == WAITING))


def settle(connection: Connection, held_id: int, state: str) -> None:
    """Close an entry."""
    connection.execute(quarantine.update().where(quarantine.c.id == held_id).values(state=state))


def _held(row: Row[Any], vault: Vault) -> Held | None:
    """Entry with its content; None when that was erased."""
    content = _content(row, vault)
    if content is None:
        return None
    return Held(
        held_id=row.id,
        operator=row.operator,
        source=row.source,
        line=row.line,
        state=row.state,
        received_at=row.received_at,
        text=content["text"],
        reasons=content["reasons"],
    )


def _content(row: Row[Any], vault: Vault) -> dict[str, Any] | None:
    context = f"held|{row.operator}|{row.received_at}|{row.line}"
    content: dict[str, Any] | None = vault.unseal(row.subject, row.nonce, row.sealed, context)
    return content


def states_between(connection: Connection, operator: str, since_us: int, until_us: int) -> dict[str, int]:
    """How many rows of an operator that came between two times are in each state."""
    came = quarantine.c.received_at >= since_us, quarantine.c.received_at < until_us
    counted = select(quarantine.c.state, func.count()).where(quarantine.c.operator == operator, *came)
    return {state: n for state, n in connection.execute(counted.group_by(quarantine.c.state))}


def open_between(connection: Connection, since_us: int, until_us: int) -> dict[str, int]:
    """How many rows that came between two times are still of no use, by operator."""
    came = quarantine.c.received_at >= since_us, quarantine.c.received_at < until_us
    query = select(quarantine.c.operator, func.count()).where(*came, quarantine.c.state.in_((OPEN, WAITING)))
    return {str(operator): n for operator, n in connection.execute(query.group_by(quarantine.c.operator))}
