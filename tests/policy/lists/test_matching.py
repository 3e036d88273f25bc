"""Matching: all lists at once give what each entry gives alone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from policy import Referral
from policy.lists import Listed, ListField, ListIndex, ListKind, Parcels, Terms, faults_of
from policy.lists.content import MARKS, Content
from policy.lists.terms import until_us
from tests.policy.lists.making import TODAY, content, terms

NOW = until_us(TODAY) - 5


def parcels(**columns: list) -> Parcels:  # type: ignore[type-arg]
    n = len(next(iter(columns.values())))
    names = {column: columns.pop(column, [""] * n) for column in ("sender_name", "recipient_name")}
    descriptions = columns.pop("description", [None] * n)
    keys = {column: pl.Series(column, values, dtype=pl.Int64) for column, values in columns.items()}
    return Parcels(n=n, keys=keys, names=names, descriptions=descriptions)


def keyed(*marks: tuple[int, str, int, int | None]) -> Content:
    return Content(marks=pl.DataFrame(list(marks), schema=MARKS, orient="row"))


def pairs(index: ListIndex, of: Parcels, at_us: int = NOW) -> set[tuple[int, int, int]]:
    found = index.match(of, at_us)
    triples = list(zip(found.rows.tolist(), found.lists.tolist(), found.entries.tolist(), strict=True))
    assert len(set(triples)) == len(triples)
    return set(triples)


def test_keys_of_several_lists_are_found_as_by_looking_at_each_entry() -> None:
    rng = np.random.default_rng(3)
    columns = ("sender_key", "address_key")
    lists = [
        Listed(
            number=number,
            terms=terms(name=f"l{number}"),
            content=keyed(
                *(
                    (
                        entry,
                        columns[int(rng.integers(2))],
                        int(rng.integers(30)),
                        [None, NOW - 1, NOW][int(rng.integers(3))],
                    )
                    for entry in range(1, 20)
                )
            ),
        )
        for number in (4, 7)
    ]
    of = {column: [None if v == 0 else int(v) for v in rng.integers(0, 30, 50)] for column in columns}
    expected = {
        (row, one.number, entry)
        for one in lists
        for entry, column, key, until in (one.content or keyed()).marks.iter_rows()
        for row, value in enumerate(of[column])
        if value == key and (until is None or until >= NOW)
    }
    assert len(expected) > 20
    assert pairs(ListIndex(lists), parcels(**of)) == expected


def test_a_list_that_has_expired_hits_nothing_whatever_its_entries_say() -> None:
    ends = terms(expires_on=TODAY)
    index = ListIndex([Listed(number=1, terms=ends, content=keyed((1, "sender_key", 5, None)))])
    assert pairs(index, parcels(sender_key=[5]), until_us(TODAY))
    assert not pairs(index, parcels(sender_key=[5]), until_us(TODAY) + 1)


def test_names_and_words_are_found_with_how_similar_they_are() -> None:
    named = terms(ListField.SENDER_NAME, ListField.DESCRIPTION)
    made = content(named, "field,name,words", "sender-name,Ivan Petrov,", "description,,red cotton shoes")
    index = ListIndex([Listed(number=1, terms=named, content=made)])
    of = parcels(
        sender_name=["ivan petrow", "", "ivan petrov"], description=["Shoes, cotton, RED (2)", "cotton shoes", None]
    )
    found = index.match(of, NOW)
    assert (found.rows.tolist(), found.entries.tolist()) == ([0, 0, 2], [1, 2, 1])
    assert found.similarity[0] == pytest.approx(1 - 2 / 22)
    assert np.isnan(found.similarity[1])
    assert index.reads_names


def test_what_follows_from_a_hit_depends_on_the_kind() -> None:
    def one(number: int, kind: ListKind, **changes: object) -> Listed:
        entry = keyed((1, "sender_key", 5, None), (2, "address_key", 6, None))
        return Listed(number=number, terms=terms(kind=kind, name=f"l{number}", **changes), content=entry)

    index = ListIndex(
        [
            one(1, ListKind.MANDATORY, asks=Referral.XRAY),
            one(2, ListKind.MANDATORY, asks=Referral.HOLD),
            one(3, ListKind.WATCH),
            one(4, ListKind.TRUSTED),
        ]
    )
    asked = index.asked(index.match(parcels(sender_key=[5, 1], address_key=[6, None]), NOW), 2)
    assert asked.lists is not None
    assert asked.watched is not None
    assert asked.trusted is not None
    assert asked.lists[0] is not None
    assert (asked.lists[0].referral, asked.lists[0].hits) == (Referral.HOLD, ("list:l1", "list:l2"))
    assert asked.watched[0] is not None
    assert (asked.watched[0].referral, asked.watched[0].hits) == (Referral.SPOT_CHECK, ("list:l3",))
    assert (asked.lists[1], asked.watched[1], asked.trusted.tolist()) == (None, None, [True, False])


def test_a_mandatory_list_that_cannot_be_read_asks_for_a_manual_check_of_all() -> None:
    index = ListIndex(
        [
            Listed(number=1, terms=terms(kind=ListKind.MANDATORY, name="gone"), content=None),
            Listed(number=2, terms=terms(kind=ListKind.WATCH, name="away"), content=None),
            Listed(number=3, terms=terms(kind=ListKind.MANDATORY), content=keyed((1, "sender_key", 5, None))),
        ]
    )
    asked = index.asked(index.match(parcels(sender_key=[5, 1]), NOW), 2)
    assert asked.lists is not None
    assert [(one.referral, one.hits) for one in asked.lists if one] == [
        (Referral.MANUAL_CHECK, ("list:gone", "list:sanctions")),
        (Referral.MANUAL_CHECK, ("list:gone",)),
    ]
    assert [one.name for one in index.unreadable] == ["gone", "away"]
    assert asked.watched == [None, None]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "No Spaces"}, "name"),
        ({"fields": ()}, "fields"),
        ({"owner": " "}, "owner"),
        ({"legal_basis": "x" * 201}, "legal_basis"),
        ({"reason": "two\nlines"}, "reason"),
        ({"source_code": "D"}, "source_code"),
        ({"information_code": 5}, "information_code"),
        ({"handling": "H4"}, "handling"),
        ({"expires_on": TODAY - dt.timedelta(days=1)}, "expires_on"),
        ({"review_on": TODAY - dt.timedelta(days=1)}, "review_on"),
        ({"threshold": 0.5}, "threshold"),
        ({"asks": None}, "asks"),
        ({"asks": Referral.RELEASE}, "asks"),
        ({"kind": ListKind.TRUSTED, "asks": Referral.OPEN}, "asks"),
    ],
)
def test_faulty_terms_are_named(changes: dict, field: str) -> None:  # type: ignore[type-arg]
    base = terms()
    assert faults_of(base, TODAY) == []
    faulty = Terms(**{**vars(base), **changes})
    assert [fault.field for fault in faults_of(faulty, TODAY)] == [field]


def test_lists_that_bind_that_lower_and_that_name_persons_need_a_second_person() -> None:
    assert not terms(ListField.LANE).needs_approval
    assert terms(ListField.LANE, ListField.SENDER_NAME).needs_approval
    assert terms(ListField.LANE, kind=ListKind.MANDATORY).needs_approval
    assert terms(ListField.LANE, kind=ListKind.TRUSTED).needs_approval
