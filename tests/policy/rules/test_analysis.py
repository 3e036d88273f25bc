from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from policy import Referral
from policy.rules import (
    Checked,
    Columns,
    Flaw,
    Kind,
    Program,
    Read,
    Rule,
    analysed,
    of_facts,
    read,
    tallies,
    text,
    vocabulary,
    without,
)
from policy.rules.boxes import is_always, is_never, is_origin_alone
from policy.rules.columns import Texts

TODAY = dt.date(2026, 11, 26)


def checked(name: str, when: str, refer: Referral = Referral.OPEN, lines: tuple[str, ...] = ()) -> Checked:
    rule = Rule(
        name=name,
        when=when,
        refer=refer,
        owner="postal team",
        legal_basis="UCC, Article 46",
        expires_on=dt.date(2027, 6, 30),
        lines=lines,
    )
    return Checked(rule=rule, tree=read(when))


NEVER = (
    "gross_weight_g > 5 AND gross_weight_g < 3",
    "gross_weight_g > 5 AND gross_weight_g <= 5",
    "stream = 'letter' AND stream IN ('ems', 'parcel')",
    "stream = 'letter' AND stream <> 'letter'",
    "gross_weight_g IS NULL AND gross_weight_g > 3",
    "has_order_reference AND NOT has_order_reference",
    "hs_code = '210690' AND hs_code LIKE '30%'",
    "(n_pieces > 3 OR stream = 'ems') AND n_pieces < 2 AND stream = 'letter'",
)
ALWAYS = ("gross_weight_g >= 1", "gross_weight_g > 5 OR gross_weight_g < 7", "stream = 'ems' OR stream <> 'ems'")
OPEN = ("gross_weight_g > 5", "stream = 'ems' AND hs_code LIKE '30%'", "hs_code <> '21' OR n_pieces > 2")


@pytest.mark.parametrize("condition", [*NEVER, *ALWAYS, *OPEN])
def test_what_is_never_or_always_true_is_seen(condition: str) -> None:
    tree = read(condition)
    assert is_never(tree, vocabulary()) is (condition in NEVER)
    assert is_always(tree, vocabulary()) is (condition in ALWAYS)


ORIGIN = {
    "dispatch_country = 'NL'": True,
    "dispatch_country = 'NL' OR gross_weight_g < 100": True,
    "dispatch_country = 'NL' AND lane_found_28d > 3": True,
    "dispatch_country = 'NL' AND gross_weight_g >= 1": True,
    "dispatch_country = 'NL' AND (stream = 'ems' OR stream <> 'ems')": True,
    "dispatch_country = 'NL' AND gross_weight_g < 100": False,
    "NOT (dispatch_country = 'NL' OR gross_weight_g < 100)": False,
    "sender_country <> dispatch_country": False,
}


@pytest.mark.parametrize("condition", ORIGIN)
def test_origin_alone_is_seen_through_brackets_and_idle_conditions(condition: str) -> None:
    assert is_origin_alone(read(condition), vocabulary()) is ORIGIN[condition]


def flaws(*rules: Checked) -> set[tuple[str, Flaw, str | None]]:
    return {(one.rule, one.flaw, one.other) for one in analysed(rules, today=TODAY)}


def test_a_rule_that_another_one_covers_is_named() -> None:
    narrow = checked("narrow", "gross_weight_g > 500 AND stream = 'ems'")
    wide = checked("wide", "gross_weight_g > 100 OR n_pieces > 5")
    assert flaws(narrow, wide) == {("narrow", Flaw.SUBSUMED, "wide")}
    assert flaws(narrow, checked("elsewhere", "gross_weight_g BETWEEN 1 AND 200")) == set()


def test_the_same_condition_in_other_words_is_named_on_both_sides() -> None:
    one, other = checked("one", "NOT gross_weight_g <= 100"), checked("other", "100 < gross_weight_g")
    assert flaws(one, other) == {("one", Flaw.SAME, "other"), ("other", Flaw.SAME, "one")}


def test_rules_that_ask_otherwise_for_the_same_parcels_contradict() -> None:
    narrow = checked("narrow", "gross_weight_g > 500", Referral.HOLD)
    wide = checked("wide", "gross_weight_g > 100", Referral.XRAY)
    assert flaws(narrow, wide) == {("narrow", Flaw.CONTRADICTS, "wide")}


