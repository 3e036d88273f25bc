"""Times as the store keeps them: microseconds since 1970, so that they compare alike everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _US
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _US


@lru_cache(maxsize=256)  # the events of one transaction share their time
def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of a time; of one before or after all that UTC shows, of the first or last of these."""
    return min(max((at - _EPOCH) // _US, _FIRST), _LAST)


def time_of(microseconds: int) -> datetime:
    """Microseconds since 1970 as a UTC time."""
    return _EPOCH + timedelta(microseconds=microseconds)
