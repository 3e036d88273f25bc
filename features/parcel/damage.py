"""Flags of a parcel of which a value was changed, cut or dropped: few kinds, whatever the field and the reason."""

from __future__ import annotations

from collections.abc import Iterable

from features.parcel.problems import Doubt

DROPPED = "value_dropped"
DAMAGE: dict[str, str] = {
    DROPPED: "A value could not be used and was left out.",
    "value_changed": "A value was read as another spelling or unit of what it probably means.",
    "text_cut": "A text was longer than can be stored and was cut.",
    "placeholder": "A text that stands for no value, as n/a does, was left out.",
    "repeated": "Something was given more often than can be used; the first was.",
    "hs_zero_restored": "An HS code had lost its leading zero and is read with it.",
    "zone_assumed": "A time was given without its zone and is read as UTC.",
    "unknown_field": "Something was given for which the record has no field.",
}
"""Sentence of each flag. The code of a doubt is its flag, or says why a value was dropped."""


def damage_flags(doubts: Iterable[Doubt]) -> list[str]:
    """Flags of the doubts of one parcel, each once, in their order."""
    return list(dict.fromkeys(doubt.code if doubt.code in DAMAGE else DROPPED for doubt in doubts))
