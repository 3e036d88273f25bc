"""Stored answers in words: what no model assessed was never released."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from policy import Referral
from serving.office.answers import referral_of
from serving.store import Scored


def stored(**changes: Any) -> Scored:
    values = {
        "seq": 1,
        "content": "",
        "scored_at": 0,
        "fingerprint": "",
        "features": np.zeros(0),
        "bundle_id": "b",
        "raw_score": 0.0,
        "probability": 0.1,
        "flow_share": 0.5,
        "referral": "release",
        "cause": "none",
        "propensity": 0.1,
        "degraded": None,
    }
    return Scored(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Referral.RELEASE),
        ({"bundle_id": None}, Referral.NOT_ASSESSED),
        ({"bundle_id": None, "referral": "open"}, Referral.OPEN),
        ({"referral": "a word of a later version"}, Referral.MANUAL_CHECK),
    ],
)
def test_the_referral_of_a_stored_answer(changes: dict[str, Any], expected: Referral) -> None:
    assert referral_of(stored(**changes)) is expected
