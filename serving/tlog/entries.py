"""Entries of the audit: who did what when, about which events; and the bytes of them that the tree is made over."""

from __future__ import annotations

import json
from dataclasses import dataclass

from features.parcel.problems import StoreError
from serving.tlog.tree import leaf_hash

VERSION = 1
"""Of the canonical form; a change would be a new version next to this one, because trees of before must stay valid."""
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)  # once: there are many entries


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry; it holds no personal data of senders and recipients.

    Attributes
    ----------
    number:
        From 1 on without gaps; the leaf of the tree is the one before, counted from 0.
    at:
        Microseconds since 1970 in UTC.
    who:
        Name of the client.
    first, last:
        Sequence numbers of the events that it is about; None where it is about none.
    detail:
        What the action needs in addition: the number of an exhibit, a hash.
    """

    number: int
    at: int
    who: str
    action: str
    first: int | None = None
    last: int | None = None
    detail: str = ""

    @property
    def is_void(self) -> bool:
        """Whether it stands for a number under which nothing was committed."""
        return not self.action

    def canonical(self) -> bytes:
        """Bytes of which its leaf is the hash: JSON with sorted keys and without blanks, in UTF-8."""
        return _JSON.encode({"version": VERSION, **vars(self)}).encode()

    def leaf(self) -> bytes:
        """Hash of its leaf."""
        return leaf_hash(self.canonical())


def void(number: int) -> Entry:
    """Entry for a number that a database gave away and a transaction never used."""
    return Entry(number=number, at=0, who="", action="")


def entry_of(canonical: bytes) -> Entry:
    """Entry that the canonical bytes stand for.

    Raises
    ------
    StoreError
        When they are none, or not canonical.
    """
    try:
        said = json.loads(canonical)
        version = said.pop("version")
        entry = Entry(**said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            "this is no entry of an audit. Give a proof as `parcel-risk audit prove` writes it."
        ) from error
    if version != VERSION or not isinstance(entry.number, int) or entry.canonical() != canonical:
        raise StoreError(f"the entry is of version {version}, or not in canonical form; this program reads {VERSION}.")
    return entry
