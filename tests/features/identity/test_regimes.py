from __future__ import annotations

from typing import Any

import pytest

from features.facts.codes import N_CODES, N_SHORT_NUMBERS, open_code
from features.identity import derived_row
from features.parcel.checking import checked_row
from features.parcel.fields import CATEGORY_FIELDS
from features.parcel.reference import shipped_reference
from tests.builders import KEY, MORNING, a_parcel

SETS_APART = ("tax_regime", "tax_rate_bp")


def keys(**changes: Any) -> dict[str, int | None]:
    row = checked_row(a_parcel(**changes), reference=shipped_reference(), at=MORNING).row
    assert row is not None
    derived = derived_row(row, KEY, shipped_reference())
    return {name: value for name, value in derived.items() if name.endswith("_key")}


@pytest.mark.parametrize("name", [*(field.name for field in CATEGORY_FIELDS), "tax_rate_bp"])
def test_how_goods_are_taxed_sets_look_alikes_apart_and_nothing_else_does(name: str):
    value: Any = 1900 if name == "tax_rate_bp" else "FEU1"
    plain, declared = keys(), keys(**{name: value})
    assert {one for one in plain if plain[one] != declared[one]} == (
        {"look_alike_key"} if name in SETS_APART else set()
    )
    assert keys(**{name: value}) == declared


def test_two_fields_with_one_code_are_two_regimes():
    assert keys(tax_regime="7")["look_alike_key"] != keys(tax_rate_bp=7)["look_alike_key"]


@pytest.mark.parametrize(("text", "number"), [("0", 0.0), ("7", 7.0), ("07", 7.0), ("99", 99.0)])
def test_short_numbers_are_their_own_code(text: str, number: float):
    assert open_code(text) == (number,)


def test_any_other_code_falls_into_a_group_that_never_changes():
    assert open_code("FEU1") == open_code("feu1") == (477.0,)
    for text in ("100", "A", "x" * 20, "é"):
        assert N_SHORT_NUMBERS <= open_code(text)[0] < N_CODES
