from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from benchmarks.rules import condition
from policy.rules import RuleError, digest, lists_of, read, text
from policy.rules.reading import check_all_is_read

REFUSED = {
    "": (1, "empty"),
    "gros_weight_g < 3": (1, "Did you mean gross_weight_g"),
    "gross_weight_g < 3 AND stram = 'letter'": (24, "Did you mean stream"),
    "stream = 'leter'": (10, "Did you mean letter"),
    "gross_weight_g < 0": (1, "from 1 to 999999999 g"),
    "sender_name = 'x'": (1, "personal data"),
    "sender_key = 3": (1, "on a list"),
    "result = 'found'": (1, "known only afterwards"),
    "recipient_postcode_region = '10'": (1, "protected"),
    "riskiest_word_share > 0.5": (1, "comes from a model"),
    "gross_weight_g + declared_value_eur > 3": (1, "g are compared with EUR"),
    "gross_weight_g / 0 > 1": (18, "division by zero"),
    "gross_weight_g / (2 - 2) > 1": (19, "division by zero"),
    "1 < 2": (1, "whatever the parcel"),
    "gross_weight_g > AVG(gross_weight_g)": (18, "used as a function"),
    "SUM(gross_weight_g) OVER () > 3": (21, "OVER is no part"),
    "gross_weight_g > 3 garbage": (20, "not expected here"),
    "gross_weight_g > 3 AS heavy": (20, "AS is no part"),
    "gross_weight_g > 3 -- heavy": (18, "comments hide"),
    "gross_weight_g > 3 /* heavy */": (18, "comments hide"),
    "CAST(gross_weight_g AS INT) > 3": (1, "CAST is no part"),
    "gross_weight_g::INT > 3": (15, "not cast"),
    "stream IN (SELECT 1)": (12, "SELECT is no part"),
    'stream = "letter"': (10, "in single ones"),
    "gross_weight_g > 3; DROP TABLE rules": (19, "one condition"),
    "gross_weight_g > '3'": (18, "a number"),
    "stream > 'letter'": (1, "holds a text"),
    "stream": (1, "holds a text"),
    "gross_weight_g": (1, "holds a number"),
    "description < 'tea'": (1, "ask for words"),
    "description = dispatch_country": (15, "words are given"),
    "description CONTAINS ANY LIST cover_good": (31, "Did you mean cover_goods"),
    "hs_code LIKE '%21'": (1, "a beginning only"),
    "gross_weight_g = NULL": (18, "behind IS"),
    "TRUE": (1, "TRUE is no condition"),
    "has_order_reference IS TRUE": (24, "TRUE is no condition"),
    "gross_weight_g BETWEEN 1 AND": (26, "lacks a value"),
    "(gross_weight_g > 1": (19, "not closed"),
    "gross_weight_g > 1 AND 'x": (24, "not ended"),
    "gross_weight_g >\n1 2": (20, "not expected here"),
    "gross_weight_g > 1e999": (18, "too large"),
    "has_order_reference > 1": (1, "yes or no"),
    "stream IN ()": (1, "values in brackets"),
    "gross_weight_g > 1\0": (19, "NUL"),
    "gross_weight_g > " + " + ".join(["n_pieces * 1"] * 120): (1, "nested too deep"),
    "(" * 200 + "gross_weight_g > 1" + ")" * 200: (21, "nested"),
    "NOT " * 30 + "gross_weight_g > 1": (81, "nested"),
    "n_pieces>1 " + "AND n_pieces>1 " * 150: (None, "500 words"),
    "x" * 1_000_000: (4_096, "4,096 bytes"),
    " OR ".join(["gross_weight_g > 1"] * 20_000): (4_096, "4,096 bytes"),
}


@pytest.mark.parametrize("written", REFUSED, ids=lambda written: written[:40])
def test_a_bad_condition_is_refused_with_its_position(written: str) -> None:
    position, says = REFUSED[written]
    with pytest.raises(RuleError, match=says) as refused:
        read(written)
    assert refused.value.position is not None
    assert position is None or refused.value.position == position


SAME = (
    ("100 > gross_weight_g", "gross_weight_g < 100"),
    ("gross_weight_g BETWEEN 5 AND 7", "gross_weight_g <= 7 AND gross_weight_g >= 5"),
    ("stream IN ('ems', 'letter', 'ems')", "stream IN ('letter', 'ems')"),
    ("NOT NOT has_order_reference", "has_order_reference = TRUE"),
    ("NOT gross_weight_g < 5", "gross_weight_g >= 5"),
    (
        "(stream = 'ems' AND n_pieces > 1) AND has_order_reference",
        "has_order_reference AND n_pieces > 1 AND stream='ems'",
    ),
    ("description CONTAINS ANY ('Tea', 'BATH  salts')", "description contains any ('bath salts', 'tea')"),
    ("gross_weight_g > 2 * 50", "gross_weight_g > 100"),
    ("hs_code NOT LIKE '21%'", "NOT hs_code LIKE '21%'"),
    ("hs_code IS NOT NULL", "NOT hs_code IS NULL"),
    ("stream NOT IN ('ems')", "NOT stream IN ('ems')"),
    ("gross_weight_g NOT BETWEEN 5 AND 7", "NOT (gross_weight_g >= 5 AND gross_weight_g <= 7)"),
    ("sender_country <> dispatch_country", "NOT dispatch_country = sender_country"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_says_the_same_is_the_same_rule(one: str, other: str) -> None:
    assert digest(read(one)) == digest(read(other))


def test_operators_bind_as_in_sql() -> None:
    assert text(read("n_pieces > 1 OR n_pieces < 9 AND NOT stream = 'ems' OR n_pieces = 5")) == (
        "(n_pieces < 9 AND stream <> 'ems') OR n_pieces = 5 OR n_pieces > 1"
    )
    assert text(read("n_pieces + 2 * n_units / 4 > 1")) == "n_pieces + ((2 * n_units) / 4) > 1"


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_the_canonical_form_reads_as_itself(random: object) -> None:
    try:
        tree = read(condition(random))  # type: ignore[arg-type]
    except RuleError:
        return
    assert read(text(tree)) == tree
    assert digest(read(text(tree))) == digest(tree)


def test_nothing_that_the_parser_notes_is_passed_over() -> None:
    """A newer parser may note a word in a place of its own; then the rule is refused instead of read without it."""
    parsed = exp.EQ(this=exp.column("n_pieces"), expression=exp.Literal.number(1), outermost=True)
    with pytest.raises(RuleError, match="outermost"):
        check_all_is_read(parsed)


@pytest.mark.parametrize("name", ["goods", "odd-goods", "goods_2-b"])
def test_the_name_of_a_list_may_have_hyphens(name: str) -> None:
    condition = f"gross_weight_g > 3 AND NOT (hs_code IN LIST {name}) AND description CONTAINS ANY LIST {name}"
    tree = read(condition, lists={name: ()})
    assert lists_of(tree) == (name,)
    assert read(text(tree), lists={name: ()}) == tree
