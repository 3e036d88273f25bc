"""Facts: the numbers of a parcel that features read, made from the columns of the log.

Times become seconds or microseconds, texts become codes and counts, a missing value NaN. `facts_of_log` reads a table
and `facts_of_rows` plain rows; both give the same bits, because both use the same function of one text.
"""

from features.facts.columns import FACTS, column_of
from features.facts.reading import facts_of_log, facts_of_rows

__all__ = ["FACTS", "column_of", "facts_of_log", "facts_of_rows"]
