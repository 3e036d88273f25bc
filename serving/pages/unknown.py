"""The card of a reading for which there is no answer: what is the matter, in the words of the station."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from features.text import Text, counted, joined, moment, text
from serving.office.lookup import LookUp
from serving.office.resolving import Nothing
from serving.pages.refusals import rejected_words
from serving.store.identifiers import Kind
from serving.store.quarantine import Held
from serving.store.times import time_of


@dataclass(frozen=True, kw_only=True)
class RefusedRow:
    """A row that lodged the number and could not be used."""

    operator: str
    lodged_at: Text
    reasons: list[tuple[str, Text]]


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


def _words(nothing: Nothing) -> tuple[Text, Text]:
    headline, said = _of(nothing)
    return headline, joined(" ", (said, text("That is not a low risk: decide by hand.")))


def _of(nothing: Nothing) -> tuple[Text, Text]:
    if nothing.is_past:
        return text("No answer on record"), text("The parcel was declared in the past and never assessed.")
    if nothing.is_several:
        return (
            text("Several numbers were read: scan one parcel"),
            text("The reading holds the numbers of several parcels."),
        )
    if nothing.refused:
        return text("Lodged and rejected"), text("It was declared, but the declaration could not be used.")
    if nothing.is_misread:
        return (
            text("Probably a misread: scan again"),
            text("The number is not one that a carrier gives, and nothing is on record under it."),
        )
    if nothing.is_fragment:
        return (
            text("Not a whole number: scan again"),
            text("What was read is too short for the number of a parcel, or has no digit."),
        )
    return (text("No manifest for this parcel"), text("Nothing was declared in advance, so nothing can be said of it."))


def _refused(held: Held) -> RefusedRow:
    return RefusedRow(
        operator=held.operator,
        lodged_at=moment(time_of(held.received_at)),
        reasons=[(reason["field"], rejected_words(reason["code"], reason["reason"])) for reason in held.reasons],
    )


def covered_words(found: LookUp) -> str:
    """What a number that is not the parcel's own covers; empty for a parcel's own."""
    if not found.parcels or found.kind is Kind.SPELLING:
        return ""
    n, n_shown, name = found.n_parcels, len(found.parcels), _name(found.kind)
    if n == 1:
        return text("This is {name} of one parcel. Check that the number on the parcel is the one below.", name=name)
    if n > n_shown:
        return text(
            "This is {name} of {n:,} parcels; the newest {shown} are shown. Scan the parcel's own number.",
            name=name,
            n=n,
            shown=n_shown,
        )
    return counted(
        "This is {name} of {n:,} parcel. Scan the parcel's own number.",
        "This is {name} of {n:,} parcels. Scan the parcel's own number.",
        n,
        name=name,
    )


def _name(kind: Kind) -> Text:
    match kind:
        case Kind.HOUSE_BILL:
            return text("the house bill")
        case Kind.MASTER_BILL:
            return text("the master bill")
        case Kind.RECEPTACLE:
            return text("the receptacle")
        case Kind.SPELLING:
            return text("the number")
        case _:
            assert_never(kind)
