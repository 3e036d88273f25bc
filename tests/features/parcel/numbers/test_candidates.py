"""Readings of scanners and keyboards end in the number of the parcel; misreads never do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parcel.numbers import (
    FORMS,
    MOST_CHARACTERS,
    TooLong,
    Verdict,
    candidates,
    is_fragment,
    is_probable_misread,
    lodged_number,
    near_numbers,
    other_spellings,
    spelled,
)
from features.parcel.numbers.form import Form
from tests.features.parcel.numbers import published

S10 = "RB473124829US"
CHECKED = (
    *published.UPU_S10,
    *published.USPS,
    *published.USPS_20,
    *published.UPS,
    *published.FEDEX,
    *published.FEDEX_GROUND,
    *published.FEDEX_96,
    *published.DHL_WAYBILLS,
    *published.DPD,
    *published.DPD_PRINTED,
    *published.SSCC,
    *published.AIR_WAYBILLS,
    *published.IDENTCODES,
)
ROUTED = published.USPS_ROUTED | published.FEDEX_34 | published.FEDEX_32 | published.FEDEX_96 | published.DPD_PRINTED
WITHOUT_CHECK = (*published.DHL_PIECES, *published.DHL_LICENCE_PLATES, *published.DHL_ECOMMERCE)

READINGS = {
    "lower case and blanks": "rb 473 124 829 us",
    "blanks that do not break": "RB\u00a0473\u00a0124\u00a0829\u00a0US",
    "thin and narrow blanks": "RB\u2009473\u202f124\u2009829\u202fUS",
    "hyphens": "RB-473124829-US",
    "dashes of a word processor": "RB\u2013473124829\u2014US",
    "Code 128": "]C0RB473124829US",
    "Data Matrix": "]d1RB473124829US",
    "Code 39 with its stars": "*RB473124829US*",
    "Code 39, stars and symbology": "]A0*RB473124829US*",
    "frame": "\x02RB473124829US\x03",
    "end of line": "RB473124829US\r\n",
    "tab behind": "RB473124829US\t\r",
    "full width": "\uff32\uff22\uff14\uff17\uff13\uff11\uff12\uff14\uff18\uff12\uff19\uff35\uff33",
    "Arabic digits": "RB\u0664\u0667\u0663\u0661\u0662\u0664\u0668\u0662\u0669US",
    "zero width and direction": "\u202eRB\u200b473\ufeff124829\u2069US\u200f",
    "soft hyphens": "RB473\u00ad124\u00ad829US",
    "read twice": "RB473124829USRB473124829US",
    "read twice, in lines": "RB473124829US\r\nRB473124829US\r\n",
    "read three times": "RB473124829US" * 3,
    "address of a tracking page": "https://track.example.org/?l=en&n=RB473124829US#top",
    "path of a tracking page": "HTTPS://EXAMPLE.ORG/T/RB473124829US",
    "address in which blanks are written": "https://example.org/?n=RB%20473%20124%20829%20US",
    "within a text": "Your item RB 473 124 829 US was posted on 2026-11-01, please keep this receipt",
    "in quotes": '"RB473124829US"',
    "stars twice": "*RB473124829US**RB473124829US*",
    "name in front": "TRK#: RB473124829US",
    "JSON in a code": '{"v":1,"id":"RB473124829US","w":340}',
    "address in another": "https%3A%2F%2Fexample.org%2Ftrack%3Fid%3DRB473124829US",
    "XML in a code": "<id>RB473124829US</id><w>340</w>",
    "envelope with an identifier of its own": "[)>\x1e06\x1d21TRB473124829US\x1dQ1\x1e\x04",
    "envelope of ISO 15434": "[)>\x1e06\x1dJRB473124829US\x1dQ1\x1e\x04",
}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS.keys())
def test_a_reading_ends_in_the_number(reading: str) -> None:
    found = {one.number: one for one in candidates(reading)}
    assert found[S10].verdict is Verdict.RIGHT
    assert (found[S10].form, found[S10].carrier) == ("s10", "posts of the UPU")
    right = [one.number for one in candidates(reading) if one.verdict is Verdict.RIGHT]
    assert right[0] == S10


ELEMENTS = {
    "as printed": "(00)340433836442636597",
    "as printed, with blanks": "(00) 3 4043383 644263659 7",
    "GS1-128": "]C100340433836442636597",
    "GS1 Data Matrix": "]d200340433836442636597",
    "GS1 QR code": "]Q300340433836442636597",
    "without identifier": "340433836442636597",
    "behind a batch number": "]C1101234AB\x1d00340433836442636597",
    "in front of a postcode": "]C10034043383644263659742010115",
    "separator written out": "]C1101234AB<GS>00340433836442636597",
    "behind an article": "]d20109506000134352\x1d00340433836442636597",
    "several, as printed": "(00)340433836442636597(420)10115(401)95060001343520",
    "GS1 Digital Link": "https://id.example.org/00/340433836442636597",
}


@pytest.mark.parametrize("reading", ELEMENTS.values(), ids=ELEMENTS.keys())
@pytest.mark.parametrize("stored", ["00340433836442636597", "340433836442636597"])
def test_an_sscc_is_found_by_whichever_of_its_spellings_is_stored(reading: str, stored: str) -> None:
    keys = {stored, *other_spellings(stored)}
    assert keys & {one.number for one in candidates(reading)}


@pytest.mark.parametrize("number", CHECKED)
def test_a_published_number_has_the_right_check_digit(number: str) -> None:
    assert candidates(number)[0].verdict is Verdict.RIGHT
    assert lodged_number(number) == number


@pytest.mark.parametrize("number", WITHOUT_CHECK)
def test_a_number_without_check_digit_is_known_by_its_form(number: str) -> None:
    one = candidates(number)[0]
    assert one.verdict is Verdict.NONE
    assert "DHL" in one.carrier


@pytest.mark.parametrize(("barcode", "number"), ROUTED.items())
def test_a_barcode_with_a_route_finds_the_number_in_it(barcode: str, number: str) -> None:
    assert number in {one.number for one in candidates(barcode)}
    assert number in other_spellings(barcode)


MAXICODE = "[)>\x1e01\x1d96336091062\x1d840\x1d002\x1d1Z14647438\x1dUPSN\x1d410E1W\x1d195\x1d\x1d1/1\x1e\x04"
"""The sample of the encyclopaedia's article on MaxiCode, shortened."""
LABEL_CODE = "[)>\x1e01\x1d0210115\x1d276\x1d01\x1d9865787888550201\x1dFDE\x1d123456789\x1e06\x1d10Z\x1e\x04"
"""As FedEx labels have it: tracking number and form, then the code of the carrier."""


