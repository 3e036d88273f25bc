"""The kernel computes what the declared functions say: each is called as plain Python, by names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from features.catalogue import catalogue
from features.compiled import interpreted
from features.compiled.source import PARENT, READABLE, parameters
from features.declared import AcrossPart, across, history
from features.declared.declare import Floats
from features.facts import FACTS, facts_of_rows
from features.golden import golden_log
from features.history import ENTITIES, Engine, History, kernel
from features.log import PARCEL
from tests.builders import nothing_known
from tests.features.rows import as_log, odd_history, odd_rows

N = 250
PARTS = {part.name: part for part in history.all_parts()}
TOGETHER = [value for value in vars(across).values() if isinstance(value, AcrossPart)]
OF_ENTITY = {entity.name: entity for entity in ENTITIES}


@pytest.fixture(scope="module")
def facts() -> Floats:
    return facts_of_rows(odd_rows(N, seed=11))


@pytest.fixture(scope="module")
def read() -> History:
    return odd_history(N, seed=11)


def slow_row(facts: Floats, read: Mapping[str, np.ndarray[tuple[int], np.dtype[np.int64]]]) -> Iterator[float]:
    """Call every function with Python's own numbers, in the order of the catalogue."""
    fact = dict(zip(FACTS, facts.tolist(), strict=True))
    known = {name: _known(words.tolist()) for name, words in read.items()}

    def part(name: str, entity: str) -> float:
        function, parent = PARTS[name].function, OF_ENTITY[entity].parent
        above = (one.removeprefix(PARENT) for one in parameters(function) if one.startswith(PARENT))
        of_parent = {f"{PARENT}{one}": part(one, parent) if parent else float("nan") for one in above}
        given = fact | known[entity] | of_parent
        return function(**{one: given[PARTS[name].reads(one)] for one in parameters(function)})

    for feature in catalogue().features:
        if feature.function is not None:
            yield feature.function(**{one: fact[one] for one in parameters(feature.function)})
    for entity in ENTITIES:
        for name in history.parts_of(entity):
            yield part(name, entity.name)
    everything = {f"{entity}_{name}": value for entity, view in known.items() for name, value in view.items()}
    for one in TOGETHER:
        yield one.function(**{name: everything[name] for name in parameters(one.function)})


def _known(words: list[int]) -> dict[str, float]:
    present, *_, parties = words
    of_person = {name: float(word) for name, word in zip(kernel.READ, words, strict=True) if present == kernel.PERSON}
    of_hub = {
        f"hub_{name}": float(word) for name, word in zip(kernel.READ, words, strict=True) if present == kernel.HUB
    }
    either = {"parties": float(parties)} if present else {}
    return dict.fromkeys(READABLE, float("nan")) | of_person | of_hub | either


def bits(values: Floats) -> bytes:
    """Bits of values; a missing one has those of any other."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def test_the_kernel_equals_the_functions_called_one_by_one(facts: Floats, read: History):
    fast = catalogue().values(facts, read)
    for index in range(N):
        slow = np.array([*slow_row(facts[index], {name: words[index] for name, words in read.items()})])
        different = [
            name
            for name, left, right in zip(catalogue().names, fast[index], slow, strict=True)
            if bits(left) != bits(right)
        ]
        assert different == [], f"row {index}"


def test_a_parcel_alone_has_the_bits_that_it_has_among_others(facts: Floats, read: History):
    together = catalogue().values(facts, read)
    for index in range(N):
        one = slice(index, index + 1)
        alone = catalogue().values(facts[one], {name: words[one] for name, words in read.items()})
        assert alone.tobytes() == together[one].tobytes()


def test_interpreted_and_compiled_rows_are_the_same_bits(facts: Floats, read: History):
    out = np.empty((N, len(catalogue())))
    interpreted(catalogue().source)(facts, out, *(read[entity.name] for entity in ENTITIES))
    assert bits(out) == bits(catalogue().values(facts, read))


def test_every_feature_has_values_of_several_kinds_in_these_rows(facts: Floats, read: History):
    values = catalogue().values(facts, read)
    constant = [
        name
        for name, column in zip(catalogue().names, values.T, strict=True)
        if len({value for value in column.tolist() if value == value}) < 2
    ]
    assert constant == ["riskiest_word_share"]


def test_a_table_and_plain_rows_give_the_same_feature_rows(read: History):
    rows = odd_rows(N, seed=11)
    assert (
        catalogue().rows(as_log(rows), read).values.tobytes() == catalogue().values(facts_of_rows(rows), read).tobytes()
    )


def test_plain_rows_of_the_golden_log_give_its_feature_rows():
    log = golden_log()
    read = Engine().advance(log)
    is_parcel = (log["kind"] == PARCEL).to_numpy()
    values = catalogue().values(
        facts_of_rows(log.filter(is_parcel).to_dicts()), {name: words[is_parcel] for name, words in read.items()}
    )
    assert values.tobytes() == catalogue().rows(log, read).values.tobytes()


def test_facts_or_words_of_another_shape_are_refused(facts: Floats, read: History):
    with pytest.raises(ValueError, match="one row per parcel"):
        catalogue().values(facts[:, 1:], read)
    with pytest.raises(ValueError, match="one row per parcel"):
        catalogue().values(facts, nothing_known(N - 1))
