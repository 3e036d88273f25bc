"""Phones and e-mail addresses in one form, so that the same one is recognised however it is written.

What stands for nobody makes no contact: a number that no plan has, or of one digit throughout; the mailbox of a relay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from features.parcel.blanks import BLANKS

_FREE_MAIL = re.compile(
    r"@(gmail|googlemail|yahoo|hotmail|outlook|live|msn|icloud|me|aol|gmx|web|t-online|freenet|mail|inbox|bk|list|"
    r"yandex|ya|rambler|proton|protonmail|tutanota|tuta|qq|163|126|sina|foxmail|naver|hanmail|daum|wp|o2|interia|onet|"
    r"seznam|libero|laposte|orange|free|wanadoo)\."
)
# Domains behind which a marketplace or a provider hides the mailbox of its customer, as their help pages say.
_RELAY = re.compile(
    r"@(?:[^@]*\.)?(?:marketplace|relay|privaterelay|reply|noreply|no-reply|masked|anonymi[sz]ed|members\.ebay|guest\.booking|"
    r"notice\.aliexpress|message\.alibaba|convos\.etsy|mozmail|duck|simplelogin|anonaddy|addy)\.[^@]+$"
)
_NOBODY = re.compile(
    r"(?:do[._-]?not|no|dont|ne|non)[._-]?(?:pas[._-]?)?(?:reply|repondre|repondez|responder|rispondere)[^@]*@|(?:notifications?|"
    r"mailer-daemon|postmaster|nobody|none|nomail|noemail|no[._-]mail|no[._-]email|na|n/a|unknown|null)@|([a-z]{1,8})@\1\."
)
# A name that a machine drew: long hexadecimal, or letters and digits by turns.
_HASHED = re.compile(
    r"(?=[^@]*[0-9])(?:[0-9a-f-]{16,}|[0-9a-z]{24,}|(?=[0-9a-z]{10,}@)(?:[a-z]+[0-9]+){3,}[a-z]*|(?=[0-9a-z]{10,}@)(?:[0-9]+[a-z]+){3,}[0-9]*)@"
)
_SIMPLE = re.compile(r"\+?[0-9 ().-]+")
# National prefixes of the metadata that are 0 for a number that begins with 0; other alternatives begin with 1.
_ZERO_OR_ONE = re.compile(r"0|\(1.*\)\|0|0\|1[0-9]+")
_PLAIN = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = re.compile(
    r"[;,|\n]| or | und | oder | and |(?<=[0-9]) ?/ ?(?=[+(]|0[1-9])|(?<=[0-9]{4}) ?/ ?(?=[0-9]{6})", re.IGNORECASE
)
_ADDRESSED = re.compile(r"^.*<(?:mailto:)?([^<>@\s]+@[^<>\s]+)>$")
"""Mailbox behind the name of its owner."""
_TAG = re.compile(r"\+[^@]*@")
_GMAIL = re.compile(r"([^@]+)@gmail\.")
_EXTENSION = re.compile(
    r"\s*(?:ext\.?|extension|x|#|durchwahl|dw\.?|int\.?|доб\.?|poste|anexo|转|分机)\s*[0-9]{1,6}\s*$", re.IGNORECASE
)
_NOT_DIALLED = re.compile(r"[^0-9+]")
_FEWEST_DIGITS, _REPEATED = 5, 7
# Countries whose numbers lose or gain a digit when parsed: mobiles of Mexico and Argentina, carrier codes of Brazil.
_REWRITTEN = frozenset(("52", "54", "55"))
_IN_ORDER = "12345678901234567890", "98765432109876543210"
_FEWEST_IN_ORDER = 7
_OLD_MOBILE = re.compile(r"\+521([0-9]{10})")
_LONG_FOR_NATIONAL = 12
_LONGEST_CODE = 3
_ABROAD = re.compile(r"00(?=[1-9])")


@cache
def calling_codes() -> dict[str, str]:
    """ISO country to its calling code, as in ``DE`` to ``49`` (from the metadata of the phonenumbers package)."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return {region: str(code) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions}


@lru_cache(maxsize=100_000)
def e164(phone: str, country: str | None) -> str | None:
    """Phone in E.164 form as the party's country writes it; the first of several, without its extension.

    None where it fits no numbering plan, is plainly made up, or is national and comes without country.
    """
    written = _with_ascii_digits(phone).strip(BLANKS)
    if written.endswith(".0") and written.count(".") == 1:
        written = written.removesuffix(".0")  # a program took it for a number with decimals
    plain = _plain(written, country)
    fits = None if plain is None else _fits(plain)
    if fits is not None:
        return plain if fits else None
    if _is_in_order(written) or len(_NOT_DIALLED.sub("", written)) < _FEWEST_DIGITS:
        return None
    return next(_numbers(written, country), None)


def _plain(written: str, country: str | None) -> str | None:
    """Number behind a plus where there is no doubt how it is meant: it has one, or the 0 of a country that uses 0."""
    if not _SIMPLE.fullmatch(written):
        return None
    digits = _NOT_DIALLED.sub("", written.replace("(0)", "", 1))
    if digits.startswith("0") and not digits.startswith("00"):
        code = _trunk_zeros().get(country or "")
        return None if code is None else f"+{code}{digits[1:]}"
    return digits if _PLAIN.fullmatch(digits) else None


