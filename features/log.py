"""The event log: what the office learned, in the order in which it learned it.

Four kinds of event. A *parcel* event carries the facts of one parcel (no personal data) and is also the moment at
which the parcel is scored. An *outcome* event carries the result of an inspection and repeats the entity keys of its
parcel, so that any part of the log can be replayed by itself. A *stage* event is one step of that inspection, from
which the outcome is derived; it has no entity keys, and history does not count it. A *retraction* cancels one earlier
event, which it repeats: alone it cancels a parcel; before a new parcel event it amends one; before a new outcome or
stage it corrects one. It retracts counts and sums. That the parties were seen, and when, stays: the office did see
them.

``seq`` is a total order given by the single writer; ``known_at`` is the time at which the office learned the fact,
never the time at which it happened. ``counted_at`` is the time under which history counts the event where that is
another one: an amended parcel counts once, at its first lodging.
"""

from __future__ import annotations

import polars as pl

from features.handling.fields import IN_LOG as STAGE_COLUMNS
from features.identity import DERIVED_SCHEMA, KEYS, PERSONAL
from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, TIME

RETRACTION, PARCEL, STAGE, OUTCOME = "retraction", "parcel", "stage", "outcome"
EVENT_KIND = pl.Enum([RETRACTION, PARCEL, STAGE, OUTCOME])
"""In the order in which events of one moment enter the log."""

ORDER_SCHEMA = pl.Schema(
    {"seq": pl.Int64(), "kind": EVENT_KIND, "known_at": TIME, "subject_seq": pl.Int64(), "counted_at": TIME}
)
_IDENTITY = ("operator", "parcel_id")
FACTS = tuple(name for name in PARCEL_SCHEMA if name not in PERSONAL and name not in _IDENTITY)
RESULT_FIELDS = tuple(
    field.name for field in OUTCOME_FIELDS if not field.personal and field.name not in (*_IDENTITY, "known_at")
)
BATCH = "batch_id"
"""Column of stages: the run with several parcels that they belong to, if any."""
HANDLING = (*RESULT_FIELDS, *STAGE_COLUMNS, BATCH)
"""Columns of what was done with a parcel, not of the parcel."""
LOG_SCHEMA = pl.Schema(
    {
        **ORDER_SCHEMA,
        **{name: PARCEL_SCHEMA[name] for name in _IDENTITY},
        **{name: PARCEL_SCHEMA[name] for name in FACTS},
        QUALITY_FLAGS: pl.List(pl.String()),
        **DERIVED_SCHEMA,
        **{name: OUTCOME_SCHEMA[name] for name in RESULT_FIELDS},
        **STAGE_COLUMNS,
        BATCH: pl.Int64(),
    }
)
NUMBERS = ("parcel_id", "manifest_id", "receptacle_id", "house_bill", "master_bill")
"""Columns that name an item, or what carries it."""
PROSE = ("description", *(field.name for field in PARCEL_FIELDS if field.is_prose and field.name in LOG_SCHEMA))
"""Columns of free text."""
WITHHELD = tuple(name for name in LOG_SCHEMA if name in (*NUMBERS, *PROSE))
"""What may be erased, and is in no segment of the log; see `features.facts.withheld`."""
SUBJECT_SCHEMA = pl.Schema({name: LOG_SCHEMA[name] for name in ("seq", "known_at", *_IDENTITY, *KEYS)})
"""What an outcome event needs to know of its parcel."""


def parcel_events(derived: pl.DataFrame, known_at: pl.Expr) -> pl.DataFrame:
    """Parcel events of `derived` rows (see `features.identity.derive`), with provisional negative sequence numbers.

    Amended parcels carry their first lodging in a column ``counted_at``.
    """
    seq = -1 - pl.int_range(pl.len(), dtype=pl.Int64)
    return _to_log(
        derived.with_columns(
            known_at.cast(TIME).alias("known_at"), _kind(PARCEL), seq.alias("seq"), seq.alias("subject_seq")
        )
    )


