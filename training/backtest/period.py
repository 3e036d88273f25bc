"""A period of the past, or of a synthetic world, over which strategies are compared week by week."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from features.declared.declare import Floats
from features.log import LOG_SCHEMA, OUTCOME
from features.parcel.undeclared import UNDECLARED
from training.data.datasets import Flags, Ints

WEEK_US = 7 * 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class SimulationPeriod:
    """Parcels in log order and what an inspection of each would show, arrays of shape ``(n,)``.

    Only a synthetic world knows all of this. A strategy sees the result of a parcel when it selects it, the parcel is
    presented, and the time until the result is known has passed.

    Attributes
    ----------
    name:
        Scenario and seed.
    events:
        Parcel events of the log, sorted by ``known_at``.
    holds:
        Whether the parcel holds contraband.
    would_be_found:
        Whether an inspection would find it.
    severity:
        Severity-weighted value of finding it, see `training.data.severity`; 0 where nothing would be found.
    finding_class:
        Class of the goods; null where there are none.
    is_presented:
        Whether a selected parcel comes to the table.
    delay_us:
        Microseconds from lodging until the result is known.
    rule_weight:
        Weight of the strongest historic rule that the parcel meets.
    draw:
        Numbers in [0, 1), the same for every strategy.
    method:
        Method by which each parcel would be looked at first, a number of ``METHODS``; None where methods are not
        distinguished.
    """

    name: str
    events: pl.DataFrame
    holds: Flags
    would_be_found: Flags
    severity: Floats
    finding_class: pl.Series
    is_presented: Flags
    delay_us: Ints
    rule_weight: Floats
    draw: Floats
    method: Ints | None = None

    @cached_property
    def is_undeclared(self) -> Flags:
        """Items that nobody declared: no model knows anything of them, and they are drawn by chance alone."""
        return (self.events["operator"] == UNDECLARED).fill_null(value=False).to_numpy()

    @property
    def week(self) -> Ints:
        """Number of the week in which each parcel was lodged, from 0."""
        at = self.events["known_at"].dt.epoch("us").to_numpy()
        return np.asarray((at - at[0]) // WEEK_US)

    @property
    def lodged_at_us(self) -> Ints:
        """Time of lodging, microseconds since 1970."""
        return self.events["known_at"].dt.epoch("us").to_numpy()


def outcomes_of(
    period: SimulationPeriod, rows: Ints, known_at_us: Ints, cause: list[str], propensity: Floats
) -> pl.DataFrame:
    """Outcome events of the selected parcels `rows`; their sequence numbers are provisional."""
    presented = period.is_presented[rows]
    found = presented & period.would_be_found[rows]
    result = np.where(found, "found", np.where(presented, "nothing_found", "not_presented"))
    finding_class = period.finding_class.gather(pl.Series(rows, dtype=pl.Int64))
    parcels = period.events[rows]
    changed = {
        "kind": pl.Series([OUTCOME] * rows.size, dtype=LOG_SCHEMA["kind"]),
        "known_at": pl.Series(known_at_us).cast(LOG_SCHEMA["known_at"]),
        "subject_seq": parcels["seq"],
        "result": pl.Series(result),
        "finding_class": pl.select(pl.when(pl.Series(found)).then(finding_class)).to_series(),
        "cause": pl.Series(cause, dtype=pl.String),
        "propensity": pl.Series(propensity),
    }
    return parcels.with_columns(column.alias(name) for name, column in changed.items()).with_columns(
        pl.lit(None, dtype=pl.Int64).alias("seq")
    )
