"""Words of descriptions and how often parcels that had them were found to hold contraband.

The table is learned in training and carried in the bundle, because it needs labels; `Bundle.completed` fills the one
feature that reads it. In training every parcel gets the value that was known when it was lodged, see
`training.data.word_shares`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from features.declared.declare import Floats
from features.identity import normalise

FEATURE = "riskiest_word_share"
"""Feature that the table fills."""
PRIOR_INSPECTIONS = 20.0
"""A word weighs like this many inspections more at the share of all words: rare words stay near it."""
MIN_INSPECTIONS = 3.0


def exploded(descriptions: pl.Series) -> pl.DataFrame:
    """Distinct words of at least three letters, with the ``row`` of the description in which each stands."""
    texts = [None if text is None else normalise(text) for text in descriptions.to_list()]
    tidy = pl.DataFrame({"word": pl.Series(texts, dtype=pl.String)})
    words = tidy.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"), pl.col("word").str.extract_all("[a-z][0-9a-z]{2,}")
    )
    return words.explode("word", empty_as_null=False, keep_nulls=False).unique(maintain_order=True)


@dataclass(frozen=True)
class Words:
    """Smoothed finding share by word, 0..1."""

    share: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def learned(cls, descriptions: pl.Series, found: pl.Series) -> Words:
        """Learn from inspected parcels: their descriptions, and whether contraband was found."""
        rows = exploded(descriptions)
        label = found.cast(pl.Float64)
        rows = rows.with_columns(label.gather(rows["row"]).alias("found"))
        mean = float(rows["found"].sum()) / max(1, rows.height)
        counted = rows.group_by("word").agg(pl.len().alias("n"), pl.col("found").sum())
        share = (pl.col("found") + PRIOR_INSPECTIONS * mean) / (pl.col("n") + PRIOR_INSPECTIONS)
        kept = counted.filter(pl.col("n") >= MIN_INSPECTIONS).select("word", share.alias("share")).sort("word")
        return cls(dict(kept.iter_rows()))

    def values(self, descriptions: pl.Series) -> Floats:
        """Share of the riskiest known word of each description, shape ``(n,)``; NaN where none is known."""
        values = np.full(descriptions.len(), np.nan)
        if self.share:
            best = self._known(descriptions).group_by("row").agg(pl.col("share").max())
            values[best["row"].to_numpy()] = best["share"].to_numpy()
        return values

    def riskiest(self, description: str) -> str | None:
        """Known word of `description` with the highest share, the first in the alphabet of equals."""
        known = self._known(pl.Series([description])).sort("share", "word", descending=[True, False])
        return str(known["word"][0]) if known.height else None

    def _known(self, descriptions: pl.Series) -> pl.DataFrame:
        table = pl.DataFrame({"word": list(self.share), "share": list(self.share.values())})
        return exploded(descriptions).join(table, on="word")
