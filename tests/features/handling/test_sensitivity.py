"""The table of sensitivities: whole, dated, and replaced line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.handling import Sensitivities
from features.handling.sensitivity import UNKNOWN
from features.parcel.fields import METHODS
from features.parcel.problems import ParcelRiskError


def test_every_method_has_a_line_with_its_source_and_none_claims_to_be_measured() -> None:
    known = Sensitivities.read()
    assert set(known.of) == {*METHODS, UNKNOWN}
    assert all(line.source and not line.is_measured for line in known.of.values())
    assert known.of_method(None) is known.of[UNKNOWN]


def test_an_office_replaces_a_line_by_what_it_measured(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[xray]\nshare = 0.31\nlow = 0.22\nhigh = 0.42\nsource = "61 test parcels"\nis_measured = true\n')
    known = Sensitivities.read(own)
    assert (known.of["xray"].share, known.of["xray"].is_measured) == (0.31, True)
    assert known.of["dog"] == Sensitivities.read().of["dog"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[xrays]\nshare = 1.0\n", "no method is called xrays"),
        ("[xray]\nshare = 0.5\n", "xray is not whole"),
        ('[xray]\nshare = 0.5\nlow = 0.6\nhigh = 0.7\nsource = ""\nis_measured = true\n', "not between its ends"),
        ('[xray]\nshare = 0.0\nlow = 0.0\nhigh = 0.7\nsource = ""\nis_measured = true\n', "not between its ends"),
        ("xray = [", "cannot be read as TOML"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_in_words(tmp_path: Path, text: str, what: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(ParcelRiskError, match=what):
        Sensitivities.read(own)
