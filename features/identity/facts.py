"""Facts that are derived from personal text once, at intake, and are not personal themselves."""

from __future__ import annotations

import polars as pl

from features.identity.contacts import FREE_MAIL, calling_codes
from features.identity.parties import LOCKER, tidy, words
from features.identity.texts import INVISIBLE, MIXED_SCRIPTS

_YES_NO, _COUNT = pl.Boolean(), pl.Int64()
_OF_PARTY = {
    "is_organisation": _YES_NO,
    "has_contact": _YES_NO,
    "has_tax_number": _YES_NO,
    "has_hidden_marks": _YES_NO,
    "mixes_scripts": _YES_NO,
    "name_has_digits": _YES_NO,
    "phone_is_foreign": _YES_NO,
    "mail_is_free": _YES_NO,
    "mail_names_party": _YES_NO,
    "n_name_words": _COUNT,
    "n_address_parts": _COUNT,
}
FACTS_SCHEMA = pl.Schema(
    {
        **{f"{role}_{name}": dtype for role in ("sender", "recipient") for name, dtype in _OF_PARTY.items()},
        "recipient_is_po_box": _YES_NO,
        "recipient_is_locker": _YES_NO,
        "recipient_is_care_of": _YES_NO,
        "recipient_is_lodging": _YES_NO,
        "parties_share_a_name": _YES_NO,
        "parties_share_contact": _YES_NO,
        "has_order_reference": _YES_NO,
        "recipient_postcode_region": pl.String(),
    }
)

# Legal forms and words that mark a firm, in Latin letters after transliteration.
_ORGANISATION = (
    r"\b(ltd|limited|llc|inc|corp|co|company|gmbh|ag|kg|ug|bv|nv|sa|sas|sarl|srl|spa|oy|ab|as|aps|sp zoo|kft|doo|"
    r"trading|international|import|export|store|shop|group|enterprise|enterprises|factory|logistics|technology)\b"
)
_CARE_OF = r"(^|\W)(c/o|c\.o\.|care of|bei|zhv|t\.a\.v\.)(\W|$)"
_LODGING = r"\b(hotel|hostel|motel|pension|guest ?house|airbnb|apartments?|boarding ?house|coworking|virtual office)\b"
_NO_NAMES = pl.lit(["", *_ORGANISATION.replace(r"\b", "").strip("()").split("|")], dtype=pl.List(pl.String))


def facts() -> list[pl.Expr]:
    """Facts of ``FACTS_SCHEMA`` over the parcel table with its normalised texts."""
    lines = ("recipient_name", "recipient_street", "recipient_additional")
    clear = pl.concat_str(pl.col(lines).fill_null(""), separator="\n").str.to_lowercase()
    where = pl.concat_str(*(tidy(line) for line in lines), separator=" ")
    names = [words(f"{role}_name").fill_null("").str.split(" ") for role in ("sender", "recipient")]
    shared = names[0].list.set_intersection(names[1]).list.set_difference(_NO_NAMES)
    named = [
        *_of_party("sender"),
        *_of_party("recipient"),
        pl.col("recipient_po_box").is_not_null().alias("recipient_is_po_box"),
        where.str.contains(LOCKER).alias("recipient_is_locker"),
        clear.str.contains(_CARE_OF).alias("recipient_is_care_of"),
        where.str.contains(_LODGING).alias("recipient_is_lodging"),
        (shared.list.len() > 0).alias("parties_share_a_name"),
        _shared_contact().alias("parties_share_contact"),
        pl.col("order_reference").is_not_null().alias("has_order_reference"),
        pl.col("recipient_postcode").str.slice(0, 2).alias("recipient_postcode_region"),
    ]
    return [one.cast(dtype) for one, dtype in zip(named, FACTS_SCHEMA.values(), strict=True)]


def _of_party(role: str) -> list[pl.Expr]:
    name, phone, email = (pl.col(f"{role}_{part}") for part in ("name", "phone", "email"))
    written = pl.concat_str(pl.col(f"{role}_name", f"{role}_street", f"{role}_city").fill_null(""), separator=" ")
    parts = ("street", "number", "postcode", "city", "country")
    code = pl.col(f"{role}_country").replace_strict(calling_codes(), default=None, return_dtype=pl.String)
    word = tidy(f"{role}_name").str.extract("([0-9a-z]{4,})")
    local = tidy(f"{role}_email").str.extract("^([^@]+)@")
    columns = [
        pl.when(name.is_not_null()).then(tidy(f"{role}_name").str.contains(_ORGANISATION)),
        phone.is_not_null() | email.is_not_null(),
        tidy(f"{role}_tax_id") != "",
        written.str.contains(INVISIBLE),
        written.str.contains(MIXED_SCRIPTS),
        tidy(f"{role}_name").str.contains("[0-9]"),
        ~tidy(f"{role}_phone").str.strip_prefix("+").str.starts_with(code),
        tidy(f"{role}_email").str.contains(FREE_MAIL),
        local.str.contains(word, literal=True),
        tidy(f"{role}_name").str.count_matches(" ", literal=True) + (tidy(f"{role}_name") != "").cast(pl.UInt32),
        pl.sum_horizontal(pl.col(f"{role}_{part}").is_not_null() for part in parts),
    ]
    return [one.alias(f"{role}_{name}") for one, name in zip(columns, _OF_PARTY, strict=True)]


def _shared_contact() -> pl.Expr:
    """Whether sender and recipient give the same phone or the same mailbox; null where nothing can be compared."""
    same_phone, same_mail = (tidy(f"sender_{part}") == tidy(f"recipient_{part}") for part in ("phone", "email"))
    return (
        pl.when(same_phone.fill_null(value=False) | same_mail.fill_null(value=False))
        .then(statement=True)
        .when(same_phone.is_not_null() | same_mail.is_not_null())
        .then(statement=False)
    )
