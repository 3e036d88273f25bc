"""Lists of an office: what is on them, and which parcels they recognise. Pure; columns first.

A list is a set of *entries* under one set of *terms* (kind, referral, owner, legal basis, expiry ...). Entries about
persons and things are kept as entity keys, made as those of parcels are; entries of names and words are compared with
the normalised text.
"""

from policy.lists.cells import MAX_ENTRIES
from policy.lists.content import Content
from policy.lists.entries import Entries, parcels_as_entries, read_entries, written
from policy.lists.exact import KeyIndex
from policy.lists.matching import Asked, Listed, ListIndex, Matches, Parcels
from policy.lists.names import NameIndex, name_form
from policy.lists.terms import ListField, ListKind, Terms, faults_of
from policy.lists.watch import WatchList
from policy.lists.wording import WordIndex

__all__ = [
    "MAX_ENTRIES",
    "Asked",
    "Content",
    "Entries",
    "KeyIndex",
    "ListField",
    "ListIndex",
    "ListKind",
    "Listed",
    "Matches",
    "NameIndex",
    "Parcels",
    "Terms",
    "WatchList",
    "WordIndex",
    "faults_of",
    "name_form",
    "parcels_as_entries",
    "read_entries",
    "written",
]
