"""Typologies: ways in which contraband is sent, as weighted conditions with their sources, to be adopted as rules.

A typology is a YAML file: what is known of a modus operandi, by whom it was published, which conditions on a parcel
speak for it and how much, parcels that it must and must not match, where to look. An office adopts one as a rule like
any other, after it was tested on its own past.
"""

from policy.typologies.documents import typology_of, written
from policy.typologies.exchange import opened, signed
from policy.typologies.matching import Match, Matcher
from policy.typologies.shipped import shipped_typologies
from policy.typologies.typology import Found, Source, Typology, Weighted

__all__ = [
    "Found",
    "Match",
    "Matcher",
    "Source",
    "Typology",
    "Weighted",
    "opened",
    "shipped_typologies",
    "signed",
    "typology_of",
    "written",
]
