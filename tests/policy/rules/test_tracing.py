from __future__ import annotations

from policy.rules import read, trace

RULE = read("dispatch_country = 'NL' AND gross_weight_g < 100 AND description CONTAINS ANY LIST cover_goods")


def test_a_hit_is_traced_condition_by_condition() -> None:
    found = trace(RULE, {"dispatch_country": "NL", "gross_weight_g": 60, "description": "green tea"})
    assert found.hits is True
    assert {one.condition: dict(one.values) for one in found.conditions} == {
        "dispatch_country = 'NL'": {"dispatch_country": "NL"},
        "gross_weight_g < 100": {"gross_weight_g": 60.0},
        "description CONTAINS ANY LIST cover_goods": {"description": "given"},
    }
    assert found.near_miss is None


def test_a_near_miss_names_the_only_condition_that_failed_and_its_value() -> None:
    found = trace(RULE, {"dispatch_country": "NL", "gross_weight_g": 120, "description": "green tea"})
    assert found.hits is False
    assert found.near_miss is not None
    assert (found.near_miss.condition, found.near_miss.values) == ("gross_weight_g < 100", {"gross_weight_g": 120.0})


def test_two_failed_conditions_or_an_unknown_value_are_no_near_miss() -> None:
    assert trace(RULE, {"dispatch_country": "BE", "gross_weight_g": 120, "description": "tea"}).near_miss is None
    unknown = trace(RULE, {"dispatch_country": "NL", "description": "tea"})
    assert (unknown.hits, unknown.near_miss) == (None, None)


def test_a_negated_alternative_is_traced_as_the_conditions_that_it_stands_for() -> None:
    found = trace(read("NOT (stream = 'ems' OR gross_weight_g > 100)"), {"stream": "letter", "gross_weight_g": 150})
    assert found.near_miss is not None
    assert found.near_miss.condition == "gross_weight_g <= 100"
