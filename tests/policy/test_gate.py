"""The legal gate: what may be done with an item binds lists, rules, scores, draws and earlier decisions alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import Ask, Cause, Decision, Inputs, Limit, LinePolicy, Referral, Scores, decide, load_gate, shipped_gate
from policy.gate import METHODS, Gate, GateError, gate_of

DAY = date(2026, 11, 2)
ITEM = {
    "stream": "letter",
    "category": None,
    "mail_class": None,
    "mail_subclass": None,
    "operator": "post-a",
    "dispatch_country": "NL",
    "sender_country": None,
    "recipient_country": "DE",
    "description": None,
    "hs_code": None,
    "gross_weight_g": 40,
    "measured_weight_g": None,
}
POLICY = LinePolicy(capacity_share=0.5, random_share=0.5)
ROW = """
[[item]]
name = "{name}"
from = {first}
where = {{ {where} }}
limit = "{limit}"
drawn = "xray"
suspected = "open"
suspicion = ["list", "rule"]
may_be_held = true
is_law = false
source = "a test"
"""


def one_row(**changes: str) -> str:
    given = {"name": "letters", "first": "2026-01-01", "where": 'stream = ["letter"]', "limit": "suspicion"}
    return ROW.format(**given | changes)


LETTERS = gate_of(one_row())


def limit_of(gate: Gate, day: date = DAY, **changes: object) -> str | None:
    (row,) = gate.limits([ITEM | changes], day)
    return None if row is None else row.name


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "undeclared_letter"),
        ({"description": "cotton t-shirt"}, None),
        ({"hs_code": "610910"}, None),
        ({"category": "documents", "description": "papers"}, "correspondence"),
        ({"category": "documents", "description": "papers", "gross_weight_g": 2_500}, None),
        ({"category": "documents", "description": "papers", "gross_weight_g": 9, "measured_weight_g": 2_500}, None),
        ({"category": "documents", "description": "papers", "gross_weight_g": None}, "correspondence"),
        ({"operator": "diplomatic", "stream": "parcel"}, "diplomatic_bag"),
    ],
)
def test_the_shipped_table_knows_letters_and_diplomatic_bags(changes: dict[str, object], name: str | None) -> None:
    assert limit_of(shipped_gate(), **changes) == name


@given(
    st.sampled_from(["parcel", "ems", "express", None]),
    st.sampled_from(["sale", "gift", "documents", None]),
    st.sampled_from([None, "a thing"]),
    st.sampled_from([None, 10, 30_000]),
)
def test_the_shipped_table_limits_no_parcel(
    stream: str | None, category: str | None, description: str | None, weight: int | None
) -> None:
    item = {"stream": stream, "category": category, "description": description, "gross_weight_g": weight}
    assert limit_of(shipped_gate(), **item) is None


def test_every_row_that_is_shipped_says_whether_it_is_law_and_where_that_is_written() -> None:
    assert {row.name: row.is_law for row in shipped_gate().rows} == {
        "diplomatic_bag": True,
        "correspondence": False,
        "undeclared_letter": False,
    }
    assert all(row.source.startswith("Ours.") for row in shipped_gate().rows if not row.is_law)


def decided(gate: Gate, *, draw: float = 0.9, raw: float = 0.0, **given: object) -> Decision:
    scores = Scores(raw=np.array([raw]), probability=np.array([0.04]), threshold=1.0, mean_root=0.2)
    inputs = Inputs(draw=np.array([draw]), scores=scores, gate=gate.limits([ITEM], DAY), **given)  # type: ignore[arg-type]
    return decide(inputs, POLICY)[0]


def ask(referral: Referral) -> list[Ask]:
    return [Ask(referral=referral, hits=("one",))]


def test_a_drawn_letter_is_x_rayed_and_stays_drawn_with_its_propensity() -> None:
    free, gated = decided(gate_of("")), decided(LETTERS, draw=0.1)
    assert (gated.referral, gated.cause, gated.limit) == (Referral.XRAY, Cause.RANDOM, Limit.SUSPICION)
    assert gated.propensity == free.propensity < 1
    assert (free.referral, free.limit) == (Referral.RELEASE, Limit.NONE)


def test_what_counts_as_suspicion_is_what_the_table_says() -> None:
    assert decided(LETTERS, raw=2.0).referral is Referral.XRAY
    with_score = gate_of(one_row().replace('["list", "rule"]', '["score"]'))
    assert decided(with_score, raw=2.0).referral is Referral.OPEN
    assert decided(with_score, rules=ask(Referral.OPEN)).referral is Referral.XRAY
    assert decided(LETTERS, rules=ask(Referral.OPEN)).referral is Referral.OPEN
    assert decided(LETTERS, lists=ask(Referral.OPEN)).referral is Referral.OPEN


def test_a_drawn_letter_that_a_rule_suspects_as_well_is_opened() -> None:
    assert decided(LETTERS, draw=0.1, rules=ask(Referral.OPEN)).referral is Referral.OPEN
    weak = decided(LETTERS, draw=0.1, rules=ask(Referral.ASK_OPERATOR))
    assert weak.referral is Referral.XRAY


def test_an_earlier_draw_is_capped_when_the_item_turns_out_to_be_a_letter() -> None:
    earlier = [Decision(referral=Referral.OPEN, cause=Cause.RANDOM, propensity=0.3)]
    assert decided(LETTERS, standing=earlier).referral is Referral.XRAY
    earlier = [Decision(referral=Referral.OPEN, cause=Cause.RULE, propensity=1.0)]
    assert decided(LETTERS, standing=earlier).referral is Referral.OPEN


def test_a_diplomatic_bag_is_never_opened_or_held() -> None:
    (row,) = shipped_gate().limits([ITEM | {"operator": "diplomatic"}], DAY)
    assert row is not None
    assert row.limit is Limit.NEVER
    for referral, cause in product(METHODS, Cause):
        assert row.capped(referral, {cause}) is Referral.SPOT_CHECK
    assert row.capped(Referral.HOLD, {Cause.LIST}) is Referral.MANUAL_CHECK


@given(st.sampled_from(Referral), st.sets(st.sampled_from(Cause)))
def test_the_gate_never_asks_for_more_and_never_ends_an_inspection(referral: Referral, causes: set[Cause]) -> None:
    for row in (*shipped_gate().rows, *LETTERS.rows):
        capped = row.capped(referral, causes)
        assert capped.strength <= referral.strength
        assert capped.asks_inspection is referral.asks_inspection


def test_a_row_holds_between_its_days_and_the_strictest_one_wins() -> None:
    text = one_row(name="order", first="2027-01-01", limit="order") + one_row()
    both = gate_of(text.replace("from = 2026-01-01", "from = 2026-01-01\nuntil = 2027-06-30"))
    assert limit_of(both, date(2025, 12, 31)) is None
    assert [limit_of(both, day) for day in (date(2026, 1, 1), date(2026, 12, 31))] == ["letters"] * 2
    assert [limit_of(both, day) for day in (date(2027, 1, 1), date(2027, 7, 1))] == ["order"] * 2


@pytest.mark.parametrize(
    ("countries", "direction"),
    [
        (("NL", "DE"), "import"),
        (("DE", "NL"), "export"),
        (("DE", "DE"), "domestic"),
        (("NL", "AT"), "transit"),
        ((None, "DE"), None),
    ],
)
def test_the_direction_comes_from_the_countries_and_an_unknown_one_fits_all(
    countries: tuple[str | None, str], direction: str | None
) -> None:
    item = dict(zip(("dispatch_country", "recipient_country"), countries, strict=True))
    for wanted in ("import", "export", "transit", "domestic"):
        text = one_row(where=f'direction = ["{wanted}"]')
        expected = "letters" if direction in (wanted, None) else None
        assert limit_of(gate_of('country = "DE"\n' + text), **item) == expected
        assert limit_of(gate_of(text), **item) == "letters"


def test_an_office_has_its_own_table_and_another_identity_by_it(tmp_path: Path) -> None:
    assert load_gate(tmp_path) is shipped_gate()
    (tmp_path / "gate.toml").write_text(one_row())
    own = load_gate(tmp_path)
    assert own.digest == LETTERS.digest != shipped_gate().digest
    assert LinePolicy(gate=own.digest).policy_id != LinePolicy(gate=shipped_gate().digest).policy_id


def changed(**changes: str) -> str:
    text = one_row()
    for key, value in changes.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
        text = text.replace(line, f"{key} = {value}")
    return text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (changed(limit='"sometimes"'), "item letters: 'sometimes' is not a valid Limit"),
        (changed(drawn='"hold"'), "hold is no method; there are spot_check, xray, open"),
        (changed(drawn='"open"', suspected='"xray"'), "drawn allows more than suspected"),
        (changed(suspicion='["hunch"]'), "'hunch' is not a valid Cause"),
        (changed(where='{ sender_name = ["x"] }'), "sender_name is no key"),
        (changed(where='{ direction = ["sideways"] }'), "sideways is no direction"),
        (changed(where='{ contents = "some" }'), 'contents is "declared" or "none"'),
        ("from_ = 1\n", "from_ is no key"),
        (one_row().replace("from = 2026-01-01\n", ""), "item letters lacks from"),
        (changed(**{"from": '"today"'}), "from and until are dates"),
        (one_row() + one_row(), "two items are called letters"),
        ("[[item", "cannot be used"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "gate.toml").write_text(text)
    with pytest.raises(GateError) as caught:
        load_gate(tmp_path)
    assert why in str(caught.value)


def test_items_that_are_alike_are_looked_up_once_and_others_are_told_apart() -> None:
    items: list[Mapping[str, object]] = [ITEM, ITEM | {"stream": "parcel"}, ITEM, ITEM | {"gross_weight_g": 41}]
    gate = gate_of(one_row(where='stream = ["letter"], max_weight_g = 40'))
    assert [row and row.name for row in gate.limits(items, DAY)] == ["letters", None, "letters", None]
    assert gate.limits(items, date(2020, 1, 1)) == [None] * 4


def test_items_of_one_memory_meet_the_same_bounds() -> None:
    gate = gate_of(one_row(where="min_weight_g = 50, max_weight_g = 100"))
    weights = (49, 50, 51, 99, 100, 101)
    found = {weight: limit_of(gate, gross_weight_g=weight) is not None for weight in (*weights, *reversed(weights))}
    assert found == {weight: 50 <= weight <= 100 for weight in weights}
    assert limit_of(gate, gross_weight_g=101, measured_weight_g=100) == "letters"
    assert limit_of(gate, gross_weight_g=100, measured_weight_g=101) is None
    assert len(gate._known) == 5
