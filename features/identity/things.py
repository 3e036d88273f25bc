"""Texts that tell goods, routes and item numbers apart: what is hashed into their keys. None of them is personal."""

from __future__ import annotations

import polars as pl

from features.identity.parties import words
from features.parcel.s10 import has_s10_form

FROM = pl.coalesce("origin_office", "dispatch_country", "sender_country")
TO = pl.coalesce("destination_office", "recipient_country")
_ORIGIN = pl.col("goods_origin_country").fill_null("")
_ID = pl.col("parcel_id")


def thing_texts() -> dict[str, pl.Expr]:
    """What is hashed for each kind of thing; null where a parcel does not say it.

    A *look-alike* is a kind of parcel: goods, dispatch, wording and weight to three significant digits, so that parcels
    packed alike fall together whatever their size and whoever sends them. A *wording* is a description with the heading
    under which it is declared. A *number block* is a hundred consecutive item numbers of one operator.
    """
    signature = words("description")
    heading = pl.col("hs_code").str.slice(0, 4)
    return {
        "lane": pl.concat_str(FROM, pl.lit(">"), TO.fill_null("")),
        "office": FROM,
        "country": pl.coalesce("dispatch_country", "sender_country"),
        "commodity": pl.concat_str(pl.coalesce(heading, signature), _ORIGIN, separator="|"),
        "chapter": pl.col("hs_code").str.slice(0, 2),
        "look_alike": pl.concat_str(
            pl.coalesce(pl.col("hs_code").str.slice(0, 6), signature),
            pl.coalesce("dispatch_country", "sender_country", pl.lit("")),
            _ORIGIN,
            signature.fill_null(""),
            pl.col("gross_weight_g").cast(pl.Float64).round_sig_figs(3).cast(pl.Int64).cast(pl.String),
            separator="|",
        ),
        "wording": pl.concat_str(signature, heading.fill_null(""), separator="|"),
        "number_block": pl.concat_str(pl.col("operator").fill_null(""), _number_block(), separator="|"),
        "operator": pl.col("operator"),
    }


def _number_block() -> pl.Expr:
    """Item number without its last two serial digits; null where it does not end in at least four digits."""
    s10 = pl.concat_str(_ID.str.slice(0, 8), _ID.str.slice(11))
    return pl.when(has_s10_form(_ID)).then(s10).otherwise(_ID.str.extract(r"^(.*[0-9]{2})[0-9]{2}$"))
