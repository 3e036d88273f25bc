"""Item numbers and manifest numbers: S10 with its check digit for posts, running numbers for couriers."""

from __future__ import annotations

import numpy as np
import polars as pl

from data.synthetic.drawing import Ints, picked
from features.parcel.fields import STREAMS

_WEIGHTS = np.array([8, 6, 4, 2, 3, 5, 9, 7])
"""Weights of the S10 check digit (UPU S10)."""
_FIRST_LETTERS = (("U", "L", "R"), ("C", "C", "C"), ("E", "E", "E"), ("X", "X", "X"))
"""Service indicators by stream: untracked, tracked and registered letters, parcels, EMS (UPU S10)."""


def numbered(
    parcels: pl.DataFrame, rng: np.random.Generator, *, sender: Ints, foreign_share: float, wrong_share: float
) -> pl.DataFrame:
    """Give `parcels`, sorted by lodging, their identifiers and manifest numbers.

    Parcels that one sender lodges together get neighbouring numbers, as at a counter; apart from that, numbers of an
    operator run on in time. An identifier occurs once per operator.

    Parameters
    ----------
    sender:
        Number of the sender of each parcel.
    foreign_share:
        Share of items numbered by the post of another country than that of dispatch.
    wrong_share:
        Share of items with a wrong check digit.
    """
    n = parcels.height
    operator = parcels["operator"].cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
    stream = (
        parcels["stream"]
        .replace_strict({name: index for index, name in enumerate(STREAMS)}, return_dtype=pl.Int64)
        .to_numpy()
    )
    order = np.lexsort((sender, parcels["lodged_at"].to_physical().to_numpy(), operator))
    index = np.empty(n, dtype=np.int64)
    index[order] = np.arange(n)
    first = np.full(operator.max(initial=0) + 1, n, dtype=np.int64)
    np.minimum.at(first, operator, index)
    serial = 10_000_000 + 1_000_003 * operator % 50_000_000 + 2 * (index - first[operator]) + rng.integers(0, 2, n)
    foreign = rng.random(n) < foreign_share
    suffix = np.where(foreign, rng.integers(0, 3, n), -1)
    country = pl.select(pl.coalesce(picked(("SG", "HK", "NL"), suffix), parcels["dispatch_country"])).to_series()
    wrong = (rng.random(n) < wrong_share).astype(np.int64)
    letters = np.array(_FIRST_LETTERS)[stream, sender % 3]
    s10 = pl.select(
        pl.concat_str(
            pl.Series(letters),
            picked([chr(65 + letter) for letter in range(26)], sender % 26),
            pl.Series(serial % 100_000_000).cast(pl.String).str.zfill(8),
            pl.Series((check_digits(serial % 100_000_000) + wrong) % 10).cast(pl.String),
            country,
        )
    ).to_series()
    courier = pl.select(
        pl.concat_str(pl.lit("C"), pl.Series(operator % 10).cast(pl.String), pl.Series(serial + 10**10).cast(pl.String))
    ).to_series()
    is_express = pl.Series(stream == STREAMS.index("express"))
    return parcels.with_columns(
        pl.when(is_express).then(courier).otherwise(s10).alias("parcel_id"),
        pl.when(is_express).then(courier).alias("house_bill"),
        pl.concat_str(
            pl.lit("M-"), pl.col("operator"), pl.lit("-"), pl.col("lodged_at").dt.strftime("%Y%m%d%H%M")
        ).alias("manifest_id"),
    )


def check_digits(serial: Ints) -> Ints:
    """Return the check digit of each eight-digit serial: 11 - (weighted sum mod 11), where 10 is 0 and 11 is 5."""
    digits = serial[:, None] // 10 ** np.arange(7, -1, -1) % 10
    rest = 11 - digits @ _WEIGHTS % 11
    return np.asarray(np.where(rest == 10, 0, np.where(rest == 11, 5, rest)))
