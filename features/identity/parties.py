"""Texts that tell parties and places apart, normalised: what is hashed into their keys."""

from __future__ import annotations

import polars as pl

from features.identity.contacts import e164, mailbox
from features.identity.texts import latin, normalised, sorted_column

_PARTS = ("name", "street", "number", "additional", "po_box", "postcode", "city", "account", "tax_id")
_COMPARED = (*(f"{role}_{part}" for role in ("sender", "recipient") for part in _PARTS), "description")
TIDY = "tidy_"
"""Before the name of a column: its normalised text; "" where nothing readable is given."""
WORDS = "words_"
"""Before the name of a column: its words in alphabetical order, each once: ``Li, Wei`` and ``WEI LI`` are one name."""
_WORDED = ("sender_name", "recipient_name", "description")
LOCKER = r"\b(packstation|paczkomat|locker|inpost|parcel ?box|punto poste|relais|pickup|pick up|paketbox|smartpost)\b"


def tidied(flat: pl.DataFrame) -> pl.DataFrame:
    """Normalised texts of all columns that are compared, behind ``TIDY``, and of some the sorted ``WORDS``.

    Phones and e-mail addresses are null, not "", where none is given.
    """
    foreign = flat.select(pl.col(_COMPARED).str.contains(r"[^\x00-\x7f]").any())
    names = [name for name in _COMPARED if foreign[name].item()]
    whole = flat.select(_COMPARED).with_columns(latin(flat[name]) for name in names)
    texts = whole.select(normalised(pl.col(name)).fill_null("").alias(f"{TIDY}{name}") for name in _COMPARED)
    worded = (sorted_column(texts[f"{TIDY}{name}"]).alias(f"{WORDS}{name}") for name in _WORDED)
    return texts.hstack(list(worded)).hstack(flat.select(_contacts()))


def _contacts() -> list[pl.Expr]:
    return [
        one.alias(f"{TIDY}{role}_{part}")
        for role in ("sender", "recipient")
        for part, one in (
            ("phone", e164(pl.col(f"{role}_phone"), pl.col(f"{role}_country"))),
            ("email", mailbox(pl.col(f"{role}_email"))),
        )
    ]


def tidy(name: str) -> pl.Expr:
    """Normalised text of a column."""
    return pl.col(f"{TIDY}{name}")


def party_texts() -> dict[str, pl.Expr]:
    """What is hashed for each kind of party and place; null where nothing tells them apart."""
    return {
        "sender": _party("sender"),
        "contact": _contact("sender"),
        "recipient": _party("recipient"),
        "address": _address("recipient"),
    }


def words(name: str) -> pl.Expr:
    """Sorted words of a column; null where there are none."""
    return pl.when(pl.col(f"{WORDS}{name}") != "").then(pl.col(f"{WORDS}{name}"))


def _party(role: str) -> pl.Expr:
    """Account, else tax number, else name with postcode and country.

    A dash or dots in a field stand for nothing and must not make strangers one entity.
    """
    account, tax_id = tidy(f"{role}_account"), tidy(f"{role}_tax_id")
    where = [tidy(f"{role}_postcode"), pl.col(f"{role}_country").fill_null("")]
    return (
        pl.when(account != "")
        .then(pl.concat_str(pl.lit("account"), pl.col("operator").fill_null(""), account, separator="|"))
        .when(tax_id != "")
        .then(pl.concat_str(pl.lit("tax"), tax_id, separator="|"))
        .otherwise(pl.concat_str(pl.lit("name"), words(f"{role}_name"), *where, separator="|"))
    )


def _contact(role: str) -> pl.Expr:
    """Phone, else e-mail address."""
    return pl.coalesce(pl.lit("phone|") + tidy(f"{role}_phone"), pl.lit("mail|") + tidy(f"{role}_email"))


def _address(role: str) -> pl.Expr:
    """A locker by its number and postcode, else the whole address where it has a street or a PO box."""
    where = pl.concat_str(tidy(f"{role}_street"), tidy(f"{role}_number"), tidy(f"{role}_additional"), separator=" ")
    locker = where.str.extract(LOCKER), where.str.extract(rf"{LOCKER} *(?:nr|no|number)? *([0-9a-z]*[0-9][0-9a-z]*)", 2)
    region = [tidy(f"{role}_postcode"), pl.col(f"{role}_country").fill_null("")]
    parts = [tidy(f"{role}_{part}") for part in ("street", "number", "po_box", "postcode", "city")]
    is_given = (tidy(f"{role}_street") != "") | (tidy(f"{role}_po_box") != "")
    return (
        pl.when(locker[1].is_not_null())
        .then(pl.concat_str(pl.lit("locker"), *locker, *region, separator="|"))
        .when(is_given)
        .then(pl.concat_str(*parts, pl.col(f"{role}_country").fill_null(""), separator="|"))
    )
