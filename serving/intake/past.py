"""What a historical backfill reads: files, batch by batch, from the beginning or further down."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import polars as pl

from features.identity import DERIVED_SCHEMA
from features.log import LOG_SCHEMA
from features.parcel.reference import Reference
from features.parcel.schema import LINE
from features.sources.reading import Reading, file_readings, outcome_readings
from features.sources.registry import mapping_named
from serving.intake.prepared import OF_OUTCOMES


@dataclass(frozen=True, kw_only=True)
class Past:
    """Parcels and outcomes of the past.

    Attributes
    ----------
    name:
        Digest of their content and of how it is read: work that was interrupted is resumed under the same name only.
    source:
        Where they come from: of one source only the newest content is kept.
    batches:
        Readings from the first to the last, of which so many are only counted, because their rows were read before.
    """

    name: str
    source: str
    batches: Callable[[int], Iterator[Reading]]


def past_of_files(file: Path, mapping: Path | None, outcomes: Path | None, *, reference: Reference) -> Past:
    """Past that a manifest of any format holds, or a table with a mapping, and a file of outcomes with it."""
    meaning = mapping_named(str(mapping)) if mapping else None

    def batches(skip: int) -> Iterator[Reading]:
        n_batches = 0
        for reading in file_readings(file, meaning, reference=reference, skip=skip):
            n_batches += 1
            yield reading if outcomes is None else replace(reading, outcomes=reading.outcomes.clear())
        if outcomes is not None:
            for reading in outcome_readings(outcomes, skip=max(0, skip - n_batches)):
                yield _behind(reading)

    return Past(name=_digest(file, mapping, outcomes, reference), source=str(file.resolve()), batches=batches)


def _behind(outcomes: Reading) -> Reading:
    """Outcomes whose lines are behind those of any file of parcels: lines of two files must not meet."""
    return replace(
        outcomes,
        outcomes=outcomes.outcomes.with_columns(pl.col(LINE) + OF_OUTCOMES),
        rejections=tuple(replace(one, line=one.line + OF_OUTCOMES) for one in outcomes.rejections),
        doubts=tuple(replace(one, line=one.line + OF_OUTCOMES) for one in outcomes.doubts),
    )


def _digest(file: Path, mapping: Path | None, outcomes: Path | None, reference: Reference) -> str:
    digest = hashlib.sha256(f"{version('parcel-risk')} {LOG_SCHEMA} {DERIVED_SCHEMA} {file.suffix}".encode())
    lists = {
        name: (sorted(known.codes), known.unknown, sorted(known.entries.items()))
        for name, known in sorted(reference.lists.items())
    }
    rates = [(known.as_of, sorted(known.units_per_euro.items())) for known in reference.rates]
    digest.update(repr((lists, rates)).encode())
    for path in (file, mapping, outcomes):
        digest.update(_content(path).encode())
    return digest.hexdigest()


def _content(path: Path | None) -> str:
    if path is None or not path.is_file():
        return "none"  # what reads it says that it is missing
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
