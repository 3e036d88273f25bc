"""What rules of this office may name next to columns: words and codes of its lists, and its lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from features.parcel.problems import ParcelRiskError
from policy.lists.terms import Terms
from policy.rules import Lines, Lists, RuleError, word_lists
from serving.store import Connection
from serving.store.lists import StoredList, content_of, live_lists
from serving.store.times import microseconds
from serving.store.vault import Vault


@dataclass(frozen=True, kw_only=True)
class RuleNames:
    """Lists and lines that a rule may name; by default the lists that are shipped, and no line."""

    lists: Lists = field(default_factory=word_lists)
    lines: Lines = field(default_factory=dict)


def is_read_by_rules(terms: Terms) -> bool:
    """Whether a list holds words or codes."""
    return any(one.is_read_by_rules for one in terms.fields)


def rule_names(connection: Connection, vault: Vault, lines: Lines, at: datetime) -> RuleNames:
    """What rules may name now; entries are read when they are asked for, on this connection."""
    return RuleNames(lists=_OnRecord(connection, vault, at), lines=lines)


class _OnRecord(Mapping[str, frozenset[str]]):
    """Entries of the live lists that rules can read, and of shipped ones whose name no list of the office has."""

    def __init__(self, connection: Connection, vault: Vault, at: datetime) -> None:
        self._connection, self._vault, self._at = connection, vault, at
        self._stored = {one.terms.name: one for one in live_lists(connection) if is_read_by_rules(one.terms)}
        self._read: dict[str, frozenset[str]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter({**word_lists(), **self._stored})

    def __len__(self) -> int:
        return len({**word_lists(), **self._stored})

    def __contains__(self, name: object) -> bool:
        return name in self._stored or name in word_lists()

    def __getitem__(self, name: str) -> frozenset[str]:
        one = self._stored.get(name)
        if one is None:
            return word_lists()[name]
        if name not in self._read:
            self._read[name] = self._words(one)
        return self._read[name]

    def _words(self, one: StoredList) -> frozenset[str]:
        if one.terms.has_expired(self._at.date()):
            return frozenset()
        try:
            return content_of(self._connection, self._vault, one).words(microseconds(self._at))
        except ParcelRiskError as error:
            raise RuleError(f"list {one.terms.name} cannot be read: {error}") from error
