"""Outcomes as registers of inspections and seizures hold them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.parcel.fields import CAUSES, FINDING_CLASSES, METHODS, RESULTS
from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.sources.columns.mapping import Mapping
from features.sources.columns.outcome_words import _MEANINGS, CHOSEN, meaning
from features.sources.columns.spellings import squeezed
from features.sources.reading import Reading, read_file, read_outcomes

A, B, C, D = "RB473124829US", "CX881203453DE", "RR516273840PL", "RR516273853PL"


def register(tmp_path: Path, text: str) -> Reading:
    path = tmp_path / "register.csv"
    path.write_text(text, "utf-8")
    return read_outcomes(path)


REGISTERS = {
    "en": ("Tracking Number;Inspection Result;Drug Type;Inspection Date", "seized;Cocaine", "negative;"),
    "yes and no": ("Barcode;Seized (Y/N);Substance;Date", "Y;cocaine HCl", "N;"),
    "de": ("Sendungsnummer;Befund;Stoff;Kontrolldatum", "positiv;Kokain", "ohne Befund;-"),
    "fr": ("Numéro de suivi;Résultat du contrôle;Stupéfiant;Date de contrôle", "saisie;cocaïne", "néant;"),
    "pl": ("numer przesyłki;wynik kontroli;narkotyk;data kontroli", "zatrzymano;kokaina", "brak;"),
    "es": ("Número de envío;Resultado;Sustancia;Fecha", "incautado;cocaína", "sin hallazgos;ninguna"),
    "zh": ("运单号;查验结果;毒品;日期", "查获;可卡因", "未发现;"),
    "labels": ("tracking_no;illicit;drug;date", "1;COCAINE", "0;none"),
    "floats": ("tracking_no;label;class;date", "1.0;cocaine", "0.0;"),
    "no class": ("tracking_no;result;finding_class;date", "cocaine;", "nothing;"),
}


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_is_read_by_its_headers_and_words(tmp_path: Path, name: str) -> None:
    headers, found, nothing = REGISTERS[name]
    reading = register(tmp_path, f"{headers}\n{A};{found};02.11.2026\n{B};{nothing};13.11.2026\n")
    assert [str(one) for one in reading.rejections] == []
    rows = reading.outcomes.select("parcel_id", "result", "finding_class").rows()
    assert rows == [(A, "found", "cocaine"), (B, "nothing_found", None)]
    assert reading.outcomes["known_at"].to_list() == [datetime(2026, 11, day, tzinfo=UTC) for day in (2, 13)]
    assert sum(one.field == "known_at" for one in reading.doubts) == 2


def test_a_register_of_seizures_names_goods_and_no_result(tmp_path: Path) -> None:
    reading = register(
        tmp_path, f"barcode;drug;date\n{A};MDMA;2026-11-02\n{B};unheard powder;2026-11-03\n{C};;2026-11-03\n"
    )
    assert reading.outcomes.select("parcel_id", "result", "finding_class").rows() == [
        (A, "found", "synthetic"),
        (B, "found", "other"),
    ]
    assert [(one.line, one.field, one.code) for one in reading.rejections] == [(4, "result", "required")]
    assert "unheard" not in "".join(map(str, reading.doubts))


def test_a_column_of_goods_may_say_that_nothing_was_found(tmp_path: Path) -> None:
    rows = f"{A};yes;2026-11-02\n{B};No;2026-11-03\n{C};MDMA;2026-11-03\n"
    reading = register(tmp_path, f"barcode;drugs;date\n{rows}")
    assert reading.outcomes.select("parcel_id", "result", "finding_class").rows() == [
        (A, "found", None),
        (B, "nothing_found", None),
        (C, "found", "synthetic"),
    ]


def test_a_result_that_is_not_understood_is_no_label(tmp_path: Path) -> None:
    reading = register(tmp_path, f"barcode;result;method\n{A};perhaps;crystal ball\n{B};found;crystal ball\n")
    assert reading.outcomes.select("parcel_id", "result", "method").rows() == [(B, "found", None)]
    assert [(one.line, one.code) for one in reading.rejections] == [(2, "unknown_choice")]
    assert ("method", "value_changed") in {(one.field, one.code) for one in reading.doubts}


def test_a_table_without_anything_that_was_found_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column is known to say what was found"):
        register(tmp_path, f"barcode;station\n{A};here\n")


def test_words_in_a_column_that_a_mapping_names_are_understood_too(tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    words = {A: "seized", B: "clean", C: "", D: "MDMA"}
    rows = "".join(f"{number},2026-01-02,{word}\n" for number, word in words.items())
    path.write_text(f"id,day,finding\n{rows}", "utf-8")
    mapping = tmp_path / "both.toml"
    mapping.write_text(
        'format = "csv"\n[parcel]\nparcel_id = { column = "id" }\nlodged_at = { column = "day" }\n'
        '[outcome]\nknown_after_days = 7\nresult = { column = "finding" }\n',
        "utf-8",
    )
    reading = read_file(path, Mapping.from_toml(mapping), reference=shipped_reference())
    assert reading.outcomes.select("parcel_id", "result", "finding_class").rows() == [
        (A, "found", None),
        (B, "nothing_found", None),
        (D, "found", "synthetic"),
    ]
    assert reading.parcels.height == 4


@pytest.mark.parametrize("name", CHOSEN)
def test_no_word_means_two_things_and_each_means_a_choice(name: str) -> None:
    choices = {"result": RESULTS, "finding_class": FINDING_CLASSES, "method": METHODS, "cause": CAUSES}[name]
    words = [(squeezed(word), choice) for choice, given in _MEANINGS[name].items() for word in given.split()]
    assert len({word for word, _ in words}) == len(dict.fromkeys(words))
    assert all(word for word, _ in words)
    assert {choice for _, choice in words} <= set(choices)
    assert all(meaning(name, choice) == choice for choice in choices)


def test_no_class_of_goods_is_a_word_for_a_result() -> None:
    classes = {squeezed(word) for given in _MEANINGS["finding_class"].values() for word in given.split()}
    results = {squeezed(word) for given in _MEANINGS["result"].values() for word in given.split()}
    assert not classes & results