def test_rules_on_different_lines_are_not_compared() -> None:
    one = checked("one", "gross_weight_g > 500", lines=("a",))
    assert flaws(one, checked("two", "gross_weight_g > 500", lines=("b",))) == set()


def test_a_rule_that_expires_soon_is_named() -> None:
    old = checked("old", "gross_weight_g > 500")
    rule = replace(old.rule, expires_on=TODAY + dt.timedelta(days=3))
    assert flaws(Checked(rule=rule, tree=old.tree)) == {("old", Flaw.EXPIRES, None)}


def test_a_sample_shows_shares_and_what_selects_by_origin_in_effect() -> None:
    sample = of_facts(
        [{"dispatch_country": "NL", "gross_weight_g": 50 + row} for row in range(30)]
        + [{"dispatch_country": "BE"} for _ in range(70)]
    )
    rules = [
        checked("by-origin", "dispatch_country = 'NL' AND gross_weight_g < 5000"),
        checked("narrow", "dispatch_country = 'NL' AND gross_weight_g < 60"),
        checked("nothing", "gross_weight_g > 9000"),
    ]
    seen = tallies(rules, sample)
    found = [flaw for one in seen for flaw in one.flaws()]
    assert [(one.hit_share, one.null_share) for one in seen] == [(0.3, 0.0), (0.1, 0.0), (0.0, 0.7)]
    assert {(one.rule, one.flaw) for one in found} == {
        ("by-origin", Flaw.ORIGIN),
        ("by-origin", Flaw.MANY),
        ("narrow", Flaw.MANY),
        ("nothing", Flaw.NO_HITS),
        ("nothing", Flaw.NULL),
    }


def test_a_rule_that_refers_a_million_parcels_is_named_and_one_that_raises_their_scores_is_not() -> None:
    n = 1_000_000
    sample = Columns(n, lambda _: np.linspace(1.0, 60_000.0, n), lambda _: Texts([], np.full(n, -1)))
    light = checked("light", "gross_weight_g < 70000")
    raising = replace(light, rule=replace(light.rule, name="raising", refer=None, raises=1.0))
    referring, raised = tallies([light, raising], sample)
    assert [(one.flaw, one.says) for one in referring.flaws()] == [
        (Flaw.MANY, "It refers 1,000,000 of 1,000,000 parcels (100%). Narrow it, or let it raise.")
    ]
    assert raised.flaws() == []


def test_tallies_of_parts_add_up() -> None:
    rows = [{"dispatch_country": "NL" if row % 2 else "BE", "gross_weight_g": row + 1} for row in range(40)]
    rules = [checked("narrow", "dispatch_country = 'NL' AND gross_weight_g < 20")]
    ((whole,), (one,), (other,)) = (tallies(rules, of_facts(part)) for part in (rows, rows[:7], rows[7:]))
    assert one + other == whole


def test_a_rule_is_dead_when_what_it_reads_is_gone_or_computed_otherwise() -> None:
    now = Read.by(read("gross_weight_g > 5 AND stream = 'ems' AND sender_found > 0"))
    assert now.lost() == {}
    assert Read.from_document(now.as_document()) == now
    changed = replace(now.pinned, features={**now.pinned.features, "sender_found": "0" * 16})
    then = replace(now, pinned=changed, kinds={**now.kinds, "vanished": Kind.NUMBER})
    assert then.lost() == {"sender_found": "sender_found (changed)", "vanished": "vanished (gone)"}


def test_what_is_left_of_a_dead_rule_hits_whatever_the_whole_may_have_hit() -> None:
    tree = read("gross_weight_g > 5 AND NOT (sender_found < 1 OR stream = 'ems')")
    left = without(tree, {"sender_found"})
    assert left is not None
    assert text(left) == "gross_weight_g > 5 AND stream <> 'ems'"
    assert without(read("sender_found > 0"), {"sender_found"}) is None
    listed = without(read("description CONTAINS ANY LIST cover_goods AND n_pieces > 1"), (), {"cover_goods"})
    assert listed == read("n_pieces > 1")
    assert Program([left]).hits(of_facts([{"gross_weight_g": 9, "stream": "letter"}])).all()