@cache
def _trunk_zeros() -> dict[str, str]:
    """Calling codes of countries whose national numbers begin with a 0 that is no part of them."""
    from phonenumbers import PhoneMetadata

    plans = {country: PhoneMetadata.metadata_for_region(country, None) for country in calling_codes()}
    return {
        country: calling_codes()[country]
        for country, plan in plans.items()
        if plan is not None
        and _ZERO_OR_ONE.fullmatch(plan.national_prefix_for_parsing or "")
        and not plan.national_prefix_transform_rule
        and not plan.leading_zero_possible
    }


def _numbers(written: str, country: str | None) -> Iterator[str]:
    """Numbers that a field may mean, best first: all of it, then its parts, valid ones before possible ones."""
    parts = [part for part in _SEPARATORS.split(written) if part and len(_NOT_DIALLED.sub("", part)) >= _FEWEST_DIGITS]
    found = [_parsed(part, country) for part in dict.fromkeys((written, *parts))]
    for wanted in (True, False):
        yield from (number for number, is_valid in found if number is not None and is_valid is wanted)


def _parsed(written: str, country: str | None) -> tuple[str | None, bool]:
    """E.164 form of one number and whether its plan has it; None where it cannot exist or is plainly made up."""
    import phonenumbers

    best: tuple[str | None, bool] = None, False
    for spelled in _spellings(_EXTENSION.sub("", written), country):
        try:
            number = phonenumbers.parse(spelled, country)
        except phonenumbers.NumberParseException:
            continue
        form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        national = str(number.national_number)
        if _is_repeated(national):
            return None, False
        if phonenumbers.is_valid_number(number):
            return form, True
        if best[0] is None and phonenumbers.is_possible_number(number) and not _is_in_order(national):
            best = form, False
    return best


def _spellings(bare: str, country: str | None) -> Iterator[str]:
    """As written, dialled abroad with 00, or with the plus that was left out, which a long number may lack at home."""
    digits = _NOT_DIALLED.sub("", bare.replace("(0)", ""))
    without_plus = f"+{digits}" if digits[:1] not in ("+", "0") else None
    if without_plus and len(digits) >= _LONG_FOR_NATIONAL:
        yield without_plus
    yield bare
    if digits.startswith("+"):
        yield _OLD_MOBILE.sub(r"+52\1", digits)
        if digits.startswith("+8") and country in ("RU", "KZ"):
            yield f"+7{digits[2:]}"
    elif _ABROAD.match(digits):
        yield f"+{digits[2:]}"
    elif without_plus:
        yield without_plus


def _fits(plain: str) -> bool | None:
    """Whether the plan of its country has numbers of this length; None where only parsing tells.

    That is so for numbers that may hold a digit too many: a trunk zero, or those in ``_REWRITTEN``; for digits in
    order; and for a code that is not known.
    """
    for n in range(1, _LONGEST_CODE + 1):
        code, national = plain[1 : 1 + n], plain[1 + n :]
        lengths = _lengths().get(code)
        if lengths is not None:
            is_doubtful = code in _REWRITTEN or national[:1] in ("0", "8" if code == "7" else "0")
            if is_doubtful or _is_in_order(national):
                return None
            return len(national) in lengths and not _is_repeated(national)
    return None


def _is_repeated(national: str) -> bool:
    """Whether a number is one digit throughout, or ends in one digit so often as nobody's does."""
    bare = national.lstrip("0")
    return not bare.strip(bare[:1]) or bare[-_REPEATED:] == bare[-1] * _REPEATED


def _is_in_order(digits: str) -> bool:
    """Whether a text is digits in order from 1 up or from 9 down: made up, unless a numbering plan has them."""
    return len(digits) >= _FEWEST_IN_ORDER and any(order.startswith(digits) for order in _IN_ORDER)


@cache
def _lengths() -> dict[str, frozenset[int]]:
    """Lengths of national numbers by calling code."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    lengths = {}
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        plan = PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0])
        if plan is not None and plan.general_desc is not None and plan.general_desc.possible_length:
            lengths[str(code)] = frozenset(plan.general_desc.possible_length)
    return lengths


def _with_ascii_digits(phone: str) -> str:
    return phone if phone.isascii() else "".join(_ascii(one) for one in unicodedata.normalize("NFKC", phone))


def _ascii(one: str) -> str:
    digit = unicodedata.digit(one, None)
    return one if digit is None else str(digit)


def is_foreign(phone: str, country: str | None) -> bool | None:
    """Whether a phone in E.164 form is of another country; None where the country has no calling code."""
    code = calling_codes().get(country or "")
    return None if code is None else not phone.startswith(f"+{code}")


def mailbox(email: str) -> str:
    """E-mail address in lower case without a tag behind ``+``; dots before the @ do not count at Gmail."""
    bare = email.strip(BLANKS).lower()
    if ":" in bare or "<" in bare:
        bare = _ADDRESSED.sub(r"\1", bare).removeprefix("mailto:")
    tidy = _TAG.sub("@", bare, count=1)
    gmail = _GMAIL.match(tidy.replace("@googlemail.", "@gmail.", 1))
    return f"{gmail[1].replace('.', '')}@gmail.com" if gmail else tidy


def is_somebodys(tidy: str) -> bool:
    """Whether a mailbox may be one person's or firm's: no relay, no mailbox that nobody reads, no hashed name."""
    return "@" in tidy and not (_RELAY.search(tidy) or _NOBODY.match(tidy) or _HASHED.match(tidy))


def is_free_mail(tidy: str) -> bool:
    """Whether anybody may have a mailbox with the provider of an address."""
    return _FREE_MAIL.search(tidy) is not None
