"""Feature rows of a log that is in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from features.catalogue import FeatureRows, catalogue
from features.facts import facts_of_rows
from features.history import Advances, Engine
from features.history.events import Log
from features.log import PARCEL

CHUNK = 8_000
"""Events processed at a time: rows of more than 32 MB come from fresh memory each time, at a third more time."""


def feature_rows(log: Log, engine: Advances) -> FeatureRows:
    """Feature rows of the parcels in `log`; `engine`, or the staging of a transaction, is advanced past them."""
    read = engine.advance(log)
    if isinstance(log, pl.DataFrame):
        return catalogue().rows(log, read)
    places = [place for place, event in enumerate(log) if event["kind"] == PARCEL]
    parcels = [log[place] for place in places]
    known = read if len(places) == len(log) else {name: words[places] for name, words in read.items()}
    return FeatureRows(
        seq=np.array([event["seq"] for event in parcels], dtype=np.int64),
        values=catalogue().values(facts_of_rows(parcels), known),
    )


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