def test_codes_of_labels_are_read() -> None:
    assert "1Z410E1W0214647438" in {one.number for one in candidates(MAXICODE) if one.verdict is Verdict.RIGHT}
    assert "986578788855" in {one.number for one in candidates(LABEL_CODE) if one.verdict is Verdict.RIGHT}


def test_the_first_character_of_a_dpd_barcode_is_no_part_of_it() -> None:
    assert "09980000020033" in {one.number for one in candidates("]C0%008182709980000020033350276")}


@pytest.mark.parametrize("number", published.DHL_LICENCE_PLATES)
def test_a_licence_plate_is_found_with_and_without_its_first_letter(number: str) -> None:
    assert number[1:] in {one.number for one in candidates(number)}
    assert number[1:] in other_spellings(number)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_the_example_of_a_form_has_it(form: Form) -> None:
    assert form.fits(form.example)
    assert form.verdict(form.example) is (Verdict.NONE if form.is_right is None else Verdict.RIGHT)


_BLANKS = ("", "", "", " ", "\u00a0", "\u2009", "\u202f", "-", "\u2011", "\u200b", "\u2060", ".")
_FRAMES = ("{}", " {}\r\n", "\x02{}\x03", "*{}*", "]C0{}", "]A0*{}*", "\ufeff{}", "]d1{}\t", "\u202a{}\u202c")


@given(st.data())
def test_any_spelling_of_a_number_finds_what_any_other_is_stored_under(data: st.DataObject) -> None:
    number = data.draw(st.sampled_from((*CHECKED, *WITHOUT_CHECK, *ROUTED)))
    stored = lodged_number(_written(data, number))
    assert stored == number
    assert number in {one.number for one in candidates(_written(data, number))}


def _written(data: st.DataObject, number: str) -> str:
    gaps = data.draw(st.lists(st.sampled_from(_BLANKS), min_size=len(number), max_size=len(number)))
    spaced = number[0] + "".join(gap + one for gap, one in zip(gaps[1:], number[1:], strict=True))
    cased = data.draw(st.sampled_from((spaced, spaced.lower(), spaced.translate(_FULL_WIDTH))))
    return data.draw(st.sampled_from(_FRAMES)).format(cased)


_FULL_WIDTH = {code: code + 0xFEE0 for code in (*range(ord("0"), ord("9") + 1), *range(ord("A"), ord("Z") + 1))}


@given(st.sampled_from((*CHECKED, *WITHOUT_CHECK)), st.data())
def test_a_wrong_digit_never_ends_in_the_number(number: str, data: st.DataObject) -> None:
    places = [place for place, one in enumerate(number) if one.isdigit()]
    place = data.draw(st.sampled_from(places))
    other = str((int(number[place]) + data.draw(st.integers(1, 9))) % 10)
    misread = number[:place] + other + number[place + 1 :]
    assert number not in {one.number for one in candidates(misread)}
    assert lodged_number(misread) == misread
    if any(one.verdict is Verdict.WRONG for one in candidates(misread)[:1]):
        assert number in near_numbers(misread)


