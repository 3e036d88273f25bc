"""The ledger of an exhibit: who may enter what, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.handling.custody import ENDS, Entry, Exhibit, Kind, exhibit_of, refusal_of

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
TAKEN: dict[str, Any] = {"kind": "taken", "by": "anna", "seal": "S-1", "gross_g": 120, "net_g": 100}


def ledger(*given: dict[str, Any]) -> list[Entry]:
    """Entries, each of which must be accepted."""
    entries: list[Entry] = []
    for one in (TAKEN, *given):
        entry = made(entries, **one)
        assert refusal_of(entries, entry) is None, one
        entries.append(entry)
    return entries


def made(entries: list[Entry], kind: str, by: str = "anna", **more: Any) -> Entry:
    return Entry(number=len(entries) + 1, kind=Kind(kind), at=AT, by=by, **more)


def field_refused(entries: list[Entry], **given: Any) -> str | None:
    refusal = refusal_of(entries, made(entries, **given))
    return refusal.field if refusal else None


def test_a_hand_over_is_signed_by_both() -> None:
    given = ledger({"kind": "given", "to": "bert"})
    assert (exhibit_of(given).holder, exhibit_of(given).offered_to) == ("anna", "bert")
    assert field_refused(given, kind="received", by="carla") == "kind"
    assert field_refused(given, kind="weighed", gross_g=120) == "kind"
    both = ledger({"kind": "given", "to": "bert"}, {"kind": "received", "by": "bert"})
    assert (exhibit_of(both).holder, exhibit_of(both).offered_to) == ("bert", None)
    assert field_refused(both, kind="weighed", by="anna", gross_g=120) == "kind"


def test_what_is_sent_away_comes_back_or_ends() -> None:
    away = ledger({"kind": "sent", "to": "laboratory", "reference": "R-1"})
    assert exhibit_of(away).away_at == "laboratory"
    assert field_refused(away, kind="given", to="bert") == "kind"
    assert field_refused(away, kind="destroyed", reference="P-1") is None
    assert field_refused(ledger(), kind="came_back") == "kind"
    back = ledger({"kind": "sent", "to": "laboratory", "reference": "R-1"}, {"kind": "came_back", "gross_g": 118})
    assert (exhibit_of(back).away_at, exhibit_of(back).gross_g) == (None, 118)


def test_a_correction_is_a_new_entry_of_the_same_officer() -> None:
    entries = ledger({"kind": "weighed", "gross_g": 1_200}, {"kind": "corrected", "corrects": 2, "gross_g": 120})
    assert exhibit_of(entries).gross_g == 120
    assert [one.gross_g for one in entries] == [120, 1_200, 120]
    assert field_refused(entries, kind="corrected", by="bert", corrects=2, gross_g=1) == "corrects"
    assert field_refused(entries, kind="corrected", corrects=3, gross_g=1) == "corrects"
    assert field_refused(entries, kind="corrected", corrects=9, gross_g=1) == "corrects"


def test_behind_the_end_only_corrections_are_entered() -> None:
    ended = ledger({"kind": "destroyed", "reference": "P-1"})
    assert exhibit_of(ended).is_closed
    assert field_refused(ended, kind="weighed", gross_g=1) == "kind"
    assert field_refused(ended, kind="corrected", corrects=2, reference="P-2") is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "taken", "gross_g": 1}, "seal"),
        ({"kind": "taken", "seal": "S"}, "gross_g"),
        ({"kind": "taken", "seal": "S", "gross_g": 1, "net_g": 2}, "net_g"),
        ({"kind": "weighed", "gross_g": 1}, "kind"),
    ],
)
def test_a_ledger_begins_with_seal_and_weight(given: dict[str, Any], field: str) -> None:
    assert field_refused([], **given) == field


def test_two_tellings_of_one_entry_have_one_digest_and_any_change_has_another() -> None:
    entry = made([], **TAKEN)
    assert entry.digest("") == made([], **TAKEN).digest("")
    assert len({entry.digest(""), entry.digest("x"), made([], **{**TAKEN, "gross_g": 121}).digest("")}) == 3


PEOPLE = st.sampled_from(["anna", "bert", "carla"])
NEW = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([one.value for one in Kind]),
        "by": PEOPLE,
        "to": PEOPLE,
        "seal": st.just("S-2"),
        "gross_g": st.just(110),
        "reference": st.just("R"),
        "corrects": st.integers(1, 4),
    }
)


@settings(max_examples=200)
@given(st.lists(NEW, max_size=12))
def test_whatever_is_tried_one_officer_holds_it_and_nobody_takes_it_unasked(tried: list[dict[str, Any]]) -> None:
    entries = ledger()
    for one in tried:
        entry = made(entries, **one)
        before: Exhibit = exhibit_of(entries)
        if refusal_of(entries, entry) is not None:
            continue
        entries.append(entry)
        after = exhibit_of(entries)
        if after.holder != before.holder:
            assert entry.kind is Kind.RECEIVED
            assert after.holder == before.offered_to
        assert not before.is_closed or entry.kind is Kind.CORRECTED
        assert after.is_closed == (before.is_closed or entry.kind in ENDS)
