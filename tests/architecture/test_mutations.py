"""The mutations of `make mutants` apply to the code as it is, and their tests are there."""

from __future__ import annotations

import pytest

from tests.mutants.mutations import ROOT, Inapplicable, Mutation, mutations

ALL = mutations()
PACKAGES = {"features", "policy", "training", "serving", "data", "parcel_risk"}


def test_there_are_many_over_all_packages_each_with_a_name_of_its_own() -> None:
    assert len(ALL) >= 60
    assert {one.file.partition("/")[0] for one in ALL} == PACKAGES
    assert len({one.name for one in ALL}) == len(ALL)


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.name)
def test_a_mutation_applies_and_its_tests_are_there(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text("utf-8")
    assert mutation.applied(text) != text
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file()
        assert not name or f"def {name}(" in (ROOT / path).read_text("utf-8")
    assert mutation.why


def test_a_text_that_is_found_twice_or_never_is_no_mutation() -> None:
    for text in (ALL[0].find * 2, ""):
        with pytest.raises(Inapplicable, match="adapt the mutation"):
            ALL[0].applied(text)
