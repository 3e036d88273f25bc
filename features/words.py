"""Words of descriptions and how often parcels that had them were found to hold contraband.

The table is learned in training and carried in the bundle, because it needs labels; `Bundle.completed` fills the one
feature that reads it. In training every parcel gets the value that was known when it was lodged, see
`training.data.word_shares`.

Free text may name a person, so what is written to a bundle are digests of words under the identity key, as entity keys
are: no word of a parcel outlives its erasure in a bundle. Tables of synthetic worlds, such as that of the reference
bundle, are in the clear, and so are those of bundles that were made before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from features.declared.declare import Floats
from features.identity import IdentityKey, normalise
from features.parcel.problems import BundleError

FEATURE = "riskiest_word_share"
"""Feature that the table fills."""
PRIOR_INSPECTIONS = 20.0
"""A word weighs like this many inspections more at the share of all words: rare words stay near it."""
MIN_INSPECTIONS = 3.0
MIN_RECIPIENTS = 3
"""Recipients whose parcels must have had a word: one that the parcels of a single person have, such as a name, says
nothing of the next parcel."""
_KIND, _BITS = "word", (1 << 64) - 1
_WORD = re.compile("[a-z][0-9a-z]{2,}")


def words_of(description: str) -> list[str]:
    """Distinct words of at least three letters, in the order in which they are written."""
    return list(dict.fromkeys(_WORD.findall(normalise(description))))


@dataclass(frozen=True)
class Words:
    """Smoothed finding share by word, 0..1.

    Attributes
    ----------
    share:
        By word, or by its digest where there is a `key_id`.
    key_id:
        Identity key under which words are digested; None where they are in the clear.
    identity:
        That key; None where it is not at hand, so that no word can be looked up.
    """

    share: Mapping[str, float] = field(default_factory=dict)
    key_id: str | None = None
    identity: IdentityKey | None = field(default=None, repr=False)

    def under(self, identity: IdentityKey | None) -> Words:
        """The same table under digests, in an order that says nothing of the words; as it is without a key."""
        if identity is None:
            return self
        share = {_digest(word, identity): value for word, value in self.share.items()}
        return Words(dict(sorted(share.items())), identity.key_id, identity)

    def opened(self, identity: IdentityKey | None) -> Words:
        """The same table, to be looked up with `identity`, where its words are under that key.

        Raises
        ------
        BundleError
            When they are under another one: every look-up would miss.
        """
        if self.key_id is None or identity is None:
            return self
        if identity.key_id != self.key_id:
            raise BundleError(
                f"its words are under the identity key {self.key_id}, and this installation has {identity.key_id}. "
                "Train here."
            )
        return replace(self, identity=identity)

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
        known = self._known(description)
        return min(known, key=lambda word: (-known[word], word), default=None)

    def _value(self, description: str) -> float:
        return max(self._known(description).values(), default=math.nan)

    def _known(self, description: str) -> dict[str, float]:
        """Share of each word of the description that the table has."""
        found = {word: self.share.get(self._named(word)) for word in words_of(description)}
        return {word: share for word, share in found.items() if share is not None}

    def _named(self, word: str) -> str:
        """The word as the table has it."""
        if self.key_id is None:
            return word
        if self.identity is None:
            raise BundleError(f"its words are under the identity key {self.key_id}, which is not at hand.")
        return _digest(word, self.identity)


def _digest(word: str, identity: IdentityKey) -> str:
    return f"{(identity.of(_KIND, word) or 0) & _BITS:016x}"
