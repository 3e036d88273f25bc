"""Data-quality flags that need more than the declaration: what was lodged, amended or cancelled before."""

from __future__ import annotations

NUMBER_REUSED = "number_reused"
LIKE_CANCELLED = "like_cancelled"
VERSION_REPEATED = "version_repeated"
RETURNED, REDIRECTED, DECLARED_AGAIN = "returned", "redirected", "declared_again"
SAME_GOODS = (RETURNED, REDIRECTED, DECLARED_AGAIN)
"""Flags of a parcel that is the goods of another one on record: history counts the first, and reads for both."""
OTHER_VALUE, OTHER_WEIGHT, OTHER_GOODS, OTHER_PARTIES = "other_value", "other_weight", "other_goods", "other_parties"
CONTRADICTIONS = (OTHER_VALUE, OTHER_WEIGHT, OTHER_GOODS, OTHER_PARTIES)
"""Flags of a declaration that contradicts the one by another client of the same item."""
OF_OTHERS = frozenset((*SAME_GOODS, *CONTRADICTIONS))
"""Flags that say what others have declared: operators are not shown them, and no doubt of the manifest is in them."""
FEATURES_OF_OTHERS = frozenset({"n_contradictions"})
"""Features that say the same."""
LIFE_FLAGS = {
    NUMBER_REUSED: "Another parcel was lodged under this number within a year: the sticker may be the wrong one.",
    LIKE_CANCELLED: "It looks like a parcel that was cancelled before anybody had looked at it, and has its referral.",
    VERSION_REPEATED: "Other facts were lodged under the same version before.",
    RETURNED: "It is a parcel on record on its way back to its sender: history counts the first.",
    REDIRECTED: "It is a parcel on record that was sent on to another addressee: history counts the first.",
    DECLARED_AGAIN: "Another client declared the same item before: history counts the first.",
    OTHER_VALUE: "The other declaration of this item gives another value.",
    OTHER_WEIGHT: "The other declaration of this item gives another weight.",
    OTHER_GOODS: "The other declaration of this item describes other goods.",
    OTHER_PARTIES: "The other declaration of this item names another sender or recipient.",
}
"""Sentence of each, by code."""
