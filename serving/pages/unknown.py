"""The card of a reading for which there is no answer: what is the matter, in the words of the station."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from serving.office.lookup import LookUp
from serving.office.resolving import Nothing
from serving.store.identifiers import Kind
from serving.store.quarantine import Held
from serving.store.times import time_of

_NOT_LOW = "That is not a low risk: decide by hand."


@dataclass(frozen=True, kw_only=True)
class RefusedRow:
    """A row that lodged the number and could not be used."""

    operator: str
    lodged_on: str
    reasons: list[str]


@dataclass(frozen=True, kw_only=True)
class UnknownCard:
    """A reading without an answer, ready to be shown.

    Attributes
    ----------
    near:
        Identifiers on record that the reading may be a misread of.
    """

    headline: str
    text: str
    near: list[str] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)


def unknown_card(nothing: Nothing) -> UnknownCard:
    """Put what is known of a reading without an answer into words."""
    headline, text = _words(nothing)
    refused = [_refused(held) for held in nothing.refused]
    return UnknownCard(headline=headline, text=text, near=list(nothing.near), refused=refused)


def _words(nothing: Nothing) -> tuple[str, str]:
    if nothing.is_past:
        return "No answer on record", f"The parcel was declared in the past and never assessed. {_NOT_LOW}"
    if nothing.is_several:
        return (
            "Several numbers were read: scan one parcel",
            f"The reading holds the numbers of several parcels. {_NOT_LOW}",
        )
    if nothing.refused:
        return "Lodged and rejected", f"It was declared, but the declaration could not be used. {_NOT_LOW}"
    if nothing.is_misread:
        return (
            "Probably a misread: scan again",
            f"The number is not one that a carrier gives, and nothing is on record under it. {_NOT_LOW}",
        )
    if nothing.is_fragment:
        return (
            "Not a whole number: scan again",
            f"What was read is too short for the number of a parcel, or has no digit. {_NOT_LOW}",
        )
    return ("No manifest for this parcel", f"Nothing was declared in advance, so nothing can be said of it. {_NOT_LOW}")


def _refused(held: Held) -> RefusedRow:
    return RefusedRow(
        operator=held.operator,
        lodged_on=f"{time_of(held.received_at):%Y-%m-%d %H:%M} UTC",
        reasons=[f"{reason['field']}: {reason['reason']}" for reason in held.reasons],
    )


def covered_words(found: LookUp) -> str:
    """What a number that is not the parcel's own covers; empty for a parcel's own."""
    if not found.parcels or found.kind is Kind.SPELLING:
        return ""
    n, name = found.n_parcels, _name(found.kind)
    if n == 1:
        return f"This is {name} of one parcel. Check that the number on the parcel is the one below."
    shown = f"; the newest {len(found.parcels)} are shown" if n > len(found.parcels) else ""
    return f"This is {name} of {n:,} parcels{shown}. Scan the parcel's own number."


def _name(kind: Kind) -> str:
    match kind:
        case Kind.HOUSE_BILL:
            return "the house bill"
        case Kind.MASTER_BILL:
            return "the master bill"
        case Kind.RECEPTACLE:
            return "the receptacle"
        case Kind.SPELLING:
            return "the number"
        case _:
            assert_never(kind)
