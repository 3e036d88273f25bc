"""The stage record, written once: one entry about one parcel at one stage of its inspection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from features.handling.outcome import Certainty, Result
from features.parcel.fields import METHODS, OUTCOME_FIELDS, Field, Kind
from features.parcel.problems import Rejection
from features.parcel.schema import schema_of

PRESENTED = "presented"
STAGES = (PRESENTED, *METHODS)
"""Stages of an inspection: the first says whether the parcel came, each other one is a method of looking."""
_AS_IN_OUTCOMES = {field.name: field for field in OUTCOME_FIELDS}
_ONE_DAY_S = 86_400

STAGE_FIELDS: tuple[Field, ...] = (
    replace(_AS_IN_OUTCOMES["parcel_id"], says="The parcel, as declared or as scanned."),
    _AS_IN_OUTCOMES["operator"],
    Field(
        name="stage",
        says="What was done with the parcel; `presented` says whether it came.",
        required=True,
        choices=STAGES,
        max_length=20,
        example="xray",
    ),
    Field(
        name="result",
        says="What this stage says. `presented` and `not_presented` belong to the stage of that name.",
        required=True,
        choices=tuple(Result),
        max_length=20,
        example="nothing_found",
    ),
    Field(
        name="certainty",
        says="Whether a finding is confirmed, or an alarm that another stage must resolve. Left out: presumptive for a "
        "finding by x-ray, dog or trace detection, confirmed otherwise.",
        choices=tuple(Certainty),
        max_length=20,
        example="confirmed",
    ),
    replace(_AS_IN_OUTCOMES["inspected_at"], says="When it was done."),
    Field(
        name="duration_s",
        says="Seconds that it took; of a run with many parcels the share of one.",
        kind=Kind.INTEGER,
        minimum=0,
        maximum=_ONE_DAY_S,
        example=20,
    ),
    _AS_IN_OUTCOMES["station"],
    _AS_IN_OUTCOMES["officer"],
    _AS_IN_OUTCOMES["finding_class"],
    _AS_IN_OUTCOMES["finding_mass_g"],
    Field(
        name="image",
        says="Where the image is kept: a reference of the office's own archive, never the image.",
        max_length=200,
        personal=True,
    ),
    Field(
        name="image_sha256",
        says="SHA-256 of the image, in hex, so that it can be recognised as the one that was seen.",
        pattern=r"[0-9a-f]{64}",
        max_length=64,
    ),
)
STAGE_SCHEMA = schema_of(STAGE_FIELDS)
"""Columns of stage records."""
IN_LOG = pl.Schema({name: STAGE_SCHEMA[name] for name in ("certainty", "duration_s", "image_sha256")})
"""Columns of the log that only stages have; the others of a stage record are those of an outcome."""


def contradiction_in(row: Mapping[str, Any], line: int) -> Rejection | None:
    """What two fields of a stage record say against each other; None when they agree."""
    is_about_presence = row["result"] in (Result.PRESENTED, Result.NOT_PRESENTED)
    if is_about_presence != (row["stage"] == PRESENTED):
        return _contradiction(
            line, "result", "this stage cannot say so.", f"Give a result that belongs to the stage {row['stage']}."
        )
    for name in ("finding_class", "finding_mass_g"):
        if row[name] is not None and row["result"] != Result.FOUND:
            return _contradiction(
                line,
                name,
                "something is said to be found, but the result says otherwise.",
                "Set result to found, or leave the field empty.",
            )
    if (row["image"] is None) != (row["image_sha256"] is None):
        return _contradiction(
            line,
            "image_sha256",
            "an image is named without its hash, or a hash without its image.",
            "Give both: the image stays outside, and the hash says which one it was.",
        )
    return None


def _contradiction(line: int, field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=line, field=field, code="contradiction", reason=reason, remedy=remedy)
