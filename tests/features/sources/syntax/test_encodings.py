"""Encodings of tables: as spreadsheets of several countries save them by default (Excel's ANSI code pages)."""

from __future__ import annotations

import io

import pytest

from features.parcel.problems import SourceError
from features.sources.syntax import encodings
from features.sources.syntax.encodings import Text, detected

TEXTS = [
    ("cp1252", "Käthe Größler;Allée des Érables;Peña;São Tomé;Ørsted"),
    ("cp1250", "Żółkiewski;Świętokrzyska 4;Dvořák;Kőszeg"),
    ("iso8859_2", "Łukasz Żółć;Świętokrzyska;Kraków ąęśćń"),
    ("cp1251", "Иван Петров;улица Ленина;чай зелёный"),
    ("koi8_r", "Мария Иванова;улица Мира;кофе молотый"),
    ("cp1253", "Νίκος Παππάς;Οδός Ερμού;Αθήνα"),
    ("cp1254", "Şükrü Yıldız;İstiklal Caddesi;Beyoğlu;çay"),
    ("gb18030", "王小明;深圳市南山区;手机壳"),
    ("big5", "陳大文;台北市信義區;茶葉"),
    ("cp932", "山田花子;東京都港区;カメラ"),
    ("cp949", "김영희;서울시 종로구;화장품"),
]


def read(data: bytes, stated: str | None = None) -> tuple[str, tuple[str, ...]]:
    text = Text(io.BytesIO(data), stated)
    return b"".join(text).decode("utf-8", "replace"), text.notes


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
@pytest.mark.parametrize("n", [1, 40])
def test_what_a_spreadsheet_saves_is_read_and_the_guess_is_said(encoding: str, text: str, n: int) -> None:
    whole = "id;name;street\n" + f"1;{text}\n" * n
    back, (note,) = read(whole.encode(encoding))
    assert back == whole
    assert encoding.replace("cp125", "windows-125").replace("_", "-") in note


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
def test_a_stated_encoding_is_used_and_nothing_is_guessed(encoding: str, text: str) -> None:
    assert read(text.encode(encoding), encoding) == (text, ())


def test_a_stated_encoding_wins_over_what_the_bytes_look_like() -> None:
    assert read("Müller".encode(), "windows-1252") == ("MÃ¼ller", ())


def test_utf_8_and_ascii_are_no_guess() -> None:
    for text in ("Müller", "plain", ""):
        assert read(text.encode()) == (text, ())


def test_letters_that_come_late_are_detected_where_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.sources.syntax.lines.BLOCK_BYTES", 64)
    whole = "1;plain\n" * 40 + "2;Jürgen Größl\n" * 5 + "3;Käthe\n" * 20
    back, notes = read(whole.encode("cp1252"))
    assert back == whole
    assert "windows-1252" in notes[0]


def test_utf_8_with_a_damaged_row_stays_utf_8() -> None:
    data = "1;Müller\n2;Größl\n".encode() + b"3;M\xfcller\n"
    assert read(data) == (data.decode("utf-8", "replace"), ())


@pytest.mark.parametrize("data", [b"P-1,M\xff\xfeRK", bytes(range(128, 256))])
def test_bytes_that_are_no_text_are_not_guessed_at(data: bytes) -> None:
    assert detected(data) is None


@pytest.mark.parametrize("name", ["klingon", "rot13", "hex", "unicode_escape", "utf-7", "punycode"])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match=f"there is no encoding '{name}'"):
        encodings.python_name(name)
