"""Data-quality flags: reasons to doubt a row that is used all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from features.parcel.rule import Record, ValidationRule
from features.parcel.s10 import check_digit_is_wrong, has_wrong_check_digit, is_s10
from features.parcel.scripts import may_mix_alphabets, may_stack_marks, mixes_alphabets, stacks_marks

QUALITY_FLAGS = "quality_flags"
POSTAL_MAX_G = 35_000
"""No post takes heavier items (30 kg in most, 31.5 kg in some), so more is a unit taken for another."""
_POSTAL = frozenset({"letter", "parcel", "ems"})
_LATE_POSTING = timedelta(days=1)
_TEXTS = ("sender_name", "recipient_name", "sender_street", "recipient_street")
_NUMBERS = ("account", "tax_id")
_IDENTIFYING = (*_NUMBERS, "name", "street", "po_box")


def _missing(name: str) -> Callable[[Record], bool]:
    return lambda record: record[name] is None


def _is_any_missing(*names: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_null() for name in names)


def _party_is_incomplete(role: str) -> Callable[[Record], bool]:
    account, tax_id, name, street, po_box = (f"{role}_{part}" for part in _IDENTIFYING)

    def is_incomplete(parcel: Record) -> bool:
        if parcel[account] is not None or parcel[tax_id] is not None:
            return False
        return parcel[name] is None or (parcel[street] is None and parcel[po_box] is None)

    return is_incomplete


def _pieces_weigh_more(parcel: Record) -> bool:
    gross, pieces = parcel["gross_weight_g"], parcel["pieces"]
    return gross is not None and pieces is not None and sum([piece["net_weight_g"] or 0 for piece in pieces]) > gross


def _weight_of_pieces() -> pl.Expr:
    return pl.col("pieces").list.eval(pl.element().struct.field("net_weight_g")).list.sum()


def _is_too_heavy_for_a_post(parcel: Record) -> bool:
    gross, stream = parcel["gross_weight_g"], parcel["stream"]
    if gross is None or gross <= POSTAL_MAX_G:
        return False
    return stream in _POSTAL or (stream is None and parcel["parcel_id"] is not None and is_s10(parcel["parcel_id"]))


def _weights_disagree(parcel: Record) -> bool:
    gross, measured = parcel["gross_weight_g"], parcel["measured_weight_g"]
    return gross is not None and measured is not None and abs(gross - measured) > max(50, measured // 5)


def _any_text(is_doubtful: Callable[[str], bool]) -> Callable[[Record], bool]:
    """Whether a text of the parcel or of a piece is doubtful; one in ASCII, as most are, is not."""

    def holds_one(parcel: Record) -> bool:
        for name in _TEXTS:
            text = parcel[name]
            if text is not None and not text.isascii() and is_doubtful(text):
                return True
        for piece in parcel["pieces"] or ():
            text = piece["description"]
            if text is not None and not text.isascii() and is_doubtful(text):
                return True
        return False

    return holds_one


def _any_text_may(be_doubtful: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    in_pieces = pl.col("pieces").list.eval(be_doubtful(pl.element().struct.field("description"))).list.any()
    return pl.any_horizontal(*(be_doubtful(pl.col(name)) for name in _TEXTS), in_pieces)


def _is_posted_late(parcel: Record) -> bool:
    posted, lodged = parcel["posted_at"], parcel["lodged_at"]
    return posted is not None and lodged is not None and posted - lodged > _LATE_POSTING


def _is_lodged_late(parcel: Record) -> bool:
    lodged, due = parcel["lodged_at"], parcel["due_at"]
    return lodged is not None and due is not None and lodged > due


CONTENT_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="contents_missing",
        says="No piece is declared.",
        remedy="Declare the contents, piece by piece.",
        example="pieces left out",
        reads=("pieces",),
        broken=lambda parcel: not parcel["pieces"],
        suspects=pl.col("pieces").list.len().fill_null(0) == 0,
    ),
    ValidationRule(
        code="description_missing",
        says="A piece has no description.",
        remedy="Say what the piece is.",
        example="a piece with a value alone",
        reads=("description",),
        broken=_missing("description"),
        suspects=_is_any_missing("description"),
        in_pieces=True,
    ),
    ValidationRule(
        code="hs_missing",
        says="A piece has no HS code.",
        remedy="Give at least the six digits of the HS.",
        example="a piece without hs_code",
        reads=("hs_code",),
        broken=_missing("hs_code"),
        suspects=_is_any_missing("hs_code"),
        in_pieces=True,
    ),
    ValidationRule(
        code="value_missing",
        says="A piece has no value.",
        remedy="Give its value and currency.",
        example="a piece without value_cents",
        reads=("value_cents",),
        broken=_missing("value_cents"),
        suspects=_is_any_missing("value_cents"),
        in_pieces=True,
    ),
    ValidationRule(
        code="currency_assumed",
        says="A value is given without its currency and is read as euro.",
        remedy="Give the currency with every value.",
        example="value 24.00, no currency",
        reads=("currency", "value_cents"),
        broken=lambda piece: piece["currency"] is None and piece["value_cents"] is not None,
        suspects=_is_any_missing("currency"),
        in_pieces=True,
    ),
)

WEIGHT_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="weight_missing",
        says="No gross weight.",
        remedy="Give the weight of the parcel with its packing.",
        example="gross_weight_g left out",
        reads=("gross_weight_g",),
        broken=_missing("gross_weight_g"),
        suspects=_is_any_missing("gross_weight_g"),
    ),
    ValidationRule(
        code="net_above_gross",
        says="The pieces weigh more than the parcel.",
        remedy="Check both weights and their units.",
        example="gross 340 g, pieces 600 g",
        reads=("gross_weight_g", "pieces"),
        broken=_pieces_weigh_more,
        needs="gross_weight_g",
        suspects=_weight_of_pieces() > pl.col("gross_weight_g"),
    ),
    ValidationRule(
        code="weight_unit",
        says="The weight is more than any post takes: grams were probably given as kilograms.",
        remedy="Check the unit of the weight.",
        example="letter of 340 kg",
        reads=("gross_weight_g", "stream", "parcel_id"),
        broken=_is_too_heavy_for_a_post,
        needs="gross_weight_g",
        suspects=pl.col("gross_weight_g") > POSTAL_MAX_G,
    ),
    ValidationRule(
        code="weight_disagrees",
        says="Declared and measured weight differ by more than a fifth and 50 g.",
        remedy="Weigh the parcel when it is posted.",
        example="declared 300 g, measured 1,200 g",
        reads=("gross_weight_g", "measured_weight_g"),
        broken=_weights_disagree,
        needs="measured_weight_g",
        suspects=(pl.col("gross_weight_g") - pl.col("measured_weight_g")).abs() > 50,
    ),
)

PARTY_FLAGS: tuple[ValidationRule, ...] = (
    *(
        ValidationRule(
            code=f"{role}_incomplete",
            says=f"The {role} has neither an account or tax number nor a name with an address.",
            remedy="Give name and street (or PO box), or the account.",
            example="a name without a street",
            reads=tuple(f"{role}_{part}" for part in _IDENTIFYING),
            broken=_party_is_incomplete(role),
            suspects=pl.all_horizontal(pl.col(f"{role}_{name}").is_null() for name in _NUMBERS)
            & _is_any_missing(f"{role}_name", f"{role}_street"),
        )
        for role in ("sender", "recipient")
    ),
    ValidationRule(
        code="mixed_scripts",
        says="A word mixes Latin letters with Cyrillic or Greek ones that look alike.",
        remedy="Write a word in one script.",
        example="a Cyrillic letter within a Latin name",
        reads=(*_TEXTS, "pieces"),
        broken=_any_text(mixes_alphabets),
        suspects=_any_text_may(may_mix_alphabets),
    ),
    ValidationRule(
        code="stacked_marks",
        says="A text stacks more accents on a letter than any language does.",
        remedy="Remove the marks.",
        example="five combining accents in a row",
        reads=(*_TEXTS, "pieces"),
        broken=_any_text(stacks_marks),
        suspects=_any_text_may(may_stack_marks),
    ),
)

TIME_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="posted_after_lodged",
        says="The parcel was posted more than a day after its manifest was lodged.",
        remedy="Check the dates.",
        example="lodged on the 2nd, posted on the 5th",
        reads=("posted_at", "lodged_at"),
        broken=_is_posted_late,
        needs="posted_at",
        suspects=pl.col("posted_at") - pl.col("lodged_at") > _LATE_POSTING,
    ),
    ValidationRule(
        code="lodged_late",
        says="The manifest was lodged after the parcel was due.",
        remedy="Send manifests before the parcels arrive.",
        example="due on the 1st, lodged on the 2nd",
        reads=("lodged_at", "due_at"),
        broken=_is_lodged_late,
        needs="due_at",
        suspects=pl.col("lodged_at") > pl.col("due_at"),
    ),
)

IDENTIFIER_FLAGS: tuple[ValidationRule, ...] = (
    ValidationRule(
        code="s10_check_digit",
        says="The item identifier has the form of S10 but its check digit is wrong.",
        remedy="Read the barcode again.",
        example="RB473124828US",
        reads=("parcel_id",),
        broken=lambda parcel: parcel["parcel_id"] is not None and check_digit_is_wrong(parcel["parcel_id"]),
        needs="parcel_id",
        suspects=has_wrong_check_digit(pl.col("parcel_id")),
    ),
)

FLAGS: tuple[ValidationRule, ...] = (*CONTENT_FLAGS, *WEIGHT_FLAGS, *PARTY_FLAGS, *IDENTIFIER_FLAGS, *TIME_FLAGS)
"""Flags that need no code list."""
