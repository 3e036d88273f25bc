"""Phones and e-mail addresses in one form, so that the same one is recognised however it is written."""

from __future__ import annotations

import re
from functools import cache

from features.parcel.blanks import BLANKS

_FREE_MAIL = re.compile(
    r"@(gmail|googlemail|yahoo|hotmail|outlook|live|msn|icloud|me|aol|gmx|web|t-online|freenet|mail|inbox|bk|list|"
    r"yandex|ya|rambler|proton|protonmail|tutanota|tuta|qq|163|126|sina|foxmail|naver|hanmail|daum|wp|o2|interia|onet|"
    r"seznam|libero|laposte|orange|free|wanadoo)\."
)
_NOT_DIALLED = re.compile(r"[^0-9+]")
_TAG = re.compile(r"\+[^@]*@")
_GMAIL = re.compile(r"([^@]+)@gmail\.")


@cache
def calling_codes() -> dict[str, str]:
    """ISO country to its calling code, as in ``DE`` to ``49`` (from the metadata of the phonenumbers package)."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return {region: str(code) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions}


def e164(phone: str, country: str | None) -> str | None:
    """Phone in E.164 form; a national one gets the calling code of `country` in place of its leading zeros.

    None where fewer than five digits are given, or a national number comes without country.
    """
    digits = _NOT_DIALLED.sub("", phone.replace("(0)", ""))
    bare = digits.replace("+", "")
    if len(bare) < 5:
        return None
    if digits.startswith(("+", "00")):
        return f"+{bare.removeprefix('00')}"
    code = calling_codes().get(country or "")
    return None if code is None else f"+{code}{bare.lstrip('0')}"


def is_foreign(phone: str, country: str | None) -> bool | None:
    """Whether a phone in E.164 form is of another country; None where the country has no calling code."""
    code = calling_codes().get(country or "")
    return None if code is None else not phone.startswith(f"+{code}")


def mailbox(email: str) -> str:
    """E-mail address in lower case without a tag behind ``+``; dots before the @ do not count at Gmail."""
    tidy = _TAG.sub("@", email.strip(BLANKS).lower(), count=1)
    gmail = _GMAIL.match(tidy.replace("@googlemail.", "@gmail.", 1))
    return f"{gmail[1].replace('.', '')}@gmail.com" if gmail else tidy


def is_free_mail(tidy: str) -> bool:
    """Whether anybody may have a mailbox with the provider of an address."""
    return _FREE_MAIL.search(tidy) is not None
