"""Every rule over parcels in one table: those that reject, those that flag, and those that a code list decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

import polars as pl

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Kind
from features.parcel.flags import FLAGS
from features.parcel.phones import phone_is_impossible
from features.parcel.reference import CodeList, Reference, Unknown
from features.parcel.rule import PIECE, Severity, ValidationRule
from features.parcel.s10 import has_s10_form, s10_country

AHEAD = timedelta(days=400)
"""How far ahead of the time of reading a date in a manifest may lie."""
NOW = "now"
"""Column that holds the time of reading while rules are evaluated."""
_SEVERITY = {Unknown.REJECT: Severity.REJECT, Unknown.FLAG: Severity.FLAG}


@lru_cache(maxsize=4)
def rules(reference: Reference) -> tuple[ValidationRule, ...]:
    """Every rule under these code lists, rejecting ones first."""
    all_rules = (*_times(), *_codes(reference), *_identifiers(reference), *FLAGS, *_phones(), *_postcodes(reference))
    return tuple(sorted(all_rules, key=lambda rule: rule.severity is not Severity.REJECT))


def flag_words(reference: Reference) -> dict[str, str]:
    """Sentence of every rule that may end in a flag, by code."""
    return {rule.code: rule.says for rule in rules(reference)}


def _times() -> Iterator[ValidationRule]:
    for field in PARCEL_FIELDS:
        if field.kind is Kind.TIME:
            yield ValidationRule(
                code="in_future",
                field=field.name,
                severity=Severity.REJECT,
                says="the time lies more than 400 days ahead.",
                remedy="Check the year and the format.",
                example="2099-01-01T00:00:00Z",
                broken=pl.col(field.name) > pl.col(NOW) + AHEAD,
            )


def _listed(
    codes: CodeList, name: str, code: str, says: str, remedy: str, example: str, value: pl.Expr, *, in_pieces: bool
) -> Iterator[ValidationRule]:
    if codes.unknown is not Unknown.IGNORE:
        yield ValidationRule(
            code=code,
            field=name,
            severity=_SEVERITY[codes.unknown],
            says=says,
            remedy=remedy,
            example=example,
            broken=~value.is_in(sorted(codes.codes)),
            in_pieces=in_pieces,
        )


def _codes(reference: Reference) -> Iterator[ValidationRule]:
    for list_name, ending, example in (("country", "country", "ZZ"), ("currency", "currency", "EURO or XYZ")):
        for field, in_pieces in (*((f, False) for f in PARCEL_FIELDS), *((f, True) for f in PIECE_FIELDS)):
            if field.name.endswith(ending):
                value = PIECE.field(field.name) if in_pieces else pl.col(field.name)
                yield from _listed(
                    reference.lists[list_name],
                    field.name,
                    f"unknown_{list_name}",
                    f"the {list_name} is not an ISO code.",
                    "Write the code of ISO 3166-1 alpha-2, as in DE."
                    if list_name == "country"
                    else "Write the code of ISO 4217, as in EUR.",
                    example,
                    value,
                    in_pieces=in_pieces,
                )
    yield from _listed(
        reference.lists["hs_chapter"],
        "hs_code",
        "hs_chapter",
        "the HS code begins with a chapter that does not exist.",
        "Look the goods up in the Harmonised System.",
        "770000",
        PIECE.field("hs_code").str.slice(0, 2),
        in_pieces=True,
    )
    yield from _listed(
        reference.lists["mail_class"],
        "mail_class",
        "mail_class",
        "the mail class is not one of the known ones.",
        "Check the class, or ask the office to list it.",
        "X",
        pl.col("mail_class"),
        in_pieces=False,
    )


def _identifiers(reference: Reference) -> Iterator[ValidationRule]:
    s10 = pl.col("parcel_id")
    yield ValidationRule(
        code="s10_country",
        field="parcel_id",
        says="The item identifier ends in letters that are no country.",
        remedy="Read the barcode again.",
        example="RB473124829ZZ",
        broken=~s10_country(s10).is_in(sorted(reference.countries)),
    )
    first = pl.when(has_s10_form(s10)).then(s10.str.slice(0, 1))
    yield from _listed(
        reference.lists["service_indicator"],
        "parcel_id",
        "service_indicator",
        "The item identifier begins with a letter that names no service.",
        "Read the barcode again.",
        "XX473124829US",
        first,
        in_pieces=False,
    )


def _phones() -> Iterator[ValidationRule]:
    impossible = pl.any_horizontal(
        phone_is_impossible(pl.col(f"{role}_phone"), pl.col(f"{role}_country")) for role in ("sender", "recipient")
    )
    yield ValidationRule(
        code="phone_impossible",
        says="A phone number cannot exist under any numbering plan.",
        remedy="Write it with + and the calling code, as in +49 30 123456.",
        example="12, or +999 123",
        broken=impossible,
    )


def _postcodes(reference: Reference) -> Iterator[ValidationRule]:
    codes = reference.lists["postcode"]
    if codes.unknown is Unknown.IGNORE:
        return
    for role in ("sender", "recipient"):
        country, postcode = pl.col(f"{role}_country"), pl.col(f"{role}_postcode")
        # One pattern for all countries: the country precedes the postcode.
        forms = "|".join(f"{code} (?:{form})" for code, form in sorted(codes.entries.items()))
        yield ValidationRule(
            code="postcode_form",
            field=f"{role}_postcode",
            severity=_SEVERITY[codes.unknown],
            says=f"The postcode of the {role} does not have the form that its country uses.",
            remedy="Check postcode and country.",
            example="DE 1011",
            broken=country.is_in(sorted(codes.entries))
            & ~pl.concat_str(country, postcode, separator=" ").str.contains(f"^(?:{forms})$"),
        )
