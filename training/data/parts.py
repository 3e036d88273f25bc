"""Work on many feature rows part by part: a copy of all rows of a large log would take as much memory again."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from features.bundle import Bundle
from features.declared.declare import Floats
from training.data.datasets import Dataset, Flags, Ints

_AT_ONCE = 20_000
"""Rows of a part."""


def by_parts(rows: Flags, score: Callable[[Ints], Floats]) -> Floats:
    """What `score` says of the places of each part of `rows`, one after the other, shape ``(rows.sum(),)``."""
    places = np.flatnonzero(rows)
    found = [score(places[start : start + _AT_ONCE]) for start in range(0, places.size, _AT_ONCE)]
    return np.concatenate(found) if found else np.zeros(0)


def raw_by_bundle(bundle: Bundle, data: Dataset, rows: Flags) -> Floats:
    """Raw scores that `bundle` gives to `rows`, its words filled in."""
    descriptions = data.parcels["description"]
    return by_parts(rows, lambda part: bundle.raw(bundle.completed(data.values[part], descriptions.gather(part))))


def give_back_memory() -> None:
    """Return memory that is free to the system: the C library keeps what the threads of a fit have freed.

    After a fit on 100,000 rows that is a third of a gigabyte. Other C libraries than that of GNU have no such call.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
