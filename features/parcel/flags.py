"""Data-quality flags: reasons to doubt a row that is used all the same."""

from __future__ import annotations

import polars as pl

from features.parcel.rule import PIECE, ValidationRule
from features.parcel.s10 import has_s10_form, s10_check_digit_is_wrong

QUALITY_FLAGS = "quality_flags"
POSTAL_MAX_G = 35_000
"""No post takes heavier items (30 kg in most, 31.5 kg in some), so more is a unit taken for another."""
_MIXED = r"\p{Latin}[\p{Cyrillic}\p{Greek}]|[\p{Cyrillic}\p{Greek}]\p{Latin}"
_TEXTS = ("sender_name", "recipient_name", "sender_street", "recipient_street")


def _party_is_incomplete(role: str) -> pl.Expr:
    no_street = pl.col(f"{role}_street").is_null() & pl.col(f"{role}_po_box").is_null()
    number = pl.col(f"{role}_account").is_null() & pl.col(f"{role}_tax_id").is_null()
    return number & (pl.col(f"{role}_name").is_null() | no_street)


def _is_postal() -> pl.Expr:
    stream = pl.col("stream")
    return stream.is_in(["letter", "parcel", "ems"]) | (stream.is_null() & has_s10_form(pl.col("parcel_id")))


def _any_text(pattern: str) -> pl.Expr:
    description = pl.col("pieces").list.eval(PIECE.field("description").str.contains(pattern)).list.any()
    return pl.any_horizontal(*(pl.col(name).str.contains(pattern) for name in _TEXTS), description)


CONTENT_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="contents_missing",
        says="No piece is declared.",
        remedy="Declare the contents, piece by piece.",
        example="pieces left out",
        broken=pl.col("pieces").list.len().fill_null(0) == 0,
    ),
    ValidationRule(
        code="description_missing",
        says="A piece has no description.",
        remedy="Say what the piece is.",
        example="a piece with a value alone",
        broken=PIECE.field("description").is_null(),
        in_pieces=True,
    ),
    ValidationRule(
        code="hs_missing",
        says="A piece has no HS code.",
        remedy="Give at least the six digits of the HS.",
        example="a piece without hs_code",
        broken=PIECE.field("hs_code").is_null(),
        in_pieces=True,
    ),
    ValidationRule(
        code="value_missing",
        says="A piece has no value.",
        remedy="Give its value and currency.",
        example="a piece without value_cents",
        broken=PIECE.field("value_cents").is_null(),
        in_pieces=True,
    ),
    ValidationRule(
        code="currency_assumed",
        says="A value is given without its currency and is read as euro.",
        remedy="Give the currency with every value.",
        example="value 24.00, no currency",
        broken=PIECE.field("currency").is_null() & PIECE.field("value_cents").is_not_null(),
        in_pieces=True,
    ),
)

WEIGHT_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="weight_missing",
        says="No gross weight.",
        remedy="Give the weight of the parcel with its packing.",
        example="gross_weight_g left out",
        broken=pl.col("gross_weight_g").is_null(),
    ),
    ValidationRule(
        code="net_above_gross",
        says="The pieces weigh more than the parcel.",
        remedy="Check both weights and their units.",
        example="gross 340 g, pieces 600 g",
        broken=pl.col("pieces").list.eval(PIECE.field("net_weight_g")).list.sum() > pl.col("gross_weight_g"),
    ),
    ValidationRule(
        code="weight_unit",
        says="The weight is more than any post takes: grams were probably given as kilograms.",
        remedy="Check the unit of the weight.",
        example="letter of 340 kg",
        broken=_is_postal() & (pl.col("gross_weight_g") > POSTAL_MAX_G),
    ),
    ValidationRule(
        code="weight_disagrees",
        says="Declared and measured weight differ by more than a fifth and 50 g.",
        remedy="Weigh the parcel when it is posted.",
        example="declared 300 g, measured 1,200 g",
        broken=(pl.col("gross_weight_g") - pl.col("measured_weight_g")).abs()
        > pl.max_horizontal(pl.lit(50), pl.col("measured_weight_g") // 5),
    ),
)

PARTY_FLAGS: tuple[ValidationRule, ...] = (
    *(
        ValidationRule(
            code=f"{role}_incomplete",
            says=f"The {role} has neither an account or tax number nor a name with an address.",
            remedy="Give name and street (or PO box), or the account.",
            example="a name without a street",
            broken=_party_is_incomplete(role),
        )
        for role in ("sender", "recipient")
    ),
    ValidationRule(
        code="mixed_scripts",
        says="A word mixes Latin letters with Cyrillic or Greek ones that look alike.",
        remedy="Write a word in one script.",
        example="a Cyrillic letter within a Latin name",
        broken=_any_text(_MIXED),
    ),
    ValidationRule(
        code="stacked_marks",
        says="A text stacks more accents on a letter than any language does.",
        remedy="Remove the marks.",
        example="five combining accents in a row",
        broken=_any_text(r"\p{M}{5,}"),
    ),
)

TIME_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="posted_after_lodged",
        says="The parcel was posted more than a day after its manifest was lodged.",
        remedy="Check the dates.",
        example="lodged on the 2nd, posted on the 5th",
        broken=pl.col("posted_at") > pl.col("lodged_at") + pl.duration(days=1),
    ),
    ValidationRule(
        code="lodged_late",
        says="The manifest was lodged after the parcel was due.",
        remedy="Send manifests before the parcels arrive.",
        example="due on the 1st, lodged on the 2nd",
        broken=pl.col("lodged_at") > pl.col("due_at"),
    ),
)

IDENTIFIER_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="s10_check_digit",
        says="The item identifier has the form of S10 but its check digit is wrong.",
        remedy="Read the barcode again.",
        example="RB473124828US",
        broken=has_s10_form(pl.col("parcel_id")) & s10_check_digit_is_wrong(pl.col("parcel_id")),
    ),
)

FLAGS: tuple[ValidationRule, ...] = (*CONTENT_FLAGS, *WEIGHT_FLAGS, *PARTY_FLAGS, *IDENTIFIER_FLAGS, *TIME_FLAGS)
"""Flags that need no code list."""
