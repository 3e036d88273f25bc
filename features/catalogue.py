"""The catalogue: all features in one fixed order, their fingerprint, and their computation for a segment of the log."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType

import numpy as np
import polars as pl

from features.compiled import Declarations, Fill, compiled, interpreted, source_of
from features.declared import (
    across,
    codes,
    contents,
    history,
    packaging,
    parties,
    quality,
    regimes,
    route,
    service,
    timing,
    wording,
)
from features.declared.declare import AcrossPart, Feature, Floats, HistoryPart, Kind
from features.facts import FACTS, facts_of_log
from features.golden import golden_log
from features.history import ENTITIES, Engine, Entity, kernel
from features.history.engine import History
from features.log import PARCEL

THEMES: tuple[ModuleType, ...] = (
    *(contents, codes, wording, packaging, service, route, parties, timing, quality),
    regimes,
)

_BLOCK = 10_000
"""Parcels whose facts are worked out together; more would not fit the cache of a processor."""


@dataclass(frozen=True, kw_only=True)
class FeatureRows:
    """Feature rows of the parcels in a segment of the log.

    Attributes
    ----------
    seq:
        Place of each parcel in the log, shape ``(n,)``.
    values:
        One row per parcel, one column per feature, shape ``(n, k)``; NaN where a value is missing.
    """

    seq: np.ndarray[tuple[int], np.dtype[np.int64]]
    values: Floats


class Catalogue:
    """An ordered set of features. Its order is part of its fingerprint."""

    def __init__(
        self,
        declared: tuple[Feature, ...],
        parts: tuple[HistoryPart, ...],
        entities: tuple[Entity, ...],
        together: tuple[AcrossPart, ...] = (),
        *,
        is_compiled: bool = False,
    ) -> None:
        """Order: declared features by theme, the history parts entity by entity, then what entities say together.

        A catalogue that is not compiled is interpreted: the same bits, for a few rows.
        """
        self._entities, self._is_compiled = entities, is_compiled
        named = {part.name: part for part in parts}
        of_entities = [(entity, [named[name] for name in history.parts_of(entity)]) for entity in entities]
        self._declarations = Declarations(
            features=declared, entities=of_entities, parts=named, together=[part.function for part in together]
        )
        self.features = (
            *declared,
            *(_of_entity(part, entity) for entity, parts_of in of_entities for part in parts_of),
            *(part.feature for part in together),
        )
        self.names = tuple(feature.name for feature in self.features)
        self._column_of = {name: column for column, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, name: str) -> Feature:
        return self.features[self._column_of[name]]

    def __contains__(self, name: object) -> bool:
        return name in self._column_of

    def column(self, name: str) -> int:
        """Column of the feature `name` in a feature row."""
        return self._column_of[name]

    def categories(self) -> list[int]:
        """Columns that the model must treat as categories."""
        return [column for column, feature in enumerate(self.features) if feature.kind is Kind.CATEGORY]

    def rows(self, log: pl.DataFrame, read: History) -> FeatureRows:
        """Feature rows of the parcel events in `log`, given what the engine `read` for the same events."""
        is_parcel = (log["kind"] == PARCEL).to_numpy()
        parcels = log.filter(pl.Series(is_parcel))
        known = {name: words[is_parcel] for name, words in read.items()}
        values = np.empty((parcels.height, len(self.features)), dtype=np.float64)
        for start in range(0, parcels.height, _BLOCK):
            block = slice(start, start + _BLOCK)
            facts = facts_of_log(parcels.slice(start, _BLOCK))
            self._fill(facts, values[block], *(known[entity.name][block] for entity in self._entities))
        return FeatureRows(seq=parcels["seq"].to_numpy(), values=values)

    def values(self, facts: Floats, read: History) -> Floats:
        """Feature rows of parcels.

        Parameters
        ----------
        facts:
            Facts of the parcels as `features.facts` gives them, shape ``(n, m)``.
        read:
            What the engine read for them: one ``(n, N_READ)`` array per entity.

        Returns
        -------
        One row per parcel, one column per feature, shape ``(n, k)``; NaN where a value is missing.

        Raises
        ------
        ValueError
            When the shapes do not fit.
        """
        n = len(facts)
        reads = [read[entity.name] for entity in self._entities]
        expected = n, kernel.N_READ
        # Asked of each array itself: for one parcel a call for each kind of entity takes longer than its features.
        reads = [words if words.flags.c_contiguous else np.ascontiguousarray(words) for words in reads]
        if facts.shape != (n, len(FACTS)) or [words.shape for words in reads] != [expected] * len(reads):
            raise ValueError(
                f"facts of shape {facts.shape} and {[words.shape for words in reads]} words read: expected "
                f"({n}, {len(FACTS)}) and ({n}, {kernel.N_READ}) for each entity, one row per parcel."
            )
        values = np.empty((n, len(self.features)), dtype=np.float64)
        self._fill(np.ascontiguousarray(facts), values, *reads)
        return values

    @cached_property
    def source(self) -> str:
        """Source of the kernel that fills its rows."""
        return source_of(self._declarations)

    @cached_property
    def _fill(self) -> Fill:
        return compiled(self.source) if self._is_compiled else interpreted(self.source)

    @property
    def fingerprint(self) -> str:
        """Digest of names, units, kinds and of the values computed for the golden log.

        Two installations with the same fingerprint compute the same rows. What a bundle needs is narrower: see
        `features.fingerprints`.
        """
        return _fingerprint(self)


def _of_entity(part: HistoryPart, entity: Entity) -> Feature:
    words = {"{noun}": entity.noun, "{others}": entity.others, "{window}": part.window}

    def worded(text: str) -> str:
        for name, said in words.items():
            text = text.replace(name, said)
        return text

    return Feature(
        name=f"{entity.name}_{part.name}",
        unit=worded(part.unit),
        entity=entity.name,
        says=worded(part.says),
        says_not=worded(part.says_not),
        says_missing=worded(part.says_missing),
        description=worded(part.description),
        family=f"{entity.name} history",
        kind=part.kind,
        direction=part.direction,
        source=part.source,
        part=part,
    )


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of this installation."""
    declared = tuple(value for theme in THEMES for value in vars(theme).values() if isinstance(value, Feature))
    together = tuple(value for value in vars(across).values() if isinstance(value, AcrossPart))
    return Catalogue(declared, history.all_parts(), ENTITIES, together, is_compiled=True)


