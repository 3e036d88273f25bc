"""Words of descriptions and how often parcels that had them were found to hold contraband.

The table is learned in training and carried in the bundle, because it needs labels; `Bundle.completed` fills the one
feature that reads it. In training every parcel gets the value that was known when it was lodged, see
`training.data.word_shares`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
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
MIN_RECIPIENTS = 3
"""Recipients whose parcels must have had a word: one that the parcels of a single person have, such as a name, would
outlive an erasure in the bundle, and says nothing of the next parcel."""
_WORD = re.compile("[a-z][0-9a-z]{2,}")


def words_of(description: str) -> list[str]:
    """Distinct words of at least three letters, in the order in which they are written."""
    return list(dict.fromkeys(_WORD.findall(normalise(description))))


@dataclass(frozen=True)
class Words:
    """Smoothed finding share by word, 0..1."""

    share: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def learned(cls, descriptions: pl.Series, found: pl.Series, recipients: pl.Series | None = None) -> Words:
        """Learn from inspected parcels: their descriptions, and whether contraband was found.

        `recipients` are keys; who has none is nobody else. Without them every parcel has a recipient of its own.
        """
        unknown = pl.int_range(len(descriptions), eager=True).cast(pl.String)
        keys = unknown if recipients is None else recipients.cast(pl.String).zip_with(recipients.is_not_null(), unknown)
        described = zip(descriptions, found.cast(pl.Float64), keys, strict=True)
        pairs = [(word, label, key) for text, label, key in described if text is not None for word in words_of(text)]
        schema = {"word": pl.String, "found": pl.Float64, "recipient": pl.String}
        rows = pl.DataFrame(pairs, schema=schema, orient="row")
        mean = float(rows["found"].sum()) / max(1, rows.height)
        counted = rows.group_by("word").agg(
            pl.len().alias("n"), pl.col("found").sum(), pl.col("recipient").n_unique().alias("recipients")
        )
        share = (pl.col("found") + PRIOR_INSPECTIONS * mean) / (pl.col("n") + PRIOR_INSPECTIONS)
        is_common = (pl.col("n") >= MIN_INSPECTIONS) & (pl.col("recipients") >= MIN_RECIPIENTS)
        kept = counted.filter(is_common).select("word", share.alias("share")).sort("word")
        return cls(dict(kept.iter_rows()))

    def values(self, descriptions: Iterable[str | None]) -> Floats:
        """Share of the riskiest known word of each description, shape ``(n,)``; NaN where none is known."""
        texts = list(descriptions)
        value = {text: math.nan if text is None else self._value(text) for text in set(texts)}
        return np.array([value[text] for text in texts], dtype=np.float64)

    def riskiest(self, description: str) -> str | None:
        """Known word of `description` with the highest share, the first in the alphabet of equals."""
        return min(self._known(description), key=lambda word: (-self.share[word], word), default=None)

    def _value(self, description: str) -> float:
        return max([self.share[word] for word in self._known(description)], default=math.nan)

    def _known(self, description: str) -> list[str]:
        return [word for word in words_of(description) if word in self.share]
