"""Stored answers in words: what no model assessed was never released."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from policy import Referral
from serving.office.amending import Instead
from serving.office.answers import answer, referral_of, shown
from serving.store import Client, Role, Scored
from serving.store.scores import Disclosed


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


@pytest.mark.parametrize("was_covert", [False, True])
@pytest.mark.parametrize("is_covert", [False, True])
def test_the_answer_of_before_an_amendment_is_shown_without_what_asks_covertly(
    *, was_covert: bool, is_covert: bool
) -> None:
    """Neither the covert referral of before shows, nor, ahead of its time, what is disclosed of the one now."""
    covert, xray, release = Disclosed("xray", "random", 0.2), {"referral": "xray"}, {"referral": "release"}
    before = stored(**({"referral": "open", "cause": "hunt", "disclosed": covert} if was_covert else xray))
    disclosed = Disclosed("release", "none", 0.1)
    now = stored(**({"referral": "open", "cause": "hunt", "disclosed": disclosed} if is_covert else release))
    words = answer(
        now, parcel_id="P", operator="post-a", quality_flags=[], status="amended", version=2, n_other_claims=0
    )
    later = Instead(scored=before, until=datetime(2026, 11, 27, tzinfo=UTC)).of(words)
    assert shown(later, Client(client_id="post", role=Role.OPERATOR, operator="post-a")).referral is Referral.XRAY
