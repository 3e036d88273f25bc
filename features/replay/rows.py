"""Feature rows of a log that is in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from features.catalogue import FeatureRows, catalogue
from features.history import Advances, Engine

CHUNK = 8_000
"""Events processed at a time: rows of more than 32 MB come from fresh memory each time, at a third more time."""


def feature_rows(log: pl.DataFrame, engine: Advances) -> FeatureRows:
    """Feature rows of the parcels in `log`; `engine`, or the staging of a transaction, is advanced past them."""
    return catalogue().rows(log, engine.advance(log))


def replay(log: pl.DataFrame, engine: Engine | None = None, *, chunk: int = CHUNK) -> Iterator[FeatureRows]:
    """Replay `log` chunk by chunk, so that progress can be shown; the chunk size changes no bit."""
    engine = engine or Engine()
    for start in range(0, log.height, chunk):
        yield feature_rows(log.slice(start, chunk), engine)


def joined(parts: Iterator[FeatureRows]) -> FeatureRows:
    """Put the chunks of a replay together."""
    rows = list(parts)
    if not rows:
        return FeatureRows(seq=np.zeros(0, dtype=np.int64), values=np.zeros((0, len(catalogue())), dtype=np.float64))
    return FeatureRows(
        seq=np.concatenate([part.seq for part in rows]), values=np.concatenate([part.values for part in rows])
    )
