"""Phones and e-mail addresses in one form, so that the same one is recognised however it is written."""

from __future__ import annotations

from functools import cache

import polars as pl

FREE_MAIL = (
    r"@(gmail|googlemail|yahoo|hotmail|outlook|live|msn|icloud|me|aol|gmx|web|t-online|freenet|mail|inbox|bk|list|"
    r"yandex|ya|rambler|proton|protonmail|tutanota|tuta|qq|163|126|sina|foxmail|naver|hanmail|daum|wp|o2|interia|onet|"
    r"seznam|libero|laposte|orange|free|wanadoo)\."
)
"""Providers with whom anybody may have a mailbox."""


@cache
def calling_codes() -> dict[str, str]:
    """ISO country to its calling code, as in ``DE`` to ``49`` (from the metadata of the phonenumbers package)."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return {region: str(code) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions}


def e164(phone: pl.Expr, country: pl.Expr) -> pl.Expr:
    """Phone in E.164 form; a national one gets the calling code of `country` in place of its leading zeros.

    Null where fewer than five digits are given, or a national number comes without country.
    """
    digits = phone.str.replace_all(r"\(0\)", "").str.replace_all(r"[^0-9+]", "")
    bare = digits.str.replace_all(r"[^0-9]", "")
    abroad = bare.str.strip_prefix("00")
    is_abroad = digits.str.starts_with("+") | digits.str.starts_with("00")
    code = country.replace_strict(calling_codes(), default=None, return_dtype=pl.String)
    national = pl.concat_str(code, bare.str.strip_chars_start("0"))
    whole = pl.when(is_abroad).then(abroad).otherwise(national)
    return pl.when(bare.str.len_bytes() >= 5).then(pl.lit("+") + whole)


def mailbox(email: pl.Expr) -> pl.Expr:
    """E-mail address in lower case without a tag behind ``+``; dots before the @ do not count at Gmail."""
    tidy = email.str.strip_chars().str.to_lowercase().str.replace(r"\+[^@]*@", "@")
    gmail = tidy.str.replace("@googlemail.", "@gmail.", literal=True)
    local = gmail.str.extract(r"^([^@]+)@gmail\.").str.replace_all(".", "", literal=True)
    return pl.when(gmail.str.contains(r"^[^@]+@gmail\.")).then(local + pl.lit("@gmail.com")).otherwise(tidy)
