"""Lists in the store: versions with their terms, their contents under seal, hits, and counted look-ups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, func, or_, select, text

from features.identity import DERIVATION
from features.parcel.problems import ListError
from policy import Referral
from policy.lists import Content, ListField, ListKind, Matches, Terms
from policy.lists.content import digest_of
from serving.store.erasure import erase
from serving.store.marks import raise_mark
from serving.store.policy_tables import list_contents, list_hits, list_lookups, lists
from serving.store.statements import Statement, each_number_of, insertion
from serving.store.statements import texts as numbers
from serving.store.tables import scores
from serving.store.vault import Vault

KIND = "lists"
"""Under which the marks of lists are kept."""
_TERMS = ("owner", "legal_basis", "reason", "source", "source_code", "information_code", "handling", "threshold")
_DAY_US = 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class StoredList:
    """One version of a list, without its content.

    Attributes
    ----------
    from_mark, until_mark:
        Marks between which it is live; None before it was, and as long as it is.
    """

    list_id: int
    version: int
    terms: Terms
    n_entries: int
    made_at: int
    made_by: str
    approved_by: str | None
    approved_at: int | None
    ended_at: int | None
    from_mark: int | None
    until_mark: int | None

    @property
    def state(self) -> str:
        """Draft, live or retired."""
        if self.ended_at is not None:
            return "retired"
        return "draft" if self.from_mark is None else "live"

    @property
    def subject(self) -> str:
        """For whom its content is sealed."""
        return f"list\x1f{self.terms.name}\x1f{self.version}"


def put_list(
    connection: Connection, vault: Vault, terms: Terms, content: Content, *, at_us: int, by: str
) -> StoredList:
    """Keep a new version of a list as a draft."""
    last = connection.execute(select(func.max(lists.c.version)).where(lists.c.name == terms.name)).scalar() or 0
    row = {
        "name": terms.name,
        "version": last + 1,
        "kind": terms.kind.value,
        "fields": " ".join(terms.fields),
        "asks": terms.asks and terms.asks.value,
        "review_on": terms.review_on.isoformat(),
        "expires_on": terms.expires_on and terms.expires_on.isoformat(),
        **{name: getattr(terms, name) for name in _TERMS},
        "n_entries": content.n_entries,
        "made_at": at_us,
        "made_by": by,
    }
    kept = _stored(connection.execute(lists.insert().values(row).returning(lists)).one())
    opened = content.in_the_open()
    sealed = vault.seal(kept.subject, content.to_seal(), kept.subject)
    connection.execute(
        list_contents.insert().values(
            list_id=kept.list_id, derivation=DERIVATION, digest=digest_of(opened), marks=opened, **sealed
        )
    )
    return kept


def lists_of(connection: Connection, name: str | None = None) -> list[StoredList]:
    """Versions of a list, or of all, by name, newest first."""
    query = select(lists).order_by(lists.c.name, lists.c.version.desc())
    return [_stored(row) for row in connection.execute(query if name is None else query.where(lists.c.name == name))]


def live_lists(connection: Connection) -> list[StoredList]:
    """Lists that are live, in the order in which they were made."""
    is_live = and_(lists.c.from_mark.is_not(None), lists.c.until_mark.is_(None))
    return [_stored(row) for row in connection.execute(select(lists).where(is_live).order_by(lists.c.id))]


def lists_live_at(connection: Connection, at_us: int) -> list[StoredList]:
    """Lists that were live at a time, in the order in which they were made; those that had expired by then as well."""
    # One that needs no approval is live from the moment in which it is made.
    has_begun = and_(lists.c.from_mark.is_not(None), func.coalesce(lists.c.approved_at, lists.c.made_at) <= at_us)
    has_not_ended = or_(lists.c.ended_at.is_(None), lists.c.ended_at > at_us)
    return [
        _stored(row) for row in connection.execute(select(lists).where(has_begun, has_not_ended).order_by(lists.c.id))
    ]


def _stored(row: Row[Any]) -> StoredList:
    terms = Terms(
        name=row.name,
        kind=ListKind(row.kind),
        fields=tuple(ListField(field) for field in row.fields.split()),
        asks=None if row.asks is None else Referral.parse(row.asks),
        review_on=dt.date.fromisoformat(row.review_on),
        expires_on=None if row.expires_on is None else dt.date.fromisoformat(row.expires_on),
        **{name: getattr(row, name) for name in _TERMS},
    )
    return StoredList(list_id=row.id, terms=terms, **{name: getattr(row, name) for name in _SAME})


_SAME = (
    *("version", "n_entries", "made_at", "made_by", "approved_by", "approved_at", "ended_at"),
    *("from_mark", "until_mark"),
)
"""Columns that are attributes as they are."""


def content_of(connection: Connection, vault: Vault, one: StoredList, *, whole: bool = False) -> Content:
    """Content of a list: what parcels are recognised by, and when it is asked for as a `whole`, what was imported.

    Raises
    ------
    ListError
        When it is damaged, gone, or was made into keys by another version of the derivation.
    StoreError
        When the vault cannot open it.
    """
    row = connection.execute(select(list_contents).where(list_contents.c.list_id == one.list_id)).one_or_none()
    if row is None:
        raise ListError(f"the entries of the list {one.terms.name} are gone. Restore the database.")
    if row.derivation != DERIVATION:
        raise ListError(f"the keys of the list {one.terms.name} are of an earlier program. Import it again.")
    sealed = None
    if whole or any(field.is_name or field.is_read_by_rules for field in one.terms.fields):
        sealed = vault.unseal(bytes(row.subject), bytes(row.nonce), bytes(row.sealed), one.subject)
        if whole and sealed is None:
            raise ListError(f"the entries of the list {one.terms.name} were erased when it was retired.")
    return Content.stored(bytes(row.marks), sealed, row.digest)


def go_live(connection: Connection, one: StoredList, *, at_us: int, by: str | None) -> int:
    """Make a draft live from now on, approved by somebody where it needs that; return the new mark."""
    mark = raise_mark(connection, KIND)
    approval = {} if by is None else {"approved_at": at_us, "approved_by": by}
    connection.execute(lists.update().where(lists.c.id == one.list_id).values(from_mark=mark, **approval))
    return mark


def end_list(connection: Connection, vault: Vault, one: StoredList, *, at_us: int, by: str) -> None:
    """End a draft or a live list, and erase what is sealed of it for ever; its keys stay with its hits."""
    mark = raise_mark(connection, KIND) if one.state == "live" else None
    values = {"ended_at": at_us, "ended_by": by, "until_mark": mark}
    connection.execute(lists.update().where(lists.c.id == one.list_id).values(values))
    erase(connection, vault, [one.subject], at_us=at_us)


def keep_hits(connection: Connection, seqs: Sequence[int], hits: Matches) -> None:
    """Keep which entries parcels met; `seqs` are the events of the rows."""
    columns = zip(*(column.tolist() for column in hits), strict=True)
    rows = [
        {"seq": seqs[row], "list_id": number, "entry": entry, "similarity": None if isnan(alike) else alike}
        for row, number, entry, alike in columns
    ]
    if rows:
        _INSERT_HITS.run(connection, rows)


def count_lookups(connection: Connection, mark: int, n: int, *, at_us: int) -> None:
    """Count parcels that were looked up in the lists that are live under a mark."""
    _COUNT.run(connection, {"mark": mark, "day": at_us // _DAY_US, "n": n})


_INSERT_HITS = insertion(list_hits)
_COUNT = Statement(
    text(
        "INSERT INTO list_lookups (mark, day, n) VALUES (:mark, :day, :n) "
        "ON CONFLICT (mark, day) DO UPDATE SET n = list_lookups.n + :n"
    )
)


@dataclass(frozen=True, kw_only=True)
class DayOfList:
    """Parcels that were looked up in a list on one day, and those that it hit."""

    day: dt.date
    n_looked_up: int
    n_hit: int


def days_of(connection: Connection, one: StoredList) -> list[DayOfList]:
    """Look-ups in a list by day, oldest first."""
    if one.from_mark is None:
        return []
    under = list_lookups.c.mark >= one.from_mark
    if one.until_mark is not None:
        under = and_(under, list_lookups.c.mark < one.until_mark)
    looked_up = select(list_lookups.c.day, func.sum(list_lookups.c.n)).where(under).group_by(list_lookups.c.day)
    day = (scores.c.scored_at // _DAY_US).label("day")
    hit = select(day, func.count(list_hits.c.seq.distinct())).where(list_hits.c.list_id == one.list_id)
    hit = hit.join_from(list_hits, scores, scores.c.seq == list_hits.c.seq).group_by(day)
    n_hit: dict[int, int] = {row[0]: row[1] for row in connection.execute(hit)}
    return [
        DayOfList(day=dt.date(1970, 1, 1) + dt.timedelta(days=day), n_looked_up=int(n), n_hit=n_hit.get(day, 0))
        for day, n in connection.execute(looked_up.order_by(list_lookups.c.day))
    ]


class Hit(NamedTuple):
    """An entry of a list that a parcel met."""

    seq: int
    name: str
    version: int
    entry: int
    similarity: float | None


def hits_of(connection: Connection, seqs: Iterable[int]) -> list[Hit]:
    """Hits of parcel events."""
    return [Hit(**row) for row in _HITS.run(connection, {"seqs": numbers(seqs)})]


_HITS = Statement(
    select(list_hits.c.seq, lists.c.name, lists.c.version, list_hits.c.entry, list_hits.c.similarity)
    .join_from(list_hits, lists)
    .where(list_hits.c.seq.in_(each_number_of("seqs")))
    .order_by(list_hits.c.seq, lists.c.name, list_hits.c.entry)
)


def list_named(connection: Connection, name: str) -> StoredList | None:
    """Newest version of a list that was not retired."""
    return next((one for one in lists_of(connection, name) if one.state != "retired"), None)
