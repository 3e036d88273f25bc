"""Which parcels a line looks at, why, and with what probability: pure functions used everywhere."""

from policy.selection import Cause, LinePolicy, Referral, Selection, draws, select, select_blind

__all__ = ["Cause", "LinePolicy", "Referral", "Selection", "draws", "select", "select_blind"]