@cache
def golden_values(of: Catalogue) -> Floats:
    """Feature rows of the golden log, as digests see them: every NaN is -1e300, and no zero is negative."""
    log = golden_log()
    values = of.rows(log, Engine().advance(log)).values
    return (np.where(np.isnan(values), -1e300, values) + 0.0).astype("<f8")


@cache
def _fingerprint(of: Catalogue) -> str:
    digest = hashlib.sha256()
    for feature in of.features:
        digest.update(identity_of(feature))
    digest.update(golden_values(of).tobytes())
    return digest.hexdigest()[:16]


def identity_of(feature: Feature) -> bytes:
    """What a digest holds of a feature in addition to its values."""
    return f"{feature.name}\x1f{feature.unit}\x1f{feature.kind}\x1e".encode()


def aligned(values: Floats, names: Sequence[str], to: Catalogue | None = None) -> Floats:
    """Feature rows whose columns are `names`, in the columns of a catalogue.

    Parameters
    ----------
    values:
        One row, shape ``(m,)``, or several, shape ``(n, m)``, with one column for each of `names`.
    names:
        Features in the order of the columns; those that the catalogue does not have are left out.
    to:
        The catalogue; that of this installation without one.

    Returns
    -------
    Rows of the catalogue's width; NaN for features that are not among `names`.
    """
    if values.shape[-1] != len(names):
        raise ValueError(f"rows of {values.shape[-1]} columns cannot be read by {len(names)} names.")
    known = to or catalogue()
    if tuple(names) == known.names:
        return values
    pairs = [(known.column(name), given) for given, name in enumerate(names) if name in known]
    whole = np.full((*values.shape[:-1], len(known)), np.nan)
    whole[..., [column for column, _ in pairs]] = values[..., [given for _, given in pairs]]
    return whole
