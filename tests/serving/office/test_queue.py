"""What is fetched first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from policy import Cause, Limit, Referral
from serving.office.queue import Waiting

MORNING = datetime(2026, 11, 26, 8, tzinfo=UTC)


def waiting(name: str, cause: Cause, probability: float | None = 0.5, hours: int = 0) -> Waiting:
    return Waiting(
        key=("post-a", name),
        event={},
        referral=Referral.OPEN,
        cause=cause,
        limit=Limit.NONE,
        asked_at=MORNING + timedelta(hours=hours),
        probability=probability,
        claimed_by=None,
    )


def test_what_is_about_to_leave_and_what_is_named_come_before_scores_and_chance() -> None:
    ordered = [
        waiting("recalled", Cause.HUNT, None, hours=5),
        waiting("listed", Cause.LIST, 0.01),
        waiting("ruled", Cause.RULE, 0.02),
        waiting("likely", Cause.SCORE, 0.9, hours=3),
        waiting("drawn early", Cause.RANDOM, 0.1),
        waiting("drawn late", Cause.RANDOM, 0.1, hours=1),
        waiting("not scored", Cause.RANDOM, None),
    ]
    assert sorted(ordered[::-1], key=lambda one: one.urgency) == ordered
