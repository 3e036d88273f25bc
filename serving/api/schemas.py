"""API models, made from the field declarations of the record: the two cannot drift apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SkipValidation,
    ValidationError,
    create_model,
)
from pydantic import Field as ModelField
from pydantic_core import ErrorDetails, PydanticCustomError

from features.handling import STAGE_FIELDS
from features.handling.seizure import SEIZURE_FIELDS
from features.parcel.field_checks import FIRST_YEAR, LAST_YEAR, MAX_PIECES
from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.numbers import MOST_CHARACTERS, lodged_number
from features.parcel.placeholders import placeholders_of
from features.parcel.problems import Accepted, Rejection
from features.parcel.schema import LINE
from features.parcel.undeclared import LABEL_FIELDS
from serving.office.outcomes import CorrectionReason

_ISO_8601 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
"""Beginning of a time; pydantic would read a bare number as seconds since 1970."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


def _usable(placeholders: frozenset[str]) -> Callable[[str], str | None]:
    def usable(text: str) -> str | None:
        if not text.isprintable() and _CONTROL.search(text):  # most are, and need no search
            raise PydanticCustomError("control_character", "the text holds a control character")
        if text in placeholders:
            raise PydanticCustomError("placeholder", "the text stands for no value")
        return text or None

    return usable


def _iso_8601(time: Any) -> Any:
    if type(time) is str and _ISO_8601.match(time):
        return time
    if not isinstance(time, datetime) and not (isinstance(time, str) and _ISO_8601.match(time)):
        raise PydanticCustomError("unreadable", "the time is not written as ISO 8601 says")
    return time


def _spelled_once(number: Any) -> Any:
    return lodged_number(number) if isinstance(number, str) else number


def _plausible(time: datetime) -> datetime:
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise PydanticCustomError("range", f"the time is outside {FIRST_YEAR} to {LAST_YEAR}")
    return time


def _type(field: Field, placeholders: frozenset[str] | None) -> Any:
    if field.kind is Kind.INTEGER:
        return Annotated[int, ModelField(strict=True, ge=field.minimum, le=field.maximum)]
    if field.kind is Kind.SHARE:
        return Annotated[float, ModelField(strict=True, ge=field.minimum, le=field.maximum)]
    if field.kind is Kind.TIME:
        return Annotated[AwareDatetime, BeforeValidator(_iso_8601), AfterValidator(_plausible)]
    if field.choices:
        return Literal[field.choices]
    pattern = f"^(?:{field.pattern})$" if field.pattern else None
    text: Any = Annotated[str, ModelField(max_length=field.max_length, pattern=pattern)]
    if placeholders is not None:
        text = Annotated[text, AfterValidator(_usable(placeholders))]
    return Annotated[text, BeforeValidator(_spelled_once)] if field.name == "parcel_id" else text


def _definition(field: Field, placeholders: frozenset[str] | None) -> tuple[Any, Any]:
    unit = f" Unit: {field.unit}." if field.unit else ""
    examples = [field.example] if field.example is not None else None
    if field.required:
        least = 1 if field.kind is Kind.TEXT else None
        return _type(field, placeholders), ModelField(
            description=field.says + unit, examples=examples, min_length=least
        )
    return _type(field, placeholders) | None, ModelField(None, description=field.says + unit, examples=examples)


def _model(
    name: str,
    fields: tuple[Field, ...],
    doc: str,
    placeholders: Callable[[Field], frozenset[str] | None] = placeholders_of,
    **more: Any,
) -> type[BaseModel]:
    definitions: dict[str, Any] = {field.name: _definition(field, placeholders(field)) for field in fields} | more
    model: type[BaseModel] = create_model(name, __config__=_STRICT, __doc__=doc, **definitions)
    return model


Piece = _model("Piece", PIECE_FIELDS, "One kind of goods in a parcel.")
Parcel = _model(
    "Parcel",
    PARCEL_FIELDS,
    "A parcel as declared. What is not known is left out or null, never 0, -1 or empty. A value that does not fit "
    "is read otherwise or left out, and listed among the doubts.",
    pieces=(list[Piece] | None, ModelField(None, max_length=MAX_PIECES, description="Contents, piece by piece.")),  # type: ignore[valid-type]
)
_PieceBefore = _model("PieceBefore", PIECE_FIELDS, "Before its texts are looked at.", lambda _: None)
_ParcelBefore = _model(
    "ParcelBefore",
    PARCEL_FIELDS,
    "A parcel before its texts are looked at.",
    lambda _: None,
    pieces=(list[_PieceBefore] | None, ModelField(None, max_length=MAX_PIECES)),  # type: ignore[valid-type]
)
_PLACEHOLDERS = frozenset(("",)).union(*map(placeholders_of, (*PARCEL_FIELDS, *PIECE_FIELDS)))
"""Texts that some field does not take, or takes for no value."""


def parcel_facts(item: Any) -> dict[str, Any]:
    """Values of an item that fits `Parcel`.

    Its texts are looked at all together, and one by one only where one of them may not do as it is.

    Raises
    ------
    ValidationError
        When it does not fit.
    """
    facts = _ParcelBefore.model_validate(item).model_dump()
    texts = [value for value in facts.values() if type(value) is str]
    for piece in facts["pieces"] or ():
        texts += [value for value in piece.values() if type(value) is str]
    if "".join(texts).isprintable() and _PLACEHOLDERS.isdisjoint(texts):
        return facts
    return Parcel.model_validate(item).model_dump()


