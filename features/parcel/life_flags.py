"""Data-quality flags that need more than the declaration: what was lodged, amended or cancelled before."""

from __future__ import annotations

NUMBER_REUSED = "number_reused"
LIKE_CANCELLED = "like_cancelled"
VERSION_REPEATED = "version_repeated"
LIFE_FLAGS = {
    NUMBER_REUSED: "Another parcel was lodged under this number within a year: the sticker may be the wrong one.",
    LIKE_CANCELLED: "It looks like a parcel that was cancelled before anybody had looked at it, and has its referral.",
    VERSION_REPEATED: "Other facts were lodged under the same version before.",
}
"""Sentence of each, by code."""
