"""Every rule over parcels in one table: those that reject a row or drop a value, those that flag, and code lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache, partial

import polars as pl

from features.parcel.damage import DAMAGE
from features.parcel.field_checks import IDENTIFYING
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Kind
from features.parcel.flags import FLAGS
from features.parcel.life_flags import LIFE_FLAGS
from features.parcel.phones import may_be_impossible, phone_is_impossible
from features.parcel.plausibility import plausibility_rules
from features.parcel.reference import CodeList, Reference, Unknown
from features.parcel.rule import Record, Severity, ValidationRule
from features.parcel.s10 import country_of_s10, has_s10_form, is_s10, s10_country

AHEAD = timedelta(days=400)
"""How far ahead of the time of reading a date in a manifest may lie."""
NOW = "now"
"""Name under which rules are given the time of reading."""
_SEVERITY = {Unknown.DROP: Severity.DROP, Unknown.FLAG: Severity.FLAG}
_ORDER = tuple(Severity)


@lru_cache(maxsize=4)
def rules(reference: Reference) -> tuple[ValidationRule, ...]:
    """Every rule under these code lists: first those that reject, then those that drop values, then those that flag."""
    all_rules = (
        *_times(),
        *_codes(reference),
        *_identifiers(reference),
        *FLAGS,
        *_rates(reference),
        *plausibility_rules(reference),
        *_phones(),
        *_postcodes(reference),
    )
    return tuple(sorted(all_rules, key=lambda rule: _ORDER.index(rule.severity)))


def flag_words(reference: Reference) -> dict[str, str]:
    """Sentence of every rule and flag, by code."""
    return {rule.code: rule.says for rule in rules(reference)} | DAMAGE | LIFE_FLAGS


def _times() -> Iterator[ValidationRule]:
    for field in PARCEL_FIELDS:
        if field.kind is Kind.TIME:
            yield ValidationRule(
                code="in_future",
                field=field.name,
                severity=Severity.REJECT if field.name in IDENTIFYING else Severity.DROP,
                says="the time lies more than 400 days ahead.",
                remedy="Check the year and the format.",
                example="2099-01-01T00:00:00Z",
                reads=(field.name, NOW),
                broken=partial(_lies_ahead, name=field.name),
                needs=field.name,
                suspects=pl.col(field.name) > pl.col(NOW) + AHEAD,
            )


def _lies_ahead(parcel: Record, name: str) -> bool:
    return parcel[name] is not None and parcel[name] > parcel[NOW] + AHEAD


def _listed(
    codes: CodeList,
    name: str,
    code: str,
    says: str,
    remedy: str,
    example: str,
    *,
    in_pieces: bool = False,
    part: Callable[[str], str | None] = str,
    column: pl.Expr | None = None,
) -> Iterator[ValidationRule]:
    """Rule that a field, or the part of it that is a code, is on a list; none where the office ignores the list."""

    def is_unknown(record: Record) -> bool:
        value = record[name]
        value = None if value is None else part(value)
        return value is not None and value not in codes.codes

    if codes.unknown is not Unknown.IGNORE:
        yield ValidationRule(
            code=code,
            field=name,
            severity=_severity(codes, name),
            says=says,
            remedy=remedy,
            example=example,
            reads=(name,),
            broken=is_unknown,
            in_pieces=in_pieces,
            needs=name,
            among=frozenset(codes.codes) if part is str else None,
            suspects=~(pl.col(name) if column is None else column).is_in(sorted(codes.codes)),
        )


def _severity(codes: CodeList, name: str) -> Severity:
    severity = _SEVERITY[codes.unknown]
    return Severity.REJECT if severity is Severity.DROP and name in IDENTIFYING else severity


def _codes(reference: Reference) -> Iterator[ValidationRule]:
    for list_name, ending, example in (("country", "country", "ZZ"), ("currency", "currency", "EURO or XYZ")):
        for field, in_pieces in (*((f, False) for f in PARCEL_FIELDS), *((f, True) for f in PIECE_FIELDS)):
            if field.name.endswith(ending):
                yield from _listed(
                    reference.lists[list_name],
                    field.name,
                    f"unknown_{list_name}",
                    f"the {list_name} is not an ISO code.",
                    "Write the code of ISO 3166-1 alpha-2, as in DE."
                    if list_name == "country"
                    else "Write the code of ISO 4217, as in EUR.",
                    example,
                    in_pieces=in_pieces,
                )
    yield from _listed(
        reference.lists["hs_chapter"],
        "hs_code",
        "hs_chapter",
        "the HS code begins with a chapter that does not exist.",
        "Look the goods up in the Harmonised System.",
        "770000",
        in_pieces=True,
        part=lambda code: code[:2],
        column=pl.col("hs_code").str.slice(0, 2),
    )
    yield from _listed(
        reference.lists["mail_class"],
        "mail_class",
        "mail_class",
        "the mail class is not one of the known ones.",
        "Check the class, or ask the office to list it.",
        "X",
    )


def _rates(reference: Reference) -> Iterator[ValidationRule]:
    def has_no_rate(parcel: Record, amount: str, currency: str) -> bool:
        return parcel[amount] is not None and parcel[currency] is not None and parcel[currency] not in reference.rated

    for amount, currency in (
        ("value_cents", "currency"),
        ("postage_cents", "postage_currency"),
        ("insured_value_cents", "insured_currency"),
    ):
        yield ValidationRule(
            code="no_rate",
            field=currency,
            says="An amount is in a currency without a known rate; it is kept, but has no value in euro.",
            remedy="Give the amount in another currency, or ask the office for a rate.",
            example="1,000 TWD",
            reads=(amount, currency),
            broken=partial(has_no_rate, amount=amount, currency=currency),
            needs=amount,
            in_pieces=amount == "value_cents",
            suspects=pl.col(amount).is_not_null() & ~pl.col(currency).is_in(sorted(reference.rated)),
        )


def _identifiers(reference: Reference) -> Iterator[ValidationRule]:
    def country_is_unknown(parcel: Record) -> bool:
        country = None if parcel["parcel_id"] is None else country_of_s10(parcel["parcel_id"])
        return country is not None and country not in reference.countries

    yield ValidationRule(
        code="s10_country",
        field="parcel_id",
        says="The item identifier ends in letters that are no country.",
        remedy="Read the barcode again.",
        example="RB473124829ZZ",
        reads=("parcel_id",),
        broken=country_is_unknown,
        needs="parcel_id",
        suspects=~s10_country(pl.col("parcel_id")).is_in(sorted(reference.countries)),
    )
    yield from _listed(
        reference.lists["service_indicator"],
        "parcel_id",
        "service_indicator",
        "The item identifier begins with a letter that names no service.",
        "Read the barcode again.",
        "XX473124829US",
        part=lambda parcel_id: parcel_id[0] if is_s10(parcel_id) else None,
        column=pl.when(has_s10_form(pl.col("parcel_id"))).then(pl.col("parcel_id").str.slice(0, 1)),
    )


def _phones() -> Iterator[ValidationRule]:
    pairs = tuple((f"{role}_phone", f"{role}_country") for role in ("sender", "recipient"))
    yield ValidationRule(
        code="phone_impossible",
        says="A phone number cannot exist under any numbering plan.",
        remedy="Write it with + and the calling code, as in +49 30 123456.",
        example="12, or +999 123",
        reads=(*pairs[0], *pairs[1]),
        broken=lambda parcel: any(
            [
                parcel[phone] is not None and phone_is_impossible(parcel[phone], parcel[country])
                for phone, country in pairs
            ]
        ),
        suspects=pl.any_horizontal(may_be_impossible(pl.col(phone)) for phone, _ in pairs),
    )


def _postcodes(reference: Reference) -> Iterator[ValidationRule]:
    codes = reference.lists["postcode"]
    if codes.unknown is Unknown.IGNORE:
        return
    forms = {country: re.compile(form) for country, form in codes.entries.items()}
    either = f"^(?:{'|'.join(f'{country} (?:{form})' for country, form in codes.entries.items())})$"

    def is_malformed(parcel: Record, country: str, postcode: str) -> bool:
        form = forms.get(parcel[country])
        return form is not None and parcel[postcode] is not None and form.fullmatch(parcel[postcode]) is None

    for role in ("sender", "recipient"):
        country, postcode = f"{role}_country", f"{role}_postcode"
        yield ValidationRule(
            code="postcode_form",
            field=postcode,
            severity=_SEVERITY[codes.unknown],
            says=f"The postcode of the {role} does not have the form that its country uses.",
            remedy="Check postcode and country.",
            example="DE 1011",
            reads=(country, postcode),
            broken=partial(is_malformed, country=country, postcode=postcode),
            needs=postcode,
            suspects=pl.col(country).is_in(sorted(forms)) & ~_together(country, postcode).str.contains(either),
        )


def _together(country: str, postcode: str) -> pl.Expr:
    return pl.concat_str(country, postcode, separator=" ")
