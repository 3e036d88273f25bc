from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from policy.rules import Rule, RuleError, check

TODAY = dt.date(2026, 11, 26)
FILE = """
name = "cover-letters"
when = "dispatch_country = 'NL' AND gross_weight_g < 100 AND description CONTAINS ANY LIST cover_goods"
refer = "open"
owner = "postal team"
legal_basis = "UCC, Article 46"
expires_on = 2027-06-30

[[must_match]]
dispatch_country = "NL"
gross_weight_g = 60
description = "green tea"

[[must_not_match]]
dispatch_country = "NL"
gross_weight_g = 900
description = "green tea"
"""


def test_a_file_is_read_checked_and_written_again() -> None:
    rule = Rule.from_toml(FILE)
    assert check(rule, today=TODAY).rule == rule
    assert Rule.from_document(rule.as_document()) == rule


def test_the_example_is_a_rule_until_it_expires() -> None:
    text = (Path(__file__).parents[3] / "examples" / "rule.toml").read_text("utf-8")
    assert check(Rule.from_toml(text), today=TODAY).rule.name


REFUSED = (
    ('refer = "open"', 'refer = "release"', "refer: write one of"),
    ('owner = "postal team"', "", "owner"),
    ("2027-06-30", "2026-11-25", "has expired"),
    ("2027-06-30", '"soon"', "expires_on: write"),
    ('name = "cover-letters"', 'name = "Cover letters!"', "name: write"),
    ("owner =", "ownr =", "Did you mean owner"),
    ("gross_weight_g = 60", "gross_weight_g = 600", "parcel 1 is not matched: gross_weight_g < 100 is false."),
    ("gross_weight_g = 60\n", "", "parcel 1 is not matched: gross_weight_g < 100 is not known of it."),
    ("gross_weight_g = 900", "gross_weight_g = 90", "parcel 1 is matched"),
    ("gross_weight_g = 60", 'gross_weight_g = "60"', "gross_weight_g holds a number"),
    ("gross_weight_g = 60", "gross_wight_g = 60", "Did you mean gross_weight_g"),
    ("[[must_not_match]]", "[[must_match]]", "must_match: parcel 2|must_not_match: give"),
    ("gross_weight_g < 100 AND description CONTAINS ANY LIST cover_goods", "lane_found_28d > 0", "origin alone"),
    ("gross_weight_g < 100", "gross_weight < 100", "character 29: there is no column"),
    ('name = "cover-letters"', "name = ", "not TOML"),
)


@pytest.mark.parametrize(("before", "after", "says"), REFUSED)
def test_a_bad_file_is_refused(before: str, after: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        check(Rule.from_toml(FILE.replace(before, after)), today=TODAY)


def test_a_file_of_a_megabyte_is_refused_unread() -> None:
    with pytest.raises(RuleError, match="bytes"):
        Rule.from_toml("x" * 1_000_000)
