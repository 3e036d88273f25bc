"""Words of the desk: states, kinds of lists, effects and flaws of rules."""

from __future__ import annotations

from features.text import Text, text
from policy import Referral
from policy.rules import Rule
from policy.rules.analysis import Flaw
from serving.pages.stance import headline

STATES = {
    "draft": text("draft"),
    "approved": text("approved"),
    "live": text("live"),
    "retired": text("retired"),
    "shipped": text("shipped"),
}
"""States of lists, rules and typologies."""
KINDS = {
    "mandatory": text("mandatory"),
    "watch": text("watch"),
    "trusted": text("trusted"),
    "reference": text("reference"),
}
"""Kinds of lists."""
FLAWS = {
    Flaw.NEVER: text("never true"),
    Flaw.ALWAYS: text("always true"),
    Flaw.SAME: text("says the same as another rule"),
    Flaw.SUBSUMED: text("another rule hits whatever it hits"),
    Flaw.CONTRADICTS: text("another rule asks otherwise for the same parcels"),
    Flaw.DEAD: text("reads what is gone or has changed"),
    Flaw.EXPIRES: text("expires soon"),
    Flaw.NO_HITS: text("hits nothing in the sample"),
    Flaw.ORIGIN: text("selects by origin in effect"),
    Flaw.NULL: text("often cannot be evaluated"),
    Flaw.MANY: text("refers more than a line can look into"),
}
"""What can be wrong with a rule."""


def asked_words(referral: Referral | None) -> str:
    """What a hit asks for."""
    return text("nothing") if referral is None else headline(referral)[2]


def effect_words(rule: Rule) -> Text:
    """What a hit of a rule does."""
    if rule.refer is None:
        said = text("raises the score by {points:g} points", points=rule.raises or 0.0)
    else:
        said = text("asks for: {what}", what=headline(rule.refer)[2])
    return text("{what}, covertly", what=said) if rule.covert else said