Outcome = _model(
    "Outcome",
    tuple(field for field in OUTCOME_FIELDS if field.name not in {"known_at", "cause", "propensity"}),
    "What an inspection found. Finding nothing is an outcome too, and must be recorded.",
    placeholders=lambda _: frozenset(),
    correction_reason=(
        CorrectionReason | None,
        ModelField(None, description="Why this replaces another outcome on record; leave it out otherwise."),
    ),
)


_Reading = Annotated[str, ModelField(min_length=1, max_length=MOST_CHARACTERS)]
Stage = _model(
    "Stage",
    STAGE_FIELDS,
    "One stage of an inspection and what it says. The outcome of the parcel is derived from its stages.",
    placeholders=lambda _: frozenset(),
    corrects_seq=(
        int | None,
        ModelField(None, strict=True, ge=1, le=2**53, description="Number of the stage that this one corrects."),
    ),
)
StageRun = _model(
    "StageRun",
    tuple(one for one in STAGE_FIELDS if one.name not in {"parcel_id", "finding_class", "finding_mass_g"}),
    "One method that looked at many parcels at once, with one result: a dog past a table, a bag through an x-ray. "
    "`duration_s` is that of the whole run.",
    placeholders=lambda _: frozenset(),
    parcel_ids=(list[_Reading] | None, ModelField(None, description="Numbers of the parcels, as scanned.")),
    receptacle_id=(
        str | None,
        ModelField(None, max_length=70, description="Receptacle whose parcels on record were looked at."),
    ),
)

SeizureForm = _model(
    "SeizureForm",
    SEIZURE_FIELDS,
    "What a finding was, in coded values: one form for each substance, and nothing that names a person.",
    placeholders=lambda _: frozenset(),
    corrects=(
        str | None,
        ModelField(None, pattern="^SZ[0-9]{8}$", description="Number of the form that this one corrects."),
    ),
)

Label = _model(
    "Label", LABEL_FIELDS, "An item that nobody declared: its number, where it has one, and what its label says."
)


class Labels(BaseModel):
    """One or many undeclared items, each validated and answered by itself."""

    model_config = _STRICT
    items: list[Annotated[Label, SkipValidation]] = ModelField(min_length=1)  # type: ignore[valid-type]


class Manifest(BaseModel):
    """Many parcels in one message, each validated and answered by itself."""

    model_config = _STRICT
    parcels: list[Annotated[Parcel, SkipValidation]] = ModelField(min_length=1)  # type: ignore[valid-type]


class Stages(BaseModel):
    """One or many stages, each validated and answered by itself."""

    model_config = _STRICT
    stages: list[Annotated[Stage, SkipValidation]] = ModelField(min_length=1)  # type: ignore[valid-type]


class Outcomes(BaseModel):
    """One or many outcomes, each validated and answered by itself."""

    model_config = _STRICT
    outcomes: list[Annotated[Outcome, SkipValidation]] = ModelField(min_length=1)  # type: ignore[valid-type]


def tabulate(model: type[BaseModel], items: list[Any], schema: pl.Schema) -> Accepted:
    """Validate `items` one by one; return those that pass as a table with ``line`` counted from 1."""
    rows: list[dict[str, Any]] = []
    rejections: list[Rejection] = []
    for line, item in enumerate(items, start=1):
        try:
            rows.append({LINE: line, **model.model_validate(item).model_dump()})
        except ValidationError as error:
            rejections += rejections_of(line, error)
    table = pl.DataFrame(rows, schema={LINE: pl.Int64(), **schema})
    return Accepted(rows=table, rejections=tuple(rejections))


_FIELD_NAME = re.compile(r"[a-z0-9_.]{1,60}")
_REMEDIES = {
    "model_type": "Send a JSON object, with Content-Type: application/json.",
    "model_attributes_type": "Send a JSON object, with Content-Type: application/json.",
    "dict_type": "Send a JSON object, with Content-Type: application/json.",
    "missing": "Give the field.",
    "extra_forbidden": "Remove it; docs/fields.md lists the fields.",
    "int_type": "Write a whole number without quotes, in the unit that the field name ends with.",
    "string_unicode": "Send valid UTF-8 without lone surrogates.",
    "control_character": "Remove control characters.",
    "timezone_aware": "Write the time with its zone, as in 2026-11-02T08:15:00Z.",
}


_REMEDY_OF = {
    ("missing", "parcels"): "Give the list of parcels. JSON of another form is a file: send it with Content-Type: "
    "application/x-ndjson."
}
_REASONS = {
    "extra_forbidden": "the record has no such field",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "this is not a JSON object"),
}


def rejections_of(line: int, error: ValidationError) -> list[Rejection]:
    """Put all errors of an item into words."""
    return [rejection(line, detail) for detail in error.errors(include_input=False, include_url=False)]


def rejection(line: int, detail: ErrorDetails | dict[str, Any]) -> Rejection:
    """Put an error of pydantic into words, without the value that caused it."""
    code = str(detail["type"])
    path = [part + 1 if isinstance(part, int) else part for part in detail["loc"]]
    field = ".".join(str(part) for part in path) or "item"
    reason = _REASONS.get(code, str(detail["msg"]))
    if code == "extra_forbidden":
        # The name of an unknown field is shown only when it looks like a name, not like somebody's data.
        shown = field if _FIELD_NAME.fullmatch(field) else ".".join(str(part) for part in path[:-1])
        field = shown or "item"
    return Rejection(
        line=line,
        field=re.sub(r"pieces\.(\d+)\.", r"piece_\1.", field),
        code=code,
        reason=reason[0].lower() + reason[1:] + ".",
        remedy=_REMEDY_OF.get((code, field))
        or _REMEDIES.get(code, "Correct the value, or leave the field out when it is not known."),
    )
