"""Fill the columns that a question reads: what is missing is made from the log, by a replay where it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from features.catalogue import catalogue
from features.history import Engine, mark_of, snapshots
from features.log import OUTCOME, PARCEL, RETRACTION
from features.parcel.problems import SnapshotError
from features.replay import feature_rows
from features.typical import LANE
from policy import Referral
from policy.vocabulary import BY_STRENGTH
from serving.office.whatif.columns import Column, FeatureColumn, Part
from serving.office.whatif.series import Array, Series
from serving.store import Connection
from serving.store import log as event_log
from serving.store.scores import decisions_between

TYPES: Mapping[str, Mapping[str, type]] = {
    PARCEL: {
        **{"seq": np.int64, "at": np.int64, "life": np.int64, "sender": np.int64, "lane": np.int32},
        **{"origin": np.int32, "asked": np.int8, "propensity": np.float64},
    },
    OUTCOME: {"outcome": np.int64, "outcome_of": np.int64, "result": np.int8, "outcome_propensity": np.float64},
    RETRACTION: {"retracted": np.int64},
}
"""Columns that every question reads, by the kind of event that they have an entry for. `life` is the number of the
first version of the parcel, `asked` that of the referral in fact (-1: none), `result` 1 found, 0 nothing, else -1."""
_RESULTS = {"nothing_found": 0, "found": 1}
_ORIGIN = pl.coalesce("dispatch_country", "sender_country").fill_null("?").alias("origin")


def fill(connection: Connection, series: Series, wanted: Sequence[Column], *, until_us: int) -> int:
    """Make the columns long enough for every parcel that was known before `until_us`; return the events that they hold.

    Where the cache ends before that time, it is brought to the end of the log: first what is whole, so that the history
    continues where it was left, then what is missing.
    """
    features = _features([name for one in wanted for name in one.features])
    columns: list[Column] = [*features.values(), *wanted]
    n = series.n.get(PARCEL, 0)
    if _known_until(series, n) < until_us and event_log.last_seq(connection) > series.last_seq:
        kept = _features([*series.kept("feature-"), *features])
        whole = [one for one in [*kept.values(), *wanted] if _is_whole(series, one, n)]
        _Pass(connection, series, kept, whole, grows=True).run()
        n = series.n.get(PARCEL, 0)
    missing = [one for one in columns if series.length(one.name, one.dtype) < n]
    if missing:
        _Pass(connection, series, features, missing, grows=False).run()
    return n


def _is_whole(series: Series, one: Column, n: int) -> bool:
    """Whether a column, and each that it reads, has an entry for all parcels so far."""
    read = [(FeatureColumn.named(name), FeatureColumn.dtype) for name in one.features]
    return all(series.length(name, dtype) >= n for name, dtype in [(one.name, one.dtype), *read])


def _features(names: Sequence[str]) -> dict[str, FeatureColumn]:
    """Columns of features."""
    return {name: FeatureColumn(name, catalogue().column(name)) for name in dict.fromkeys(names)}


def _known_until(series: Series, n: int) -> int:
    return int(series.read("at", np.int64, n)[-1]) if n else 0


@dataclass
class _Pass:
    """One pass over the log; `grows` where it sees events that no column has an entry for yet.

    All is kept in memory and written in the end: a pass that is interrupted leaves the columns as they were.
    """

    connection: Connection
    series: Series
    features: Mapping[str, FeatureColumn]
    missing: Sequence[Column]
    grows: bool
    made: dict[str, list[Array]] = field(default_factory=dict)
    new: list[pl.DataFrame] = field(default_factory=list)
    last: pl.DataFrame | None = None

    def run(self) -> None:
        """See the log from where the shortest column ends, and write what is new."""
        series = self.series
        known = series.read("seq", np.int64, series.n.get(PARCEL, 0))
        engine = self._engine(known)
        after = self._begins(known) if engine is None else engine.last_seq
        first = n = int(np.searchsorted(known, after, side="right"))
        for log in event_log.parts(self.connection, after=after, texts=("description",)):
            part = log if self.grows else log.filter(pl.col("seq") <= series.last_seq)
            if part.height == 0:
                break
            n += self._see(part, n, engine)
            self.last = part
        for one in self.missing:
            length = min(series.length(one.name, one.dtype), known.size)
            values = np.concatenate([np.zeros(0, one.dtype), *self.made.get(one.name, [])])
            series.append(one.name, values[length - first :].astype(one.dtype), behind=length)
        if self.grows and self.last is not None:
            self._grow(engine)

    def _engine(self, known: Array) -> Engine | None:
        """History as it was where replay begins; None where no column needs it."""
        if not any(one.reads_rows for one in self.missing):
            return None
        shortest = min(known.size, *(self.series.length(one.name, one.dtype) for one in self.missing))
        for snapshot in snapshots.usable(self.series.folder / "history"):
            if isinstance(snapshot, SnapshotError):
                continue
            if np.searchsorted(known, snapshot.engine.last_seq, side="right") <= shortest:
                return snapshot.engine
        return Engine()

    def _begins(self, known: Array) -> int:
        """Event behind which the shortest column ends."""
        lengths = [self.series.length(one.name, one.dtype) for one in self.missing]
        shortest = min([known.size, *lengths])
        return self.series.last_seq if shortest == known.size else int(known[shortest - 1]) if shortest else 0

    def _see(self, log: pl.DataFrame, n: int, engine: Engine | None) -> int:
        """Make what a part of the log adds to each column; `n` parcels are before it. Return its parcels."""
        values = None if engine is None else feature_rows(log, engine).values
        parcels = log.filter(pl.col("kind") == PARCEL)
        if self.grows:
            self.new.append(_facts(log.filter(pl.col("seq") > self.series.last_seq)))
        whole = Part(parcels=parcels, values=values)
        names = {one.name for one in self.missing}
        features = {
            name: one.of(whole) if one.name in names else self.series.read(one.name, one.dtype)[n : n + parcels.height]
            for name, one in self.features.items()
        }
        part = Part(parcels=parcels, features=features, values=values)
        for one in self.missing:
            self.made.setdefault(one.name, []).append(one.of(part))
        return parcels.height

    def _grow(self, engine: Engine | None) -> None:
        """Write the columns that every question reads, and the history with which the next pass begins."""
        series, new = self.series, pl.concat(self.new)
        columns = {
            PARCEL: self._parcels(new.filter(pl.col("kind") == PARCEL)),
            OUTCOME: _outcomes(new.filter(pl.col("kind") == OUTCOME)),
            RETRACTION: {"retracted": new.filter(pl.col("kind") == RETRACTION)["subject_seq"].to_numpy()},
        }
        n = dict(series.n)
        for kind, of_kind in columns.items():
            for name, values in of_kind.items():
                series.append(name, values.astype(TYPES[kind][name]), behind=n.get(kind, 0))
            n[kind] = n.get(kind, 0) + len(next(iter(of_kind.values())))
        if engine is not None and self.last is not None:
            snapshots.save(engine, series.folder / "history", mark=mark_of(self.last))
        series.commit(int(new["seq"][-1]), n)

    def _parcels(self, parcels: pl.DataFrame) -> dict[str, Array]:
        seq, at = parcels["seq"].to_numpy(), parcels["at"].to_numpy()
        asked, propensity = self._decided(seq)
        return {
            "seq": seq,
            "at": at,
            "life": self._lives(parcels, seq, at),
            "sender": parcels["sender"].to_numpy(),
            "lane": self.series.codes("lane", parcels["lane"].to_list()),
            "origin": self.series.codes("origin", parcels["origin"].to_list()),
            "asked": asked,
            "propensity": propensity,
        }

    def _decided(self, seq: Array) -> tuple[Array, Array]:
        """Number of the referral, and propensity, of what was decided; -1 and NaN where nothing was."""
        asked, propensity = np.full(seq.size, -1, dtype=np.int8), np.full(seq.size, np.nan)
        if seq.size:
            rows = decisions_between(self.connection, int(seq[0]), int(seq[-1]))
            at = np.searchsorted(seq, [row.seq for row in rows])
            asked[at] = [BY_STRENGTH.index(Referral.parse(row.referral)) for row in rows]
            propensity[at] = [row.propensity for row in rows]
        return asked, propensity

    def _lives(self, parcels: pl.DataFrame, seq: Array, at: Array) -> Array:
        """Number of the first version of each parcel: the one lodged when an amendment says that it counts."""
        known = self.series.n.get(PARCEL, 0)
        all_seq = np.concatenate([self.series.read("seq", np.int64, known), seq])
        all_at = np.concatenate([self.series.read("at", np.int64, known), at])
        amended = parcels.filter(pl.col("counted").is_not_null())
        counted = dict(zip(amended["seq"].to_list(), amended["counted"].to_list(), strict=True))
        life = seq.copy()
        for own, earlier in event_log.earlier_versions(self.connection, counted):
            row, mine = int(np.searchsorted(all_seq, earlier)), int(np.searchsorted(seq, own))
            if all_at[row] == counted[own]:
                life[mine] = min(life[mine], earlier)
        return life


def _facts(log: pl.DataFrame) -> pl.DataFrame:
    """What every question reads of events."""
    return log.select(
        "seq",
        "kind",
        "subject_seq",
        pl.col("known_at").dt.epoch("us").alias("at"),
        pl.col("counted_at").dt.epoch("us").alias("counted"),
        pl.col("sender_key").fill_null(-1 - pl.col("seq")).alias("sender"),
        LANE.alias("lane"),
        _ORIGIN,
        pl.col("result").replace_strict(_RESULTS, default=-1, return_dtype=pl.Int8),
        pl.col("propensity").cast(pl.Float64).fill_null(float("nan")),
    )


def _outcomes(outcomes: pl.DataFrame) -> dict[str, Array]:
    return {
        "outcome": outcomes["seq"].to_numpy(),
        "outcome_of": outcomes["subject_seq"].to_numpy(),
        "result": outcomes["result"].to_numpy(),
        "outcome_propensity": outcomes["propensity"].to_numpy(),
    }
