"""What is to be known of a score, in two sentences: what made it and what it cannot know, and its lane so far."""

from __future__ import annotations

from features.text import Text, Verbatim, counted, day, text
from serving.office.lookup import LookedUp


def about_score(found: LookedUp) -> tuple[str, ...]:
    """Two sentences; none where the parcel was not scored."""
    answer = found.answer
    if answer.probability is None:
        return ()
    made_by = text(
        "Scored on {day} by the model {model} under the policy {policy}: it knows what earlier inspections found, and "
        "nothing of what nobody looked for.",
        day=day(answer.scored_at.date()),
        model=Verbatim(answer.bundle or "?"),
        policy=Verbatim(answer.policy or "?"),
    )
    return made_by, _lane_words(found.on_lane)


def _lane_words(on_lane: tuple[int, int] | None) -> Text:
    if on_lane is None:
        return text("How many parcels of this lane were inspected before is no longer kept.")
    n_inspected, n_found = on_lane
    if not n_inspected:
        return text("Of this lane nothing was inspected before: the score rests on other lanes.")
    return counted(
        "Of this lane {n:,} parcel was inspected before, and {found:,} held something.",
        "Of this lane {n:,} parcels were inspected before, and {found:,} of them held something.",
        n_inspected,
        found=n_found,
    )
