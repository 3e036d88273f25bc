"""Declared features: small pure functions of the facts of a parcel and of the history of its entities.

A module of this package is one theme. `features.catalogue` scans the modules listed there; nothing registers itself.
"""

from features.declared.declare import AcrossPart, Feature, HistoryPart, feature, history_part

__all__ = ["AcrossPart", "Feature", "HistoryPart", "feature", "history_part"]
