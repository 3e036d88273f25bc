"""A card without its score: shown where the office learns whether officers decide alike when they cannot lean on it."""

from __future__ import annotations

from dataclasses import replace

from features.text import text
from serving.office.hiding import is_hidden
from serving.office.lookup import LookedUp
from serving.pages.card import Card


def as_shown(made: Card, found: LookedUp, share: float) -> Card:
    """The card, without score and reasons where they are hidden; once an outcome is on record nothing is."""
    answer = found.answer
    if found.result or answer.probability is None or not is_hidden(share, answer.operator, answer.parcel_id):
        return made
    said = text("Its score is hidden until an outcome is on record: decide by what you see and by the declaration.")
    return replace(made, chance=said, rank="", reasons=[], against=[], no_reasons=text("Hidden, too."), about=())