MISREADS = {
    "letters for digits": ("RB47312482gUS", S10),
    "letter O": ("RB4731248Z9US", S10),
    "letter I": ("RB473I24829US", S10),
    "a digit wrong": ("RB473124729US", S10),
    "digits swapped": ("RB473214829US", S10),
    "French keyboard": ("RB'\u00e8\"&\u00e9'_\u00e9\u00e7US", S10),
    "German keyboard": ("1Y5R89390357567127", "1Z5R89390357567127"),
    "digit of 1Z": ("1Z5R89390357567129", "1Z5R89390357567127"),
    "digit of a container": ("(00)340433836442636598", "00340433836442636597"),
    "Cyrillic letter": ("R\u0412473124829US", S10),
    "Greek letters": ("\u03a1\u0392473124829US", S10),
    "Shift held on a German keyboard": ('RB$/§!"$(")US', S10),
    "Russian keyboard": ("\u041a\u0418473124829\u0413\u042b", S10),
    "Shift held": ("RB$&#!@$*@(US", S10),
    "two numbers run together": ("RB473124829USEE473124829TH", S10),
    "digit behind a ZIP code": ("420787459400111206206406260788", "9400111206206406260787"),
}


@pytest.mark.parametrize(("reading", "meant"), MISREADS.values(), ids=MISREADS.keys())
def test_a_misread_is_named_and_what_was_meant_is_near(reading: str, meant: str) -> None:
    assert meant not in {one.number for one in candidates(reading)}
    assert is_probable_misread(reading)
    assert meant in near_numbers(reading)


@pytest.mark.parametrize("reading", ["h", "", "RB47", "hello world", "\x021234567\x03", "]C1RB473"])
def test_what_is_cut_or_has_no_digit_is_a_fragment(reading: str) -> None:
    assert is_fragment(reading)


@pytest.mark.parametrize("reading", [S10, "JD014600", "rb 473 124 829 us", "12345678"])
def test_what_may_be_a_number_is_no_fragment(reading: str) -> None:
    assert not is_fragment(reading)


@pytest.mark.parametrize("reading", [S10, "P-1", "JD014600006281230704", "hello", "", "https://example.org/"])
def test_what_has_no_wrong_check_digit_is_no_probable_misread(reading: str) -> None:
    assert not is_probable_misread(reading)


@pytest.mark.parametrize("own", ["P-1", "jd 0146-x", "Box 12/34", "ORDER_77.B", "abcdefg"])
def test_a_number_of_no_known_form_is_stored_as_it_is_and_found_in_any_spelling(own: str) -> None:
    assert lodged_number(f" {own}\u200b ") == own
    keys = {own, *other_spellings(own)}
    for reading in (own, own.upper(), own.replace(" ", ""), own.replace("-", " ")):
        assert keys & {one.number for one in candidates(reading)}


@pytest.mark.parametrize("own", ["SF1234567890123", "4PX3000123456789CN", "T00ABC1234567890"])
@pytest.mark.parametrize("times", [2, 3])
def test_a_number_of_no_known_form_that_was_read_several_times_is_found(own: str, times: int) -> None:
    assert own in {one.number for one in candidates(own * times)}


def test_a_number_of_two_operators_forms_has_the_right_one() -> None:
    assert candidates("563102430313")[0].form == "identcode"
    assert candidates("986578788855")[0].form == "fedex_express"


def test_up_to_4096_characters_are_understood_and_more_are_refused_in_words() -> None:
    padding = "x" * (MOST_CHARACTERS - len(S10) - 1)
    assert S10 in {one.number for one in candidates(f"{padding} {S10}")}
    with pytest.raises(TooLong, match=r"4,097 characters; up to 4,096 are understood"):
        candidates("A" * (MOST_CHARACTERS + 1))
    assert lodged_number("A" * 5_000) == "A" * 5_000
    assert near_numbers("x1 " * 1_365) == ()  # comparing so long a text would keep the service busy for half a minute


def test_invisible_marks_are_named() -> None:
    assert spelled("\u202eRB\u200b473124829US").marks == ("right-to-left override", "zero width space")


@given(st.text(max_size=60))
def test_anything_is_read_without_failing_and_lodging_is_settled_at_once(text: str) -> None:
    numbers = [one.number for one in candidates(text)]
    assert len(set(numbers)) == len(numbers)
    near_numbers(text), is_probable_misread(text)
    assert lodged_number(lodged_number(text)) == lodged_number(text)
