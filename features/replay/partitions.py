"""What one worker does: replay one hash partition of the keys through the log, and put one chunk's rows together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from features.catalogue import catalogue
from features.history import ENTITIES, Engine, Entity, History
from features.history.events import Words
from features.history.kernel import N_READ, READ
from features.identity import KEYS
from features.log import PARCEL
from features.parcel.flags import QUALITY_FLAGS
from features.replay.files import Chunk, LogFiles, read_chunk, write_rows, write_whole

# Columns that the engine reads.
_REPLAYED_COLUMNS = (
    "seq",
    "kind",
    "known_at",
    "counted_at",
    "result",
    "cause",
    "declared_value_eur_cents",
    "gross_weight_g",
    QUALITY_FLAGS,
    "lodged_at",
    "due_at",
    *KEYS,
)


def replayed_partition(log: LogFiles, state: Path, part: int, n_partitions: int) -> int:
    """Replay the events whose keys fall into partition `part`, entity by entity; write what parcels read."""
    engines = {entity.name: Engine((entity,)) for entity in ENTITIES}
    for chunk in log.chunks:
        events = read_chunk(chunk, _REPLAYED_COLUMNS)
        read = [_read(engines[entity.name], entity, events, part, n_partitions) for entity in ENTITIES]
        write_whole(pl.concat(read), _path(state, chunk.number, part))
    _done(state, part).touch()
    return part


def is_replayed(state: Path, part: int) -> bool:
    """Whether partition `part` was replayed to its end."""
    return _done(state, part).exists()


def assembled(chunk: Chunk, state: Path, out: Path, n_partitions: int) -> int:
    """Put together what all partitions read for `chunk`, compute its feature rows and write them."""
    events = read_chunk(chunk)
    read = pl.concat([pl.read_parquet(_path(state, chunk.number, part)) for part in range(n_partitions)])
    write_rows(out, chunk.number, catalogue().rows(events, _history(events, read)))
    return chunk.number


def _read(engine: Engine, entity: Entity, events: pl.DataFrame, part: int, n_partitions: int) -> pl.DataFrame:
    mine = events.filter((pl.col(entity.key) % n_partitions).abs() == part)
    words = engine.advance(mine)[entity.name]
    is_parcel = (mine["kind"] == PARCEL).to_numpy()
    table = pl.DataFrame(words[is_parcel], schema=dict.fromkeys(READ, pl.Int64))
    return table.with_columns(
        mine["seq"].filter(pl.Series(is_parcel)).alias("seq"), pl.lit(entity.name).alias("entity")
    )


def _history(events: pl.DataFrame, read: pl.DataFrame) -> History:
    seq = events["seq"].to_numpy()
    history: dict[str, Words] = {}
    for entity in ENTITIES:
        mine = read.filter(pl.col("entity") == entity.name)
        words = np.zeros((events.height, N_READ), dtype=np.int64)
        words[np.searchsorted(seq, mine["seq"].to_numpy())] = mine.select(READ).to_numpy()
        history[entity.name] = words
    return history


def _path(state: Path, number: int, part: int) -> Path:
    return state / f"read-{number:06d}-{part:04d}.parquet"


def _done(state: Path, part: int) -> Path:
    return state / f"part-{part:04d}.done"
