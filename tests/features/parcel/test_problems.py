from __future__ import annotations

import pytest

from features.parcel import problems
from features.parcel.problems import ParcelRiskError, Rejection

REJECTION = Rejection(line=17, field="piece_2.hs_code", code="malformed", reason="it is unusual.", remedy="Correct it.")


def test_a_rejection_reads_as_where_why_and_what_to_do():
    assert str(REJECTION) == "line 17, piece_2.hs_code: it is unusual. Correct it."


def test_a_rejection_as_json_has_all_its_parts():
    assert REJECTION.as_dict() == {
        "line": 17,
        "field": "piece_2.hs_code",
        "code": "malformed",
        "reason": "it is unusual.",
        "remedy": "Correct it.",
    }


@pytest.mark.parametrize(
    "error", [error for error in vars(problems).values() if isinstance(error, type) and issubclass(error, Exception)]
)
def test_every_error_belongs_to_the_tree_in_the_module_and_is_explained(error: type[Exception]):
    assert issubclass(error, ParcelRiskError)
    assert error.__name__ in (problems.__doc__ or "")
    assert error.__doc__
