"""Data-quality flags: reasons to doubt a row that is used all the same."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from features.parcel.s10 import has_s10_form, s10_check_digit_is_wrong

QUALITY_FLAGS = "quality_flags"


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One reason to doubt a row: `doubtful` is true where it applies (null counts as false)."""

    code: str
    says: str
    doubtful: pl.Expr


def _any_piece(condition: pl.Expr) -> pl.Expr:
    return pl.col("pieces").list.eval(condition).list.any().fill_null(value=False)


def _party_is_incomplete(role: str) -> pl.Expr:
    place = pl.col(f"{role}_street").is_null() & pl.col(f"{role}_po_box").is_null()
    number = pl.col(f"{role}_account").is_null() & pl.col(f"{role}_tax_id").is_null()
    return number & (pl.col(f"{role}_name").is_null() | place)


_PIECE = pl.element().struct
FLAGS: tuple[Flag, ...] = (
    Flag(
        code="contents_missing",
        says="No piece is declared.",
        doubtful=pl.col("pieces").list.len().fill_null(0) == 0,
    ),
    Flag(
        code="description_missing",
        says="A piece has no description.",
        doubtful=_any_piece(_PIECE.field("description").is_null()),
    ),
    Flag(code="hs_missing", says="A piece has no HS code.", doubtful=_any_piece(_PIECE.field("hs_code").is_null())),
    Flag(
        code="value_missing",
        says="A piece has no value.",
        doubtful=_any_piece(_PIECE.field("value_cents").is_null()),
    ),
    Flag(
        code="currency_assumed",
        says="A value is given without its currency and is taken as euro.",
        doubtful=_any_piece(_PIECE.field("currency").is_null() & _PIECE.field("value_cents").is_not_null()),
    ),
    Flag(code="weight_missing", says="No gross weight.", doubtful=pl.col("gross_weight_g").is_null()),
    Flag(
        code="net_above_gross",
        says="The pieces weigh more than the parcel.",
        doubtful=pl.col("pieces").list.eval(_PIECE.field("net_weight_g")).list.sum() > pl.col("gross_weight_g"),
    ),
    Flag(
        code="sender_incomplete",
        says="The sender has neither an account or tax number nor a name with an address.",
        doubtful=_party_is_incomplete("sender"),
    ),
    Flag(
        code="recipient_incomplete",
        says="The recipient has neither an account or tax number nor a name with an address.",
        doubtful=_party_is_incomplete("recipient"),
    ),
    Flag(
        code="s10_check_digit",
        says="The item identifier has the form of S10 but its check digit is wrong.",
        doubtful=has_s10_form(pl.col("parcel_id")) & s10_check_digit_is_wrong(pl.col("parcel_id")),
    ),
    Flag(
        code="posted_after_lodged",
        says="The parcel was posted more than a day after its manifest was lodged.",
        doubtful=pl.col("posted_at") > pl.col("lodged_at") + pl.duration(days=1),
    ),
    Flag(
        code="lodged_late",
        says="The manifest was lodged after the parcel was due.",
        doubtful=pl.col("lodged_at") > pl.col("due_at"),
    ),
)