def outcome_events(
    outcomes: pl.DataFrame, subjects: pl.DataFrame, known_at: pl.Expr
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Outcome events, not yet numbered.

    Parameters
    ----------
    outcomes:
        Validated rows of ``OUTCOME_SCHEMA`` with ``line``. Where ``operator`` is null the identifier alone finds the
        parcel.
    subjects:
        Parcel events so far, columns of ``SUBJECT_SCHEMA``. Of several with one identifier the latest counts that was
        known when the outcome was.

    Returns
    -------
    events, orphans:
        Events of the log, and the outcomes whose parcel is unknown, ambiguous, or known only after its outcome.
    """
    timed = outcomes.with_columns(known_at.cast(TIME).alias("known_at"))
    lodged = subjects.rename({"seq": "subject_seq", "known_at": "parcel_known_at"}).with_row_index("order")
    named = timed.filter(pl.col("operator").is_not_null()).join(lodged, on=_IDENTITY)
    # Where several operators used an identifier, the identifier alone finds nobody's parcel.
    unique = lodged.filter(pl.col("operator").n_unique().over("parcel_id") == 1)
    unnamed = timed.filter(pl.col("operator").is_null()).drop("operator").join(unique, on="parcel_id")
    matched = (
        pl.concat([named, unnamed.select(named.columns)])
        .filter(pl.col("parcel_known_at") <= pl.col("known_at"))
        .sort(LINE, "parcel_known_at", "order")
        .unique(LINE, keep="last", maintain_order=True)
    )
    orphans = outcomes.join(matched.select(LINE), on=LINE, how="anti")
    return _to_log(matched.with_columns(_kind(OUTCOME))), orphans


def number(events: pl.DataFrame, first_seq: int) -> pl.DataFrame:
    """Give `events` their sequence numbers: by time known, by kind (see ``EVENT_KIND``), then in the order given."""
    ordered = events.sort("known_at", "kind", maintain_order=True)
    seq = pl.Series("seq", range(first_seq, first_seq + ordered.height), dtype=pl.Int64)
    provisional = ordered["seq"].is_not_null()
    subject = ordered["subject_seq"].replace(ordered["seq"].filter(provisional), seq.filter(provisional))
    return ordered.with_columns(seq, subject.alias("subject_seq"))


def empty_log() -> pl.DataFrame:
    """Return a log without events."""
    return pl.DataFrame(schema=LOG_SCHEMA)


def _kind(kind: str) -> pl.Expr:
    return pl.lit(kind, dtype=EVENT_KIND).alias("kind")


def _to_log(events: pl.DataFrame) -> pl.DataFrame:
    return events.select(
        pl.col(name).cast(dtype) if name in events.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in LOG_SCHEMA.items()
    )


def past_events(
    derived: pl.DataFrame, outcomes: pl.DataFrame, earlier: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events of a historical backfill, not yet numbered.

    Parameters
    ----------
    derived:
        Parcel rows; ``lodged_at`` is the time at which they became known.
    outcomes:
        Outcome rows with ``known_at`` and ``line``.
    earlier:
        Parcel events of the log with the same identifiers, columns of ``SUBJECT_SCHEMA``.

    Returns
    -------
    events, orphans:
        Events with provisional sequence numbers, and the outcomes whose parcel is unknown or became known only after
        its outcome.
    """
    parcels = parcel_events(derived, pl.col("lodged_at"))
    subjects = pl.concat([earlier, parcels.select(SUBJECT_SCHEMA.names())])
    results, orphans = outcome_events(outcomes, subjects, pl.col("known_at"))
    return pl.concat([parcels, results]), orphans


def assemble(
    derived: pl.DataFrame, outcomes: pl.DataFrame, earlier: pl.DataFrame, first_seq: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events of `past_events`, numbered from `first_seq`, and the orphans among the outcomes."""
    events, orphans = past_events(derived, outcomes, earlier)
    return number(events, first_seq), orphans
