"""Misreads: a digit wrong, a letter for a digit, two digits swapped, one lost, another keyboard layout.

Nothing is corrected silently. What a reading may be a misread of is looked up, and shown to a person, who scans again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from features.parcel.numbers.candidates import candidates
from features.parcel.numbers.form import Candidate, Verdict
from features.parcel.numbers.known import candidate, cores
from features.parcel.numbers.spelling import compact, spelled

_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TO_DIGITS = str.maketrans("OQDILZSGB", "000112568")
_SMALL_TO_DIGITS = str.maketrans("gqlobzs", "9910625")
_TO_LETTERS = str.maketrans("0125680", "OIZSGBO")
_DIGIT_KEYS = (
    str.maketrans("&é\"'(-è_çà", "1234567890"),  # French
    str.maketrans("!@#$%^&*()", "1234567890"),  # the Shift key held
    str.maketrans('!"§$%&/()=', "1234567890"),  # the same on a German keyboard
)
_RUSSIAN, _ON_THE_SAME_KEYS = "йцукенгшщзфывапролдячсмить", "QWERTYUIOPASDFGHJKLZXCVBNM"
_LAYOUTS = (
    str.maketrans("YZyz", "ZYzy"),  # German
    str.maketrans("AQZWaqzw", "QAWZqawz"),  # French
    str.maketrans(_RUSSIAN + _RUSSIAN.upper(), _ON_THE_SAME_KEYS * 2),
    str.maketrans("АВЕКМНОРСТХУІЈЅ", "ABEKMHOPCTXYIJS"),
    str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
    str.maketrans("ΑΒΨΔΕΦΓΗΙΞΚΛΜΝΟΠΡΣΤΘΩΧΥΖ", "ABCDEFGHIJKLMNOPRSTUVXYZ"),
)
"""What another layout of the keyboard does to letters, and letters that look alike."""
_CERTAIN_ANYWHERE = (re.compile(r"(?=([A-Z]{2}[0-9]{9}[A-Z]{2}))"), re.compile(r"(?=(1Z[0-9A-Z]{15}[0-9]))"))
"""Forms that are recognised within other characters: S10, UPS."""
_SHORTEST_NUMBER = 8
"""Carriers give no shorter ones."""
_LONGEST = 40
"""Longer readings are texts, of which nobody asks what they are similar to."""


def is_probable_misread(reading: str) -> bool:
    """Whether a reading that stands for nothing stored is rather a misread than a parcel that nobody declared.

    That is so where the check digit of its form is wrong and no other number in it has a right one, or where it has
    the form of a number only when a letter is read as a digit or by another keyboard layout.
    """
    found = candidates(reading)
    if any(one.verdict is Verdict.RIGHT for one in found):
        return False
    if any(one.verdict is Verdict.WRONG and one.is_certain for one in found):
        return True
    others = map(candidate, chain(_run_together(reading), _respelled(reading)))
    return any(one.is_certain and one.verdict is Verdict.RIGHT for one in others)


def is_fragment(reading: str) -> bool:
    """Whether a reading is too short for a number of a parcel, or has no digit: part of a scan, or a word."""
    whole = compact(spelled(reading).text)
    return len(whole) < _SHORTEST_NUMBER or not any(map(str.isdigit, whole))


def near_numbers(reading: str) -> tuple[str, ...]:
    """Numbers that a reading may be a misread of, most likely first: one change away, each with a right check digit.

    Of forms without check digit every number one change away is listed.
    """
    found = tuple(one for one in candidates(reading) if len(one.number) <= _LONGEST)
    wholes = [one for one in found if one.form or not compact(one.number)]
    near = chain(
        _run_together(reading), _respelled(reading), *(_one_change_away(one.number) for one in wholes or found[:1])
    )
    given = {one.number for one in found}
    numbers = dict.fromkeys(number for number in near if number not in given)
    must_be_right = any(one.verdict is Verdict.WRONG for one in found)
    sound = [number for number in numbers if _is_plausible(candidate(number), must_be_right=must_be_right)]
    return tuple(dict.fromkeys(chain.from_iterable((number, *cores(number)) for number in sound)))


def _run_together(reading: str) -> Iterator[str]:
    """Numbers that were read without an end between them, or with something before or behind."""
    whole = compact(spelled(reading).text)
    for form in _CERTAIN_ANYWHERE:
        for found in form.finditer(whole):
            number = found[1]
            if number != whole and candidate(number).verdict is Verdict.RIGHT:
                yield number


def _is_plausible(one: Candidate, *, must_be_right: bool) -> bool:
    return one.verdict is Verdict.RIGHT or (one.verdict is Verdict.NONE and not must_be_right)


def _respelled(reading: str) -> Iterator[str]:
    """The reading with digits for the letters that look like them, and as other keyboard layouts have it."""
    text = spelled(reading).text
    for typed in (text, *map(text.translate, (*_LAYOUTS, _SMALL_TO_DIGITS))):
        for layout in (typed, *map(typed.translate, _DIGIT_KEYS if "://" not in typed else ())):
            whole = compact(layout)
            if whole and len(whole) <= _LONGEST:
                yield whole
                yield whole.translate(_TO_DIGITS)
                # S10 has letters at both ends; UPS has 1Z in front.
                head, body, tail = whole[:2], whole[2:-2], whole[-2:]
                yield head.translate(_TO_LETTERS) + body.translate(_TO_DIGITS) + tail.translate(_TO_LETTERS)
                yield "1Z" + (body + tail).translate(_TO_DIGITS)


def _one_change_away(number: str) -> Iterator[str]:
    for place, one in enumerate(number):
        before, behind = number[:place], number[place + 1 :]
        for other in _DIGITS if one in _DIGITS else _LETTERS + _DIGITS:
            yield before + other + behind
        if behind and behind[0] != one:
            yield before + behind[0] + one + behind[1:]
        yield before + behind
        for other in _DIGITS:
            yield before + other + one + behind
    yield from (number + other for other in _DIGITS)
