"""Rows of one file that are pieces of one parcel and are far apart: joined once the whole file has been read.

Neighbours are joined where a file is read. These here have lost their personal data meanwhile, so their parties are
compared by keys; what is derived of their goods is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from features.event_rows import Row
from features.identity import DERIVED_SCHEMA, with_goods
from features.parcel.field_checks import MAX_PIECES
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.joining import is_same_consignment, joined
from features.parcel.schema import LINE
from serving.office.office import Office

KEY = ("operator", "parcel_id")
_PARTIES = ("sender_key", "contact_key", "recipient_key", "address_key")
_FOUND = "found"


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A parcel and the lines that declared more of its pieces."""

    row: Row
    lines: list[int] = field(default_factory=list)


def wholes(rows: Iterable[Row], office: Office) -> Iterator[Whole]:
    """Parcels of which several rows declare pieces; `rows` come by operator and identifier, then by line."""
    for _, same in groupby(rows, key=itemgetter(*KEY)):
        first, *rest = same
        whole = Whole(row=first)
        for row in rest:
            if not _is_more(whole.row, row):
                break  # order is amendment: what comes behind another version is no piece of the first
            whole = Whole(row=_together(whole.row, row), lines=[*whole.lines, row[LINE]])
        if whole.lines:
            yield Whole(row=with_goods(whole.row, office.secrets.identity, office.reference), lines=whole.lines)


def _is_more(whole: Row, row: Row) -> bool:
    n_pieces = len(whole["pieces"] or ()) + len(row["pieces"] or ())
    return (
        n_pieces <= MAX_PIECES
        and is_same_consignment(whole, row)
        and all(whole[name] is None or row[name] is None or whole[name] == row[name] for name in _PARTIES)
    )


def _together(whole: Row, row: Row) -> Row:
    """One row with the pieces of both; what only one of them says of the parties, too."""
    flags = dict.fromkeys([*(whole[QUALITY_FLAGS] or ()), *(row[QUALITY_FLAGS] or ())])
    derived = {name: row[name] for name in DERIVED_SCHEMA if whole[name] is None}
    return {**joined([whole, row]), **derived, QUALITY_FLAGS: list(flags)}


def repeated_outcomes(of_lines: dict[int, str], parcels: Iterable[Whole]) -> list[int]:
    """Lines whose outcome another row of the same parcel tells: a finding goes before all else, then the first."""
    repeated: list[int] = []
    for whole in parcels:
        told = [line for line in (whole.row[LINE], *whole.lines) if line in of_lines]
        kept = next((line for line in told if of_lines[line] == _FOUND), told[0] if told else None)
        repeated += [line for line in told if line != kept]
    return repeated
