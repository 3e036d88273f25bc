"""Typologies: read, written, matched by weight, signed; and rules that count conditions."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.signing import new_key
from policy.rules import Program, RuleError, check, of_facts, read, text, trace, vocabulary, without
from policy.rules.boxes import is_always, is_never, is_origin_alone
from policy.typologies import Matcher, opened, shipped_typologies, signed, typology_of, written
from policy.typologies.documents import as_document

TODAY = dt.date(2026, 11, 26)
COUNT = "(3 * (stream = 'letter') + 2 * (gross_weight_g < 100) + (has_order_reference)) / 6 >= 0.8"


@pytest.mark.parametrize("name", shipped_typologies())
def test_a_shipped_typology_can_be_used_as_it_is_and_is_the_same_when_it_is_written_and_read(name: str) -> None:
    one = shipped_typologies()[name]
    assert typology_of(written(one)) == one
    assert one.look_for
    assert one.hidden_in
    assert all(source.year > 2000 for source in one.sources)
    rule = one.rule(owner="postal team", expires_on=dt.date(2027, 6, 30), document=as_document(one))
    assert type(rule).from_document(rule.as_document()) == rule
    checked = check(rule, today=TODAY)
    facts = [*one.must_match, *one.must_not_match]
    matched = [bool(Matcher([one]).matches(of_facts([each]))) for each in facts]
    assert matched == Program([checked.tree]).hits(of_facts(facts))[0].tolist(), "the card says what the rule says"


def test_there_are_a_dozen_of_them() -> None:
    assert len(shipped_typologies()) >= 12


def test_conditions_are_counted_by_weight_and_unknown_ones_count_as_not_met() -> None:
    tree = read(COUNT)
    assert read(text(tree)) == tree
    rows = [
        {"stream": "letter", "gross_weight_g": 60},
        {"stream": "letter", "gross_weight_g": 600, "has_order_reference": True},
        {"stream": "letter", "gross_weight_g": None, "has_order_reference": True},
    ]
    assert Program([tree]).hits(of_facts(rows)).tolist() == [[True, False, False]]
    seen = trace(tree, rows[2])
    assert [one.holds for one in seen.conditions[0].counted] == [True, None, True]
    assert seen.conditions[0].count == pytest.approx(4 / 6)
    assert seen.near_miss is None, "what is not known is no near miss"
    near = trace(tree, rows[1]).near_miss
    assert near is not None
    assert near.is_one_short
    assert not is_never(read(f"{COUNT} AND gross_weight_g IS NULL"), vocabulary())
    assert not is_always(tree, vocabulary())


@pytest.mark.parametrize(
    ("condition", "is_alone"),
    [
        ("(3 * (dispatch_country = 'NL') + (gross_weight_g < 100)) >= 3", True),
        ("((dispatch_country = 'NL') + (gross_weight_g >= 1)) >= 2", True),
        ("(2 * (dispatch_country = 'NL') + (gross_weight_g < 100)) >= 3", False),
        ("(dispatch_country = 'NL') / 0.5 >= 2", True),
    ],
)
def test_the_origin_alone_reaches_no_count(condition: str, is_alone: bool) -> None:
    assert is_origin_alone(read(condition), vocabulary()) is is_alone


def test_what_is_lost_of_a_count_counts_as_met() -> None:
    left = without(read(COUNT), {"gross_weight_g"})
    assert left is not None
    facts = of_facts([{"stream": "letter", "gross_weight_g": 600}, {"stream": "ems", "gross_weight_g": 60}])
    assert Program([left]).hits(facts).tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("(stream = 'letter') + gross_weight_g > 3", "with numbers only"),
        ("(sender_name = 'x') > 0", "personal data"),
        (" + ".join(f"(n_pieces > {n})" for n in range(21)) + " > 2", "more than 20 conditions"),
    ],
)
def test_what_cannot_be_counted_is_refused(condition: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        read(condition)


def test_a_match_is_the_share_of_the_weights_and_says_what_is_not_known() -> None:
    shipped, facts = shipped_typologies()["letters-of-tablets"], of_facts([{"stream": "letter", "gross_weight_g": 38}])
    assert Matcher([shipped]).matches(facts) == []
    one = replace(shipped, threshold=0.05)
    (match,) = Matcher([one]).matches(facts)
    weights = np.array([condition.weight for condition in one.conditions])
    met = np.array([trace.holds is True for trace in match.conditions])
    assert match.share == pytest.approx(float(weights[met].sum() / weights.sum()))
    assert match.unknown_share > 0


REFUSED = (
    ("threshold: 0.8", "threshold: 1.8", "threshold: write a number"),
    ("refer: open", "refer: release", "refer: write one of"),
    ("title:", "titel:", "Did you mean title"),
    ("title:", "- :", "not YAML"),
    ("  weight: 3", "  weight: 0", "entry 1, weight"),
    ("year: 2019", "year: soon", "year of publication"),
    ("sources:", "sources: &all", "aliases"),
)


@pytest.mark.parametrize(("before", "after", "says"), REFUSED)
def test_a_bad_file_is_refused(before: str, after: str, says: str) -> None:
    bad = written(shipped_typologies()["letters-of-tablets"]).replace(before, after, 1)
    with pytest.raises(RuleError, match=says):
        typology_of(bad + ("more: *all\n" if "&all" in after else ""))


def test_a_signed_typology_is_opened_by_who_trusts_the_key_and_as_it_was_signed(tmp_path: Path) -> None:
    public = new_key(tmp_path / "key")
    one = replace(shipped_typologies()["drop-addresses"], title="Drops, zwölf")
    file = signed(one, name="Ann", key=tmp_path / "key", signed_at="2026-11-26T00:00:00+00:00")
    assert opened(file, trusted=frozenset({public}))[0] == one
    with pytest.raises(RuleError, match="not trusted"):
        opened(file, trusted=frozenset())
    with pytest.raises(RuleError, match="changed after it was signed"):
        opened(file.replace("weight: 2", "weight: 9", 1), trusted=frozenset({public}))
    with pytest.raises(RuleError, match="signature does not match"):
        opened(file.replace("name: Ann", "name: Bob", 1), trusted=frozenset({public}))
    with pytest.raises(RuleError, match="not signed"):
        opened(written(one), trusted=frozenset({public}))
