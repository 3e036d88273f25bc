"""What facts there are, in the order of their columns, and from which column of the log each comes.

Numbers, yes and no keep the name of their column. What is made of a time or of a text has a name that says what it is.
A new column of the log that is a number is a fact by itself; what features read of a new text is declared in ``TEXTS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from features.facts import codes
from features.facts.codes import Numbers
from features.facts.wording import WORDING, wording
from features.identity import KEYS
from features.log import HANDLING, LOG_SCHEMA, ORDER_SCHEMA
from features.parcel.fields import CATEGORIES, CATEGORY_FIELDS, STREAMS
from features.parcel.flags import QUALITY_FLAGS


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """Facts of one column: their names, and the function that makes them of a value or of None.

    Functions of texts that come again remember what they have met.
    """

    column: str
    names: tuple[str, ...]
    of: Callable[[Any], Numbers]


def remembering(function: Callable[[Any], Numbers], n: int = 2**12) -> Callable[[Any], Numbers]:
    """Return the function with a memory of its last `n` values."""
    return lru_cache(n)(function)


NUMBERS = tuple(
    name
    for name, dtype in LOG_SCHEMA.items()
    if dtype in (pl.Int64(), pl.Boolean()) and name not in (*ORDER_SCHEMA, *KEYS, *HANDLING)
)
"""Columns that are facts as they are: integers, and yes or no as 1 or 0."""
KNOWN_AT = "known_at_s"
"""Seconds since 1970 at which the parcel became known; fractions are dropped."""
TIMES = ("posted_at", "lodged_at", "due_at")
"""Times in microseconds since 1970; the fact of ``posted_at`` is ``posted_at_us``."""
GIVEN = ("marketplace", "master_bill", "receptacle_id")
"""Texts of which only whether they are given is read; the fact of ``marketplace`` is ``marketplace_is_given``."""
TEXTS = (
    TextFacts(column="stream", names=("stream",), of=remembering(codes.choice(STREAMS))),
    TextFacts(column="category", names=("category",), of=remembering(codes.choice(CATEGORIES))),
    TextFacts(column="packaging", names=("packaging",), of=remembering(codes.choice_in_any_case(codes.PACKAGINGS))),
    TextFacts(
        column="postage_paid_by",
        names=("postage_paid_by",),
        of=remembering(codes.choice_in_any_case(codes.ANONYMOUS_PAYMENTS)),
    ),
    TextFacts(column="dispatch_country", names=("dispatch_country",), of=remembering(codes.country)),
    TextFacts(column="sender_country", names=("sender_country",), of=remembering(codes.country)),
    TextFacts(column="recipient_country", names=("recipient_country",), of=remembering(codes.country)),
    TextFacts(column="goods_origin_country", names=("goods_origin_country",), of=remembering(codes.country)),
    TextFacts(column="origin_office", names=("origin_office_country",), of=remembering(codes.country_of_office)),
    TextFacts(
        column="destination_office", names=("destination_office_country",), of=remembering(codes.country_of_office)
    ),
    TextFacts(column="transit_offices", names=("n_transit_offices",), of=remembering(codes.n_offices)),
    TextFacts(column="parcel_id", names=("s10_country", "s10_service"), of=codes.item_number),
    TextFacts(
        column="hs_code",
        names=("hs_six_digits", "hs_chapter", "hs_n_digits", "hs_is_residual"),
        of=remembering(codes.hs_code),
    ),
    *(TextFacts(column=field.name, names=(field.name,), of=remembering(codes.open_code)) for field in CATEGORY_FIELDS),
    TextFacts(column="description", names=WORDING, of=remembering(wording, 2**15)),
)
FLAGS = TextFacts(
    column=QUALITY_FLAGS,
    names=("n_quality_flags", *(f"flag_{flag}" for flag in codes.FLAGS)),
    of=remembering(codes.quality_flags),
)

FACTS: tuple[str, ...] = (
    *NUMBERS,
    *(f"{name}_is_given" for name in GIVEN),
    KNOWN_AT,
    *(f"{name}_us" for name in TIMES),
    *(name for one in TEXTS for name in one.names),
    *FLAGS.names,
)
"""Names of all facts, in the order of their columns."""
_COLUMN_OF = {name: column for column, name in enumerate(FACTS)}


def column_of(name: str) -> int | None:
    """Column of the fact `name`; None for what is no fact."""
    return _COLUMN_OF.get(name)
