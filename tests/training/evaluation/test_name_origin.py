"""No feature depends on where a name comes from: a search for a proxy, by changing names and nothing else.

Persons of a synthetic world are given made-up names of one style, and of another in the same order. Whatever differs
between the two worlds could only come from the names. A third world, in which names have three words instead of two,
shows that the search finds what there is.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from features.catalogue import catalogue
from features.identity import IdentityKey, derive
from features.log import LOG_SCHEMA, SUBJECT_SCHEMA, assemble
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_outcomes, validate_parcels
from policy.lists.terms import ListField
from tests.worlds import small_world
from training.data.datasets import Dataset, dataset
from training.evaluation.slicing import _kinds

NORTH = ("ber", "gar", "hol", "lin", "mon", "ster", "wal", "zen")
SOUTH = ("ade", "bay", "chi", "ibo", "kun", "olu", "tun", "wal")
CYRILLIC = ("бер", "гар", "хол", "лин", "мон", "стер", "вал", "зен")
WORDS_OF_A_NAME = {"sender_n_name_words", "recipient_n_name_words"}
"""Features that are known to see how many words a name has, which differs between naming customs: see docs/law.md."""
KEY = IdentityKey(b"a secret of tests, thirty-two by")


def style(syllables: tuple[str, ...], number: int, n_words: int = 2) -> str:
    """A made-up name of a style; another one for each number."""
    digits = [(number // 8**power) % 8 for power in range(4)]
    family = "".join(syllables[digit] for digit in digits)
    return " ".join([syllables[digits[0]] * 2, *[syllables[digits[1]] * 2] * (n_words - 2), family]).title()


@cache
def persons() -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
    """Parcels and outcomes of a world, and all names of persons in it, written in one way each."""
    world = small_world(1_500)
    names = ("sender_name", "recipient_name")
    tidy = [pl.col(name).str.replace_all(r"\b\p{Lu}\. ", "") for name in names]
    parcels = validate_parcels(world.parcels.with_columns(tidy), reference=shipped_reference()).rows
    derived = derive(parcels, KEY, reference=shipped_reference())
    found: dict[str, None] = {}
    for side in ("sender", "recipient"):
        is_person = ~derived[f"{side}_is_organisation"].fill_null(value=True)
        found |= dict.fromkeys(parcels[f"{side}_name"].filter(is_person).drop_nulls().to_list())
    return parcels, validate_outcomes(world.outcomes).rows, tuple(found)


@cache
def renamed(syllables: tuple[str, ...], n_words: int = 2) -> Dataset:
    """Data set of the world in which persons have names of a style."""
    parcels, outcomes, names = persons()
    new = {name: style(syllables, number, n_words) for number, name in enumerate(names)}
    columns = [pl.col(name).replace(new) for name in ("sender_name", "recipient_name")]
    derived = derive(parcels.with_columns(columns), KEY, reference=shipped_reference())
    log, _ = assemble(derived, outcomes, pl.DataFrame(schema=SUBJECT_SCHEMA), first_seq=1)
    return dataset(log)


def differing(one: Dataset, other: Dataset) -> set[str]:
    """Features of which any value differs between two worlds."""
    assert one.seq.tolist() == other.seq.tolist()
    same = (one.values == other.values) | (np.isnan(one.values) & np.isnan(other.values))
    return {name for name, is_same in zip(catalogue().names, same.all(axis=0), strict=True) if not is_same}


def test_names_of_another_origin_or_script_change_no_feature_of_a_world() -> None:
    *_, names = persons()
    assert len(names) > 300
    assert differing(renamed(NORTH), renamed(SOUTH)) == set()
    assert differing(renamed(NORTH), renamed(CYRILLIC)) == set()


def test_the_search_finds_what_sees_how_many_words_a_name_has() -> None:
    assert differing(renamed(NORTH), renamed(NORTH, 3)) >= WORDS_OF_A_NAME


def test_no_list_report_or_log_is_about_the_origin_of_names() -> None:
    data = renamed(NORTH)
    test = np.ones(len(data), dtype=np.bool_)

    class Seen:
        parcels = data.parcels

    assert set(_kinds(data, test, Seen)) == {"week", "stream", "operator", "origin", "sender", "data quality"}  # type: ignore[arg-type]
    assert _kinds(data, test, Seen)["origin"].name == "dispatch_country"  # type: ignore[arg-type]
    assert not [one for one in ListField if "ethnic" in one or "national" in one or "origin" in one]
    texts = [name for name, kind in LOG_SCHEMA.items() if kind == pl.String]
    assert not [name for name in texts if name.endswith("_name") or "nationality" in name]
