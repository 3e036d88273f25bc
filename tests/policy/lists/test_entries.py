"""Files of entries: every bad line is named, one of them refuses the file, and what is written can be read again."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.parcel.problems import ListError, Rejection
from policy.lists import MAX_ENTRIES, Content, ListField, entries, parcels_as_entries, read_entries, written
from policy.lists.content import digest_of
from policy.lists.faults import MAX_FAULTS
from policy.lists.terms import until_us
from tests.builders import KEY, a_parcel, derived
from tests.policy.lists.making import TODAY, content, terms

WORDS = terms(ListField.DESCRIPTION)
MIXED = terms(ListField.CONTACT, ListField.LANE)


def faults(data: bytes, of=WORDS) -> list[Rejection]:  # type: ignore[no-untyped-def]
    read = read_entries(data, of, KEY, TODAY)
    assert read.content is None
    return read.faults


@pytest.mark.parametrize(
    ("data", "line", "field", "code"),
    [
        (b"", 1, "line", "unreadable"),
        (b"words\n", 1, "line", "empty"),
        (b"word\nshoes\n", 1, "header", "unknown_column"),
        (b"words\nshoes\nshoes,1\n", 3, "line", "cells"),
        (b'words\n"shoes\n', 2, "line", "quote_open"),
        (b"words\nshoes\nshoes\n", 3, "line", "duplicate"),
        (b"words\nRED Shoes\nred  shoes!\n", 3, "line", "duplicate"),
        (b"words,expires_on\nshoes,2026-11-01\n", 2, "expires_on", "expired"),
        (b"words,expires_on\nshoes,soon\n", 2, "expires_on", "malformed"),
        (b"words,field\nshoes,sender\n", 2, "field", "unknown_choice"),
        (b"words,country\nshoes,Germany\n", 2, "country", "malformed"),
        (b"words\nab\n", 2, "words", "identifies_nothing"),
        (b"words\n" + b"x" * 300 + b"\n", 2, "words", "too_long"),
        (b"words\n" + b"shoes\n" * (MAX_ENTRIES + 1), MAX_ENTRIES + 2, "line", "too_many"),
        (b"words\n" + b"x" * 2**20 + b"\n", 2, "words", "too_long"),
    ],
)
def test_a_bad_line_is_named_with_its_field_and_refuses_the_file(data: bytes, line: int, field: str, code: str) -> None:
    found = faults(data)[0]
    assert (found.line, found.field, found.code) == (line, field, code)
    assert found.reason


def test_a_misspelled_column_is_answered_with_the_nearest() -> None:
    assert "words" in faults(b"wrods\nshoes\n")[0].remedy


def test_a_list_of_several_fields_asks_which_one() -> None:
    assert faults(b"origin,destination\nCN,DE\n", MIXED)[0].code == "required"
    assert content(MIXED, "field,origin,destination,phone", "lane,CN,DE,", "contact,,,+49 30 901820").n_entries == 2


SENDERS = terms(ListField.SENDER)


@pytest.mark.parametrize(
    ("last", "field", "code"),
    [
        ("MOBEL  haus 77,Ring STREET 77-77,Bérlin,DE", "line", "duplicate"),
        ("Mobel Haus 77,,,", "street", "a name alone"),
        (",,Berlin,DE", "name", "identifies"),
    ],
)
def test_what_is_wrong_with_keys_is_found_first_in_a_long_file(
    last: str, field: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "_LONG", 100)
    monkeypatch.setattr(entries, "_SUSPECTS", 5)
    made: list[object] = []
    real = entries.marks_of
    monkeypatch.setattr(entries, "marks_of", lambda *given: made.append(given) or real(*given))
    lines = [f"Mobel Haus {n},Ring Street {n}-{n},Berlin,DE" for n in range(400)]
    found = faults("\n".join(["name,street,city,country", *lines, last, ""]).encode(), SENDERS)
    assert (found[0].line, found[0].field) == (402, field)
    assert code in f"{found[0].code} {found[0].reason}"
    assert found[-1].reason == "further lines were not checked."
    assert len(made) <= 10, "the others got no keys"


def test_a_long_file_without_faults_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_LONG", 10)
    made = content(WORDS, "words", *(f"goods {n}" for n in range(50)), "Goods-49 more")
    assert made.n_entries == 51


def test_of_very_many_faults_the_first_are_said_and_the_others_counted() -> None:
    found = faults(b"words,country\n" + b"".join(b"shoes %d,x\n" % n for n in range(MAX_FAULTS + 7)))
    assert (len(found), found[-1].code, found[-1].reason) == (MAX_FAULTS + 1, "more", "7 more faults.")


def test_no_fault_repeats_what_the_cell_held() -> None:
    for one in faults(b"words,country\nsecretive goods,Atlantis\nxq,XX\n"):
        assert "Atlantis" not in str(one)
        assert "secretive" not in str(one)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=3, max_size=30)


@settings(max_examples=30)
@given(st.lists(texts.map(lambda text: f"{text} shoes"), min_size=1, max_size=4, unique=True), texts)
def test_what_is_written_runs_in_no_spreadsheet_and_is_read_as_it_was(words: list[str], reason: str) -> None:
    lines = "words,reason\n" + "".join(
        f'"{one.replace(chr(34), "")}","={reason.replace(chr(34), "")}"\n' for one in words
    )
    first = read_entries(lines.encode(), WORDS, KEY, TODAY)
    if first.content is None:  # two texts of the same words
        assert {fault.code for fault in first.faults} <= {"duplicate"}
        return
    text = written(first.content)
    assert not any(cell.startswith(("=", "@")) for row in csv.reader(io.StringIO(text)) for cell in row)
    again = read_entries(text.encode(), WORDS, KEY, TODAY).content
    assert again is not None
    assert again.marks.equals(first.content.marks)
    assert again.given.equals(first.content.given)


def test_expiry_of_an_entry_is_the_end_of_its_day() -> None:
    marks = content(WORDS, "words,expires_on", "shoes,2026-11-02").marks
    assert marks["until_us"].item() == until_us(TODAY)
    assert until_us(dt.date(1970, 1, 1)) == 86_400_000_000 - 1


def test_parcels_on_record_become_entries_that_can_be_exported_and_imported() -> None:
    events = derived(a_parcel(), a_parcel(parcel_id="RB473124801US", sender_name="Other")).to_dicts()
    fields = (ListField.SENDER, ListField.ADDRESS, ListField.LOOK_ALIKE)
    made = parcels_as_entries(events, fields, reason="finding")
    assert made is not None
    assert made.n_entries == 4  # two senders, one address, one look-alike
    again = read_entries(written(made).encode(), terms(*fields), KEY, TODAY).content
    assert again is not None
    assert again.marks.equals(made.marks)
    assert parcels_as_entries([{"contact_key": None}], [ListField.CONTACT]) is None


def test_content_comes_back_as_it_was_stored_and_not_otherwise() -> None:
    made = content(terms(ListField.SENDER_NAME), "name", "Ivan Petrov", "Anna Muster")
    opened, sealed = made.in_the_open(), made.to_seal()
    back = Content.stored(opened, sealed, digest_of(opened))
    assert (back.forms, back.marks.equals(made.marks), back.given.equals(made.given)) == (made.forms, True, True)
    for damaged in ((opened, None, digest_of(opened)), (opened, sealed, "0"), (b"x", sealed, digest_of(b"x"))):
        with pytest.raises(ListError):
            Content.stored(*damaged)
    assert b"petrov" not in opened.lower()
