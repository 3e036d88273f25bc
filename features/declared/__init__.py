"""Declared features: small pure functions over the facts of a parcel and over the history of its entities.

A module of this package is one theme. `features.catalogue` scans the modules listed there; nothing registers itself.
"""

from features.declared.declare import AcrossPart, Feature, History, HistoryPart, feature, history_part

__all__ = ["AcrossPart", "Feature", "History", "HistoryPart", "feature", "history_part"]
