"""Random pasts in which everything happens that files do: any order, repetitions, orphans, future times, no times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from features.parcel.problems import Rejection
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.reading import Reading
from serving.intake import ordered, prepared
from tests.builders import a_parcel, outcome_table, parcel_table

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def small_steps() -> None:
    """Make a few rows of what are thousands, so that small files have many chunks, portions, blocks and parts."""
    for module, name, size in (
        (prepared, "_CHUNK_BATCHES", 2),
        (ordered, "PART_EVENTS", 10),
        (ordered, "_BLOCK_EVENTS", 25),
        (ordered, "_PORTION_ROWS", 40),
    ):
        setattr(module, name, size)


@cache
def readings(seed: int, n_rows: int = 90, batch: int = 8) -> list[Reading]:
    """Batches of one file; nobody changes them."""
    rng = np.random.default_rng(seed)
    given = [_row(rng, n_rows) for _ in range(n_rows)]
    apart = [_outcome(rng, n_rows, None) for _ in range(n_rows // 3)]
    found = []
    for start in range(0, n_rows, batch):
        part = given[start : start + batch]
        lines = pl.int_range(start + 2, start + 2 + len(part), dtype=pl.Int64, eager=True)
        parcels = _lined(parcel_table([parcel for parcel, _ in part]), lines)
        with_outcome = [(line, outcome) for line, (_, outcome) in zip(lines, part, strict=True) if outcome]
        outcomes = _outcomes([outcome for _, outcome in with_outcome], [line for line, _ in with_outcome])
        found.append(_reading(parcels, outcomes, len(part)))
    for start in range(0, len(apart), batch):
        part_of = apart[start : start + batch]
        lines_of = range(n_rows + start + 3, n_rows + start + 3 + len(part_of))
        found.append(_reading(_lined(parcel_table([]), pl.Series([], dtype=pl.Int64)), _outcomes(part_of, lines_of), 0))
    return found


def _lined(table: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    return table.with_columns(lines.alias(LINE))


def _outcomes(rows: list[dict[str, Any]], lines: Any) -> pl.DataFrame:
    table = _lined(outcome_table(rows), pl.Series(list(lines), dtype=pl.Int64))
    return validate_outcomes(table).rows


def _reading(parcels: pl.DataFrame, outcomes: pl.DataFrame, n_rows: int) -> Reading:
    accepted = validate_parcels(parcels, reference=shipped_reference())
    spoiled = [
        Rejection(line=int(line), field="x", code="odd", reason="r.", remedy="r.") for line in outcomes[LINE][:1]
    ]
    return Reading(
        parcels=accepted.rows,
        outcomes=outcomes.filter(~pl.col(LINE).is_in([rejection.line for rejection in accepted.rejections])),
        rejections=(*accepted.rejections, *spoiled),
        ignored=(),
        n_rows=n_rows,
    )


def _row(rng: np.random.Generator, n: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
    at = _time(rng)
    parcel = a_parcel(
        parcel_id=_name(rng, n),
        operator=_operator(rng),
        lodged_at=None if rng.random() < 0.05 else at,
        posted_at=None,
        due_at=None,
        gross_weight_g=int(rng.integers(10, 900)),
        sender_name=f"Trading {rng.integers(9)} Ltd",
    )
    wanted = rng.random() < 0.4
    return parcel, _outcome(rng, n, at) | {
        "parcel_id": parcel["parcel_id"],
        "operator": parcel["operator"],
    } if wanted else None


def _outcome(rng: np.random.Generator, n: int, after: datetime | None) -> dict[str, Any]:
    known = _time(rng) if after is None else after + timedelta(days=float(rng.choice([0, 0.5, 4])))
    return {
        "parcel_id": _name(rng, n),
        "operator": _operator(rng),
        "result": str(rng.choice(["found", "nothing_found"])),
        "known_at": known,
        "cause": "random",
    }


def _name(rng: np.random.Generator, n: int) -> str:
    return f"P-{rng.integers(n):05d}"


def _operator(rng: np.random.Generator) -> str | None:
    return [None, "post-a", "post-b"][rng.choice(3, p=[0.2, 0.7, 0.1])]


def _time(rng: np.random.Generator) -> datetime:
    """Few different ones, so that many events share one; some are in the future."""
    return NOW - timedelta(days=int(rng.integers(-1, 20)), hours=float(rng.choice([0, 3])))
