"""The generated source: the same from the same declarations, and refused where a declaration cannot be compiled."""

from __future__ import annotations

import ast
import hashlib
import math
import os
import subprocess
import sys

import pytest

from features.catalogue import catalogue
from features.compiled import Declarations, source_of
from features.compiled.functions import DeclarationError
from features.declared import Feature
from features.declared.declare import Function, feature
from features.history import kernel
from tests.features.catalogues import with_changed, with_one_more

LIMIT = 2.5
LIMITS = (1.0, math.nan, -math.inf)
TEXT = "a text"


def source(*functions: Function) -> str:
    features = [declared(function) for function in functions]
    return source_of(Declarations(features=features, entities=[], parts={}, together=[]))


def declared(function: Function) -> Feature:
    return feature(unit="g", says="{value:.0f} g")(function)


def test_the_same_declarations_give_the_same_bytes_in_another_process():
    code = "import hashlib; from features.catalogue import catalogue as c; "
    code += "print(hashlib.sha256(c().source.encode()).hexdigest())"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.stdout.strip() == hashlib.sha256(catalogue().source.encode()).hexdigest(), done.stderr


def test_other_declarations_give_another_source():
    assert len({one.source for one in (catalogue(), with_one_more(), with_changed("n_pieces"))}) == 3


def test_the_source_holds_no_import_but_those_of_numba_and_math():
    tree = ast.parse(catalogue().source)
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == ["import math", "from features.processor import njit"]


def test_every_part_that_is_read_of_an_entity_is_in_the_kernel():
    assert "present" in kernel.READ
    assert "found_share_of_country" in catalogue().source  # of a parent that does not show it itself


def helper(value: float) -> float:
    """A helper of two lines.

    And a long description.
    """
    return value * LIMIT


def test_what_a_function_calls_and_the_numbers_that_it_uses_are_written_into_the_source():
    def doubled(gross_weight_g: float) -> float:
        return helper(gross_weight_g) + LIMITS[0]

    text = source(doubled)
    assert "LIMIT = 2.5\n" in text
    assert "LIMITS = (1.0, math.nan, -math.inf,)\n" in text
    assert "def helper(value):\n    return value * LIMIT\n" in text
    assert "def doubled(gross_weight_g):\n" in text


def test_a_feature_that_hands_on_a_fact_is_read_from_its_column():
    def handed_on(gross_weight_g: float) -> float:
        """Gross weight."""
        return gross_weight_g

    assert "handed_on" not in source(handed_on)


def of_nothing(sender_name: float) -> float:
    return sender_name + 1.0


def of_a_text(gross_weight_g: float) -> float:
    return gross_weight_g if TEXT else 0.0


def of_a_module(gross_weight_g: float) -> float:
    return gross_weight_g + len(os.environ)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (of_nothing, r"of_nothing: its parameter 'sender_name' is no fact"),
        (of_a_text, r"of_a_text uses TEXT, a str\. A feature may use functions, numbers"),
        (of_a_module, r"of_a_module uses os, a module"),
    ],
)
def test_a_function_that_cannot_be_compiled_is_refused_by_name(function: Function, message: str):
    with pytest.raises(DeclarationError, match=message):
        source(function)


def test_two_functions_of_one_name_are_refused():
    def made(step: float) -> Function:
        if step > 1.0:

            def stepped(gross_weight_g: float) -> float:
                return gross_weight_g + 2.0

        else:

            def stepped(gross_weight_g: float) -> float:
                return gross_weight_g + 1.0

        return stepped

    with pytest.raises(DeclarationError, match=r"two functions are called stepped"):
        source(made(1.0), made(2.0))
