"""Turn parties, places and goods into keys, and personal text into facts that are not personal.

This is the only place where clear personal data are read. What it returns may be written to the event log: entity
keys (a
keyed HMAC-SHA-256 cut to 63 bits and a sign, the key kept outside the database) and a few yes-or-no facts. Erasing
the clear data
later therefore changes no replay.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import polars as pl
from anyascii import anyascii

from features.parcel.fields import PARCEL_FIELDS
from features.parcel.goods import GOODS_SCHEMA, goods

PERSONAL = tuple(field.name for field in PARCEL_FIELDS if field.personal)

KEYS = ("sender_key", "recipient_key", "address_key", "lane_key", "commodity_key", "look_alike_key")
_FACTS = (
    "sender_is_organisation",
    "recipient_is_organisation",
    "sender_has_contact",
    "recipient_has_contact",
    "recipient_is_po_box",
    "recipient_is_locker",
    "recipient_is_care_of",
    "has_order_reference",
)
DERIVED_SCHEMA = pl.Schema(
    {
        **dict.fromkeys(KEYS, pl.Int64()),
        **dict.fromkeys(_FACTS, pl.Boolean()),
        "recipient_postcode_region": pl.String(),
        **GOODS_SCHEMA,
    }
)

# Legal forms and words that mark a firm, in Latin letters after transliteration.
_ORGANISATION = (
    r"\b(ltd|limited|llc|inc|corp|co|company|gmbh|ag|kg|ug|bv|nv|sa|sas|sarl|srl|spa|oy|ab|as|aps|sp zoo|kft|doo|"
    r"trading|international|import|export|store|shop|group|enterprise|enterprises|factory|logistics|technology)\b"
)
_LOCKER = r"\b(packstation|paczkomat|locker|inpost|parcel ?box|punto poste|relais|pickup|pick up|paketbox|smartpost)\b"
_CARE_OF = r"(^|\W)(c/o|c\.o\.|care of|bei|zhv|t\.a\.v\.)(\W|$)"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True)
class IdentityKey:
    """Secret under which entity keys are computed. Another secret gives another, unrelated set of keys."""

    secret: bytes

    def __post_init__(self) -> None:
        """Refuse a secret that is too short to protect names against guessing."""
        if len(self.secret) < 32:
            raise ValueError("an identity key needs at least 32 bytes; make one with `parcel-risk init`")

    def of(self, kind: str, text: str) -> int:
        """Entity key of `text` among entities of `kind`: the same in every batch, file and year."""
        digest = hmac.digest(self.secret, f"{kind}\x1f{text}".encode(), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True)


@lru_cache(maxsize=100_000)
def normalise(text: str) -> str:
    """Lower-case Latin words of `text` in any script, invisible marks removed, separated by one blank."""
    seen = _INVISIBLE.sub("", text)
    latin = seen if seen.isascii() else anyascii(seen)
    return _NOT_WORD.sub(" ", latin.lower()).strip()


def sorted_words(text: str) -> str:
    """Normalised words in alphabetical order, each once: ``Li, Wei`` and ``WEI LI`` are the same name."""
    return " ".join(sorted(set(normalise(text).split())))


def derive(parcels: pl.DataFrame, key: IdentityKey) -> pl.DataFrame:
    """Replace the personal columns of validated `parcels` by what may be kept.

    Returns
    -------
    pl.DataFrame
        The columns that are not personal, followed by those of ``DERIVED_SCHEMA``; same rows, same order.
    """
    flat = parcels.hstack(goods(parcels))
    signature = _each(flat["description"], lambda text: sorted_words(text) or None)
    flat = flat.with_columns(signature.alias("signature"))
    keys = [
        _party_keys(flat, "sender", key),
        _party_keys(flat, "recipient", key),
        _hashed(_address_texts(flat), "address", key),
        *(_hashed(flat.select(text).to_series(), kind, key) for kind, text in _GOODS_AND_ROUTE.items()),
    ]
    facts = flat.select(*_facts(), *GOODS_SCHEMA.names())
    kept = parcels.drop(PERSONAL)
    return kept.hstack(keys).hstack(facts)


def _party_keys(rows: pl.DataFrame, role: str, key: IdentityKey) -> pl.Series:
    """Key by account, else tax number, else name with postcode and country; null when none is given."""
    columns = rows.select(
        "operator", *(f"{role}_{part}" for part in ("account", "tax_id", "name", "postcode", "country"))
    )
    texts = [_party_text(*row) for row in columns.iter_rows()]
    return _hashed(pl.Series(texts, dtype=pl.String), role, key)


def _party_text(
    operator: str | None, account: str | None, tax_id: str | None, name: str | None, postcode: str | None, country:
    str | None
) -> str | None:  # fmt: skip
    # A dash or dots in a field stand for nothing and must not make strangers one entity.
    if number := normalise(account or ""):
        return f"account|{operator}|{number}"
    if number := normalise(tax_id or ""):
        return f"tax|{number}"
    words = sorted_words(name or "")
    return f"name|{words}|{normalise(postcode or '')}|{country or ''}" if words else None


def _address_texts(rows: pl.DataFrame) -> pl.Series:
    parts = ("street", "number", "po_box", "postcode", "city", "country")
    columns = rows.select(f"recipient_{part}" for part in parts)
    words = ([normalise(part or "") for part in row] for row in columns.iter_rows())
    return pl.Series(["|".join(row) if row[0] or row[2] else None for row in words], dtype=pl.String)


# What tells kinds of goods and routes apart, as texts to be hashed. Weight steps keep three significant digits:
# parcels packed
# alike fall on one step whatever their size.
_FROM = pl.coalesce("origin_office", "dispatch_country", "sender_country")
_TO = pl.coalesce("destination_office", "recipient_country")
_GOODS = pl.coalesce(pl.col("hs_code").str.slice(0, 6), pl.col("signature"))
_GOODS_AND_ROUTE: dict[str, pl.Expr] = {
    "lane": pl.concat_str(_FROM, pl.lit(">"), _TO.fill_null("")),
    "commodity": pl.concat_str(_GOODS, pl.lit("|"), pl.col("goods_origin_country").fill_null("")),
    "look_alike": pl.concat_str(
        _GOODS,
        pl.coalesce("dispatch_country", "sender_country", pl.lit("")),
        pl.col("goods_origin_country").fill_null(""),
        pl.col("signature").fill_null(""),
        pl.col("gross_weight_g").cast(pl.Float64).round_sig_figs(3).cast(pl.Int64).cast(pl.String),
        separator="|",
    ),
}


def _hashed(texts: pl.Series, kind: str, key: IdentityKey) -> pl.Series:
    return _each(texts, lambda text: key.of(kind, text), pl.Int64()).alias(f"{kind}_key")


def _each(texts: pl.Series, function: Callable[[str], object], dtype: pl.DataType | None = None) -> pl.Series:
    """Apply a Python function once to every distinct text; null stays null."""
    distinct = texts.drop_nulls().unique()
    answers = {text: function(text) for text in distinct.to_list()}
    return texts.replace_strict(answers, default=None, return_dtype=dtype or pl.String())


def _facts() -> list[pl.Expr]:
    where = pl.concat_str(
        pl.col("recipient_name", "recipient_street", "recipient_additional").fill_null(""), separator="\n"
    ).str.to_lowercase()
    return [
        *(
            pl.col(f"{role}_name").str.to_lowercase().str.contains(_ORGANISATION).alias(f"{role}_is_organisation")
            for role in ("sender", "recipient")
        ),
        *(
            (pl.col(f"{role}_phone").is_not_null() | pl.col(f"{role}_email").is_not_null()).alias(f"{role}_has_contact")
            for role in ("sender", "recipient")
        ),
        pl.col("recipient_po_box").is_not_null().alias("recipient_is_po_box"),
        where.str.contains(_LOCKER).alias("recipient_is_locker"),
        where.str.contains(_CARE_OF).alias("recipient_is_care_of"),
        pl.col("order_reference").is_not_null().alias("has_order_reference"),
        pl.col("recipient_postcode").str.slice(0, 2).alias("recipient_postcode_region"),
    ]
