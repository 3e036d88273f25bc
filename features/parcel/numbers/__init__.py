"""Numbers of parcels: what scanners, keyboards and codes deliver, and the forms in which carriers number.

A *reading* is whatever was scanned or typed. It may stand for several numbers: `candidates` lists them, best first,
each with its carrier and the verdict of its check digit. `lodged_number` is the one under which a parcel is stored,
`other_spellings` are those by which it is found as well. Where nothing is stored under any of them, `near_numbers`
lists what the reading may be a misread of.
"""

from features.parcel.numbers.candidates import (
    IDENTIFIER_LENGTH,
    candidates,
    lodged_number,
    lodged_numbers,
    other_spellings,
)
from features.parcel.numbers.form import Candidate, Form, Verdict
from features.parcel.numbers.known import FORMS
from features.parcel.numbers.misreads import is_fragment, is_probable_misread, near_numbers
from features.parcel.numbers.spelling import MOST_CHARACTERS, TooLong, compact, spelled

__all__ = [
    "FORMS",
    "IDENTIFIER_LENGTH",
    "MOST_CHARACTERS",
    "Candidate",
    "Form",
    "TooLong",
    "Verdict",
    "candidates",
    "compact",
    "is_fragment",
    "is_probable_misread",
    "lodged_number",
    "lodged_numbers",
    "near_numbers",
    "other_spellings",
    "spelled",
]
